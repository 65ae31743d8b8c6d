// Statistics in a window that slides over the frames.
#pragma once

#include <vector>

#include "../chain.h"
#include "../framing.h"
#include "block.h"

namespace fastmel {

// The window of frame t has `before` frames before it and `after` ones after it. One that the first
// or the last frame of all cuts short reaches further on its other side, as far as there are
// frames, until it has `least` of them.
struct SlidingWindow {
  Index before = 0, after = 0, least = 1;
  Index size() const { return before + 1 + after; }
};

// The frames in the windows of frames `first` up to before `stop`, of n_frames.
std::vector<Span> windows_of(const SlidingWindow& window, Index n_frames, Index first, Index stop);

// Windows in a signal, or in a part of one. A result depends on the frames of its window, on where
// they are, counted in sizes, and on the origin: parts that begin with a multiple of `size` have
// the bits of the whole.
struct Windows {
  std::vector<Span> spans;     // those of frame `first` and on
  Index size = 1;              // frames of most windows; others cost accuracy at most
  Index first = 0;             // of the part
  std::vector<double> origin;  // the signal's first frame; that of the part, if it is empty
};

// Features of float or double in place: the frames that there are windows of become themselves less
// the mean in the window, and are divided by the standard deviation there, if `how` says so;
// computed in double. Values that are all equal become 0. `how.all` is not used.
void normalize_in_windows(const Block& features, const Normalization& how, const Windows& windows);

}  // namespace fastmel
