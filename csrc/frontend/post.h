// Post: what follows the logarithm and needs more than one frame, or all of an item.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "../filterbank.h"
#include "../framing.h"
#include "../names.h"
#include "block.h"
#include "sliding.h"

namespace fastmel {

constexpr Named<EpsTo> eps_names[] = {
    {"std", EpsTo::deviation}, {"variance", EpsTo::variance}, {"floor", EpsTo::least}};

// The stages in their order; those that are left out do nothing.
struct PostSpec {
  std::shared_ptr<const Filterbank> cepstra;
  std::optional<Pcen> pcen;
  std::optional<Normalization> normalization;
  std::optional<SlidingWindow> window;  // of the normalization
  Stacking stacking;
  bool edge = false;  // a last frame that is not whole is completed with copies of the last,
  double filler = 0;  // or with this
  std::vector<double> shift, gain;  // one for each feature
  bool half = false;                // the result is rounded to half precision
};

// Frames first ... first + n - 1 of a result, made of frames of the chain from `from` on.
struct Part {
  Index first = 0, n = 0, from = 0;
};

// PCEN in place, of frames that follow those that left the state: one value for each feature.
void apply_pcen(const Pcen& how, const Block& features, std::vector<double>& state,
                const Kernels& kernels);

class Post {
 public:
  explicit Post(PostSpec spec);

  // Whether each frame of the result is made of one frame of the chain alone; of a few that follow
  // each other.
  bool frame_by_frame() const { return makes_parts() && !stacks(); }
  bool makes_parts() const { return !spec_.pcen && !spec_.normalization; }
  // Whether a frame of the result may be made of all of them.
  bool needs_all_frames() const { return spec_.normalization && !spec_.window; }
  // Whether features become others in their place.
  bool in_place() const;
  bool any() const;

  // What becomes of the type, the frames and the features of a frame of the chain. Throws
  // std::invalid_argument for a number of features that the stages are not for.
  Type type_after(Type type) const { return spec_.half ? Type::f16 : type; }
  Index frames_after(Index frames) const { return n_stacked(spec_.stacking, frames); }
  Index width_after(Index width) const;
  // Of a signal with so many frames of the chain, the ones that some of the result are made of.
  Span frames_for(Index first, Index n, Index of) const;
  // The frames of the result that are certain with so many frames, whatever follows.
  Index frames_certain(Index frames) const;
  // Frames of the chain after the one that one of the result begins with, which it is made of.
  Index frames_ahead() const { return spec_.stacking.size - 1 - spec_.stacking.left; }

  // Throws std::invalid_argument, naming the signal, where statistics are not defined.
  void check(const char* signal, Index frames, Index width) const;

  // The same block, changed, or another one; of all frames, or of frames_for() a part.
  Block apply(Block features, const Kernels& kernels,
              const std::optional<Part>& part = std::nullopt) const;

  bool stacks() const { return spec_.stacking.size > 1 || spec_.stacking.stride > 1; }
  const PostSpec& spec() const { return spec_; }

 private:
  Block cepstra(const Block& features, const Kernels& kernels) const;
  void normalize(const Block& features, const Kernels& kernels) const;
  Block stacked(const Block& features, const Part& part) const;

  PostSpec spec_;
};

}  // namespace fastmel
