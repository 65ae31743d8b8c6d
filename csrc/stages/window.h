// Window: transposes the block's frames into lanes and multiplies by the window on the way.
#pragma once

#include "frames.h"
#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// Samples i ... i + lanes - 1 of each lane's frame, one vector each.
template <class S, class T>
FASTMEL_INLINE void gather_tile(FrameBlock<S> frames, index i, vec<T>* tile) {
  load_tile(frames.data + i, frames.pitch, tile);
}

// use(i, count, x): x[j] is sample i + j of each lane's frame, for j < count; all i < n, in order.
template <class T, class S, class Use>
FASTMEL_INLINE void each_tile(FrameBlock<S> frames, index n, Use&& use) {
  constexpr index lanes = vec<T>::lanes;
  if (n < lanes) {
    for (index i = 0; i < n; ++i) {
      T lane[lanes];
      for (index f = 0; f < lanes; ++f) lane[f] = static_cast<T>(frames.data[f * frames.pitch + i]);
      const vec<T> x = vec<T>::load(lane);
      use(i, 1, &x);
    }
    return;
  }
  index i = 0;
  for (; i + lanes <= n; i += lanes) {
    vec<T> tile[lanes];  // in registers
    gather_tile(frames, i, tile);
    use(i, lanes, tile);
  }
  if (i == n) return;
  vec<T> tile[lanes];
  gather_tile(frames, n - lanes, tile);  // overlaps the one before
  use(i, n - i, tile + (i - (n - lanes)));
}

// out[i] = window[i] * (sample i of each lane's frame), for i < n. `window` carries the PCM scale
// of integer samples, a power of two, so scaling costs nothing and rounds nothing.
template <class S, class T>
inline void window_frames(FrameBlock<S> frames, index n, const T* window, vec<T>* out) {
  each_tile<T>(frames, n, [=](index i, index count, const vec<T>* x) {
    for (index j = 0; j < count; ++j) out[i + j] = x[j] * vec<T>(window[i + j]);
  });
}

}  // namespace fastmel::FASTMEL_VARIANT
