// Post: what follows the logarithm and needs more than one frame, or all of an item; then the steps
// after the chain.
#pragma once

#include <memory>

#include "../filterbank.h"
#include "block.h"
#include "config.h"

namespace fastmel {

class Post {
 public:
  explicit Post(const Config& config);

  // Whether each frame of the result is made of one frame of the chain alone.
  bool frame_by_frame() const;
  // Whether the features of a type become others in their place.
  bool in_place(Type type) const;
  Type type_after(Type type) const;

  // What becomes of so many frames of the chain; throws std::invalid_argument for too few.
  Index frames_after(Index frames) const;
  void check(Index frames) const;

  Block apply(Block features, const Kernels& kernels) const;

 private:
  Block cepstra(const Block& features, const Kernels& kernels) const;
  void pcen(const Block& features, const Kernels& kernels) const;
  void normalize(const Block& features, const Kernels& kernels) const;
  Block stacked(const Block& features) const;

  const Config& config_;
  std::unique_ptr<Filterbank> cepstra_;
};

}  // namespace fastmel
