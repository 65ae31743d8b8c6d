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
};

// The frames in the window of each frame.
std::vector<Span> windows_of(const SlidingWindow& window, Index n_frames);

// Features of float or double in place: less the mean in each frame's window, and divided by the
// standard deviation there, if `how` says so; computed in double. Values that are all equal become
// 0. `how.all` is not used.
void normalize_in_windows(const Block& features, const Normalization& how,
                          const std::vector<Span>& windows);

}  // namespace fastmel
