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
  return (framing.n_fft + 2 + RealFft<T>::lent_vectors(framing.n_fft)) *
             static_cast<index>(sizeof(vec<T>)) +
         (2 * overlap_span(framing, lanes) + lanes * framing.n_fft) *
             static_cast<index>(sizeof(T)) +
         5 * 64;
}

// sum += term, each sum formed in double and kept as T.
template <class T>
inline void add_in_double(T* sum, vec<double> term) {
  store_as(load_as<double>(sum) + term, sum);
}

template <class T>
inline void add_windowed(const T* frame, const double* window, index n, T* sum, T* weight) {
  constexpr index lanes = vec<double>::lanes;
  index i = 0;
  for (; i + lanes <= n; i += lanes) {
    const vec<double> w = vec<double>::load(window + i);
    add_in_double(sum + i, w * load_as<double>(frame + i));
    add_in_double(weight + i, w * w);
  }
  for (; i < n; ++i) {
    const double w = window[i];
    sum[i] = static_cast<T>(static_cast<double>(sum[i]) + w * static_cast<double>(frame[i]));
    weight[i] = static_cast<T>(static_cast<double>(weight[i]) + w * w);
  }
}

template <class T>
inline void divide(const T* sum, const T* weight, T smallest, T* out, index n) {
  constexpr index lanes = vec<T>::lanes;
  index i = 0;
  for (; i + lanes <= n; i += lanes) {
    const vec<T> s = vec<T>::load(sum + i), w = vec<T>::load(weight + i);
    const typename vec<T>::batch least(smallest);
    vec<T>(xsimd::select(w.v > least, (s / w).v, s.v)).store(out + i);
  }
  for (; i < n; ++i) out[i] = weight[i] > smallest ? sum[i] / weight[i] : sum[i];
}

// Moves the sums from `done` on to the front, and clears the rest.
template <class T>
inline void slide(T* sum, index done, index span) {
  std::memmove(sum, sum + done, static_cast<std::size_t>(span - done) * sizeof(T));
  std::memset(sum + span - done, 0, static_cast<std::size_t>(done) * sizeof(T));
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
  Arena arena(scratch);
  vec<T>* x = arena.template take<vec<T>>(n_fft + 2);
  vec<T>* spare = arena.template take<vec<T>>(RealFft<T>::lent_vectors(n_fft));
  T* frames = arena.template take<T>(lanes * n_fft);
  T* sum = arena.template take<T>(span);
  T* weight = arena.template take<T>(span);
  slide(sum, span, span);
  slide(weight, span, span);

  for (index t = 0; t < n_frames; t += lanes) {
    const index n = n_frames - t < lanes ? n_frames - t : lanes;
    load_complex(rows_of<const T>(spectrum, t), n_fft, n, x);
    fft.backward(x, spare);
    store_block(x, n_fft, n, Rows<T>{frames, 1, n_fft});
    for (index f = 0; f < n; ++f) {
      add_windowed(frames + f * n_fft, window, n_fft, sum + f * hop, weight + f * hop);
    }
    const bool last = t + lanes >= n_frames;
    const index done = last ? span : lanes * hop < span ? lanes * hop : span;
    const index at = t * hop - framing.offset;  // where sum[0] belongs in out
    const index from = at < 0 ? -at : 0;
    const index until = done < n_out - at ? done : n_out - at;
    if (from < until) {
      divide(sum + from, weight + from, static_cast<T>(smallest), out + at + from, until - from);
    }
    slide(sum, done, span);
    slide(weight, done, span);
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
