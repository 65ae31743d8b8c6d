// Overlap-add: the inverse of the chain's first half. Spectrum -> frames -> window -> signal,
// divided by the summed squares of the windows (Griffin and Lim, 1984, eq. 6).
//
// As in librosa, the transform runs in the precision of the spectrum, T; the window is double, and
// every sum is formed in double and kept as T. Frames are added in ascending order into a sliding
// stretch of the signal; what no later frame can reach is divided, stored, and slid out.
#pragma once

#include "arena.h"
#include "fft.h"
#include "store.h"

namespace fastmel::FASTMEL_VARIANT {

inline index overlap_span(const Framing& framing, index lanes) {
  return (lanes - 1) * framing.hop_length + framing.n_fft;
}

template <class T>
inline index overlap_scratch_bytes(const Framing& framing) {
  constexpr index lanes = vec<T>::lanes;
  return (framing.n_fft + 2) * static_cast<index>(sizeof(vec<T>)) +
         (2 * overlap_span(framing, lanes) + lanes * framing.n_fft) *
             static_cast<index>(sizeof(T)) + 4 * 64;
}

template <class T>
inline void add_windowed(const T* frame, const double* window, index n, T* sum, T* weight) {
  for (index i = 0; i < n; ++i) {
    sum[i] = static_cast<T>(static_cast<double>(sum[i]) +
                            window[i] * static_cast<double>(frame[i]));
    weight[i] = static_cast<T>(static_cast<double>(weight[i]) + window[i] * window[i]);
  }
}

// out[i] is sample i + framing.offset of the overlap-added signal, for i < n_out. Sums of squares
// up to `smallest` are not divided by.
template <class T>
inline void overlap_add(const Framing& framing, const double* window, const void* plan,
                        const Features& spectrum, index n_frames, double smallest, T* out,
                        index n_out, void* scratch) {
  constexpr index lanes = vec<T>::lanes;
  const RealFft<T>& fft = *static_cast<const RealFft<T>*>(plan);
  const index n_fft = framing.n_fft, hop = framing.hop_length;
  const index span = overlap_span(framing, lanes);
  const index item = static_cast<index>(sizeof(T));
  Arena arena(scratch);
  vec<T>* x = arena.template take<vec<T>>(n_fft + 2);
  T* frames = arena.template take<T>(lanes * n_fft);
  T* sum = arena.template take<T>(span);
  T* weight = arena.template take<T>(span);
  for (index i = 0; i < span; ++i) sum[i] = weight[i] = T(0);

  for (index t = 0; t < n_frames; t += lanes) {
    const index n = n_frames - t < lanes ? n_frames - t : lanes;
    const index frame_stride = spectrum.frame_stride / item;
    load_complex(Rows<const T>{static_cast<const T*>(spectrum.data) + t * frame_stride,
                               spectrum.feature_stride / item, frame_stride},
                 n_fft, n, x);
    fft.backward(x);
    store_block(x, n_fft, n, Rows<T>{frames, 1, n_fft});
    for (index f = 0; f < n; ++f) {
      add_windowed(frames + f * n_fft, window, n_fft, sum + f * hop, weight + f * hop);
    }
    const bool last = t + lanes >= n_frames;
    const index done = last ? span : lanes * hop < span ? lanes * hop : span;
    const index at = t * hop - framing.offset;  // where sum[0] belongs in out
    const T least = static_cast<T>(smallest);
    for (index i = at < 0 ? -at : 0; i < done && at + i < n_out; ++i) {
      out[at + i] = weight[i] > least ? sum[i] / weight[i] : sum[i];
    }
    for (index i = 0; i < span; ++i) {
      sum[i] = i + done < span ? sum[i + done] : T(0);
      weight[i] = i + done < span ? weight[i + done] : T(0);
    }
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
