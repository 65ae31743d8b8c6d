// The whole way of a block: the calls below, in order, are the chain.
#pragma once

#include "arena.h"
#include "fft.h"
#include "frames.h"
#include "log.h"
#include "mel.h"
#include "spectrum.h"
#include "store.h"
#include "window.h"

namespace fastmel::FASTMEL_VARIANT {

template <class T>
inline index block_scratch_bytes(const Chain& chain, Sample sample) {
  const Framing& framing = chain.framing;
  const index span = (vec<T>::lanes - 1) * scratch_pitch(framing) + framing.win_length;
  const index n_bands = chain.bands ? chain.bands->n_bands : 0;
  return (framing.n_fft + 2 + n_bands) * static_cast<index>(sizeof(vec<T>)) +
         span * size_of(sample) + 4 * 64;
}

// NaN where a lane is NaN or infinite, else 0. Bin 0 sums all samples of a frame, so it is not
// finite if one of them is not (or if the sum overflows).
template <class T>
inline vec<T> not_finite(vec<T> bin0) {
  return bin0 - bin0;
}

template <class S, class T, class O>
inline void run_frames(const Chain& chain, const Signal& signal, const Features& features,
                       index first, index n_frames, void* scratch, Statistics* statistics) {
  constexpr index lanes = vec<T>::lanes;
  const Framing& framing = chain.framing;
  const index n_fft = framing.n_fft;
  const RealFft<T>& fft = *static_cast<const RealFft<T>*>(chain.fft);
  const bool complex = chain.spectrum == Spectrum::complex;
  const index n_bands = chain.bands ? chain.bands->n_bands : 0;
  const index item = static_cast<index>(sizeof(O));
  const index feature_stride = features.feature_stride / item;
  const index frame_stride = features.frame_stride / item;

  Arena arena(scratch);
  vec<T>* x = arena.template take<vec<T>>(n_fft + 2);
  vec<T>* banded = arena.template take<vec<T>>(n_bands);
  S* samples = arena.template take<S>(0);
  const LevelOf<T> level(chain.level ? *chain.level : Level{});
  vec<T> maximum(-Format<T>::infinity), check(T(0));

  for (index t = first; t < first + n_frames; t += lanes) {
    const index n = first + n_frames - t < lanes ? first + n_frames - t : lanes;
    Rows<O> out{static_cast<O*>(features.data) + t * frame_stride, feature_stride, frame_stride};
    const S* rows[lanes];
    locate_frames(framing, signal, t, n, lanes, samples, rows);
    const index win_end = framing.win_start + framing.win_length;
    for (index i = 0; i < framing.win_start; ++i) x[i] = vec<T>(T(0));
    window_frames(rows, framing.win_length, static_cast<const T*>(chain.window),
                  x + framing.win_start);
    for (index i = win_end; i < n_fft; ++i) x[i] = vec<T>(T(0));
    if (chain.last_stage == Stage::window) continue;
    fft.forward(x);
    check += not_finite(x[0]);
    if (chain.last_stage == Stage::fft) continue;
    if (complex) {
      store_complex(x, n_fft, n, out);
      continue;
    }
    magnitudes(x, n_fft, chain.power);
    if (chain.last_stage == Stage::spectrum) continue;
    const index n_features = chain.bands ? n_bands : n_fft / 2 + 1;
    vec<T>* y = x;
    if (chain.bands) {
      y = banded;
      for (index m = 0; m < n_bands; ++m) y[m] = band(*chain.bands, m, x);
    }
    if (chain.last_stage == Stage::mel) continue;
    for (index m = 0; m < n_features; ++m) maximum = max_keep_nan(y[m], maximum);
    if (chain.level) {
      // rounded to the output type first: the fused logarithm equals that of the stored features
      for (index m = 0; m < n_features; ++m) y[m] = level(rounded_to<O>(y[m]));
    }
    if (chain.last_stage == Stage::log) continue;
    store_block(y, n_features, n, out);
  }
  statistics->maximum = static_cast<double>(static_cast<O>(max_lane(maximum)));
  const T sum = sum_lanes(check);
  statistics->not_finite = !(sum == T(0));
}

}  // namespace fastmel::FASTMEL_VARIANT
