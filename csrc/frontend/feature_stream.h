// What follows a chain, on a stream: the stages of Post and the steps after it, which give frames
// as soon as those are there that they are made of.
#pragma once

#include <memory>
#include <vector>

#include "post.h"
#include "steps.h"

namespace fastmel {

// Which frames before a stage frame t after it is made of: `size` of them, from t * stride - before
// on. It waits for `ahead` of them.
struct Reach {
  Index stride = 1, before = 0, size = 1;
  Index ahead = size - 1 - before;
};

// One of the stages, and what it holds.
class FeatureStage {
 public:
  virtual ~FeatureStage() = default;
  virtual std::unique_ptr<FeatureStage> clone() const = 0;

  virtual Reach reach() const { return {}; }
  // Frames after the stage of so many before it, if these are all; those that are certain, whatever
  // follows.
  virtual Index total(Index frames) const { return frames; }
  virtual Index certain(Index frames) const;
  // Whether push() changes features in their place.
  virtual bool in_place() const { return false; }
  // Frames follow, which are the last or not: those after the stage that are certain with them.
  virtual Block push(Block frames, bool last) = 0;
};

class FeatureStream {
 public:
  // Of frames of so many features.
  FeatureStream(const PostSpec& post, const std::vector<FeatureStep>& after, Index width,
                const Kernels& kernels);
  FeatureStream(const FeatureStream& other) { *this = other; }
  FeatureStream& operator=(const FeatureStream& other);
  FeatureStream(FeatureStream&&) = default;
  FeatureStream& operator=(FeatureStream&&) = default;

  // As of the stages, one after the other.
  Index total(Index frames) const;
  Index certain(Index frames) const;
  Index ahead() const;
  bool in_place() const;
  Block push(Block frames, bool last);

 private:
  std::vector<std::unique_ptr<FeatureStage>> stages_;
};

}  // namespace fastmel
