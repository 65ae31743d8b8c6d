// Overlap-add: the inverse of the chain's first half. Spectrum -> frames -> window -> signal,
// divided by the summed squares of the windows (Griffin and Lim, 1984, eq. 6).
//
// Frames are added in ascending order into a sliding stretch of the signal, in the compute
// precision; what no later frame can reach is divided, stored, and slid out.
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

// out[i] is sample i + framing.offset of the overlap-added signal, for i < n_out.
template <class T, class O>
inline void overlap_add(const Framing& framing, const T* window, const void* plan,
                        const Features& spectrum, index n_frames, double smallest, O* out,
                        index n_out, void* scratch) {
  constexpr index lanes = vec<T>::lanes;
  const RealFft<T>& fft = *static_cast<const RealFft<T>*>(plan);
  const index n_fft = framing.n_fft, hop = framing.hop_length;
  const index span = overlap_span(framing, lanes);
  const index item = static_cast<index>(sizeof(O));
  Arena arena(scratch);
  vec<T>* x = arena.template take<vec<T>>(n_fft + 2);
  T* frames = arena.template take<T>(lanes * n_fft);
  T* sum = arena.template take<T>(span);
  T* weight = arena.template take<T>(span);
  for (index i = 0; i < span; ++i) sum[i] = weight[i] = T(0);

  const T scale = T(1) / static_cast<T>(n_fft);
  for (index t = 0; t < n_frames; t += lanes) {
    const index n = n_frames - t < lanes ? n_frames - t : lanes;
    const index frame_stride = spectrum.frame_stride / item;
    load_complex(Rows<const O>{static_cast<const O*>(spectrum.data) + t * frame_stride,
                               spectrum.feature_stride / item, frame_stride},
                 n_fft, n, x);
    fft.backward(x);
    for (index i = 0; i < n_fft; ++i) x[i] *= vec<T>(window[i] * scale);
    store_block(x, n_fft, n, Rows<T>{frames, 1, n_fft});
    for (index f = 0; f < n; ++f) {
      T* s = sum + f * hop;
      T* w = weight + f * hop;
      const T* frame = frames + f * n_fft;
      for (index i = 0; i < n_fft; ++i) {
        s[i] += frame[i];
        w[i] += window[i] * window[i];
      }
    }
    const bool last = t + lanes >= n_frames;
    const index done = last ? span : lanes * hop < span ? lanes * hop : span;
    const index at = t * hop - framing.offset;  // where sum[0] belongs in out
    for (index i = at < 0 ? -at : 0; i < done && at + i < n_out; ++i) {
      out[at + i] = static_cast<O>(weight[i] > static_cast<T>(smallest) ? sum[i] / weight[i]
                                                                        : sum[i]);
    }
    for (index i = 0; i < span; ++i) {
      sum[i] = i + done < span ? sum[i + done] : T(0);
      weight[i] = i + done < span ? weight[i + done] : T(0);
    }
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
