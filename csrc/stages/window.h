// Window: transposes the block's frames into lanes and multiplies by the window on the way.
#pragma once

#include "frames.h"
#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// Samples i ... i + lanes - 1 of each lane's frame, one vector each.
template <class S, class T>
inline void gather_tile(FrameBlock<S> frames, index i, vec<T>* tile) {
  load_tile(frames.data + i, frames.pitch, tile);
}

// use(i, sample i of each lane's frame) for i < n, in order.
template <class T, class S, class Use>
inline void each_sample(FrameBlock<S> frames, index n, Use&& use) {
  constexpr index lanes = vec<T>::lanes;
  if (n < lanes) {
    for (index i = 0; i < n; ++i) {
      T lane[lanes];
      for (index f = 0; f < lanes; ++f) lane[f] = static_cast<T>(frames.data[f * frames.pitch + i]);
      use(i, vec<T>::load(lane));
    }
    return;
  }
  index i = 0;
  vec<T> tile[lanes];
  for (; i + lanes <= n; i += lanes) {
    gather_tile(frames, i, tile);
    for (index j = 0; j < lanes; ++j) use(i + j, tile[j]);
  }
  if (i == n) return;
  gather_tile(frames, n - lanes, tile);  // overlaps the one before
  for (; i < n; ++i) use(i, tile[i - (n - lanes)]);
}

// out[i] = window[i] * (sample i of each lane's frame), for i < n. `window` carries the PCM scale
// of integer samples, a power of two, so scaling costs nothing and rounds nothing.
template <class S, class T>
inline void window_frames(FrameBlock<S> frames, index n, const T* window, vec<T>* out) {
  each_sample<T>(frames, n, [&](index i, vec<T> x) { out[i] = x * vec<T>(window[i]); });
}

}  // namespace fastmel::FASTMEL_VARIANT
