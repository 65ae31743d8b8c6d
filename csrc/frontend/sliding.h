// Statistics in a window that slides over the frames.
#pragma once

#include <algorithm>
#include <vector>

#include "../chain.h"
#include "../framing.h"
#include "../in_use.h"
#include "block.h"

namespace fastmel {

// The window of frame t has `before` frames before it and `after` ones after it. One that the first
// or the last frame of all cuts short reaches further on its other side, as far as there are
// frames, until it has `least` of them.
struct SlidingWindow {
  Index before = 0, after = 0, least = 1;
  Index size() const { return before + 1 + after; }

  // The frames in the window of frame t of n_frames.
  Span of(Index t, Index n_frames) const;
  // The frames whose windows are certain with so many, whatever follows.
  Index certain(Index frames) const {
    return frames < least ? 0 : std::max<Index>(0, frames - after);
  }
};

struct Windows {
  std::vector<Span> spans;  // of the first frames
  Index size = 1;           // frames of most windows; others cost accuracy at most
};

// Features of float or double in place: the frames that there are windows of become themselves less
// the mean in the window, and are divided by the standard deviation there, if `how` says so;
// computed in double. Values that are all equal become 0. `how.all` is not used.
void normalize_in_windows(const Block& features, const Normalization& how, const Windows& windows);

// Sums of windows, of which most have `size` frames: the frames are cut into blocks of that size,
// and such a window is the end of a block and the beginning of the next. So no long sum enters, and
// no difference of sums, and frames that come one after the other have the sums of the whole.
class BlockSums {
 public:
  explicit BlockSums(Index size) : size_(size) {}

  // There are n frames now, of values value(t), and no more if they are the last.
  template <class Value>
  void grow(Index n, bool last, Value&& value) {
    Index t = static_cast<Index>(up_to_.size());
    up_to_.resize(static_cast<std::size_t>(n));
    from_on_.resize(static_cast<std::size_t>(n));
    while (t < n) {
      const Index end = std::min(complete_ + size_, n);
      double sum = t == complete_ ? 0 : up_to(t - 1);
      for (; t < end; ++t) up_to_[static_cast<std::size_t>(t)] = sum += value(t);
      if (end == complete_ + size_) complete(end, value);
    }
    if (last) complete(n, value);
  }
  double between(Index begin, Index end) const;
  // Forgets the first frames, of whole blocks; all.
  void forget(Index frames);
  void clear();

 private:
  // The block that has begun ends.
  template <class Value>
  void complete(Index end, Value&& value) {
    double sum = 0;
    for (Index t = end; t-- > complete_;) from_on_[static_cast<std::size_t>(t)] = sum += value(t);
    complete_ = end;
  }
  double up_to(Index t) const { return up_to_[static_cast<std::size_t>(t)]; }
  double from_on(Index t) const { return from_on_[static_cast<std::size_t>(t)]; }

  Index size_, complete_ = 0;            // frames of a block, and those of complete ones
  std::vector<double> up_to_, from_on_;  // of a frame's block: up to the frame, from it on
};

// A feature of one frame after the other.
class SlidingFeature {
 public:
  SlidingFeature(const Normalization& how, Index size) : how_(how), sums_(size), squares_(size) {}

  // As of BlockSums. What is held are differences from the first value of all: a shift that cancels
  // keeps equal values exact.
  template <class Value>
  void grow(Index n, bool last, Value&& value) {
    Index t = static_cast<Index>(x_.size());
    if (!begun_ && n > 0) origin_ = value(0);
    begun_ = begun_ || n > 0;
    x_.resize(static_cast<std::size_t>(n));
    for (; t < n; ++t) x_[static_cast<std::size_t>(t)] = value(t) - origin_;
    add(last);
  }
  double normalized(Index t, Span window) const;
  void forget(Index frames);
  void clear();

  double origin() const { return origin_; }
  const std::vector<double>& differences() const { return x_; }
  // Those of another one that holds them.
  void restore(double origin, std::vector<double> differences);

 private:
  double at(Index t) const { return x_[static_cast<std::size_t>(t)]; }
  void add(bool last);

  Normalization how_;
  bool begun_ = false;
  double origin_ = 0;
  std::vector<double> x_;
  BlockSums sums_, squares_;
};

// normalize_in_windows() of frames that come one after the other: with the same bits. Not for two
// threads at once, which is refused.
class SlidingNormalizer {
 public:
  SlidingNormalizer(const Normalization& how, const SlidingWindow& window, Index width);

  Index width() const { return static_cast<Index>(features_.size()); }
  // The frames that push() of so many gives.
  Index frames_of(Index frames, bool last) const;
  // Frames follow, which are the last or not; frames_of() of them come to `out`, or
  // std::invalid_argument is thrown.
  void push(const Block& frames, bool last, const Block& out);

  // The state before the last frame, and a normalizer that continues it: frames from `held_from` on
  // are held, of each feature one after the other.
  struct State {
    Index n_frames = 0, given = 0, held_from = 0;
    std::vector<double> origins, differences;
  };
  State state() const;
  // Throws std::invalid_argument for a state that no normalizer of these windows has.
  void restore(const State& state);

 private:
  template <class T>
  void push(Grid<const T> frames, bool last, Grid<T> out);
  void forget();
  Index forgotten(Index given, Index n_frames) const;

  SlidingWindow window_;
  std::vector<SlidingFeature> features_;
  Index n_frames_ = 0, given_ = 0, held_from_ = 0;
  mutable UseFlag in_use_;
};

}  // namespace fastmel
