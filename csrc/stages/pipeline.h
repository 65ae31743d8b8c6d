// The whole way of a block: the calls below, in order, are the chain.
#pragma once

#include "arena.h"
#include "fft.h"
#include "frames.h"
#include "log.h"
#include "mel.h"
#include "prepare.h"
#include "spectrum.h"
#include "store.h"

namespace fastmel::FASTMEL_VARIANT {

// Features per frame of a chain without complex output.
inline index features_of(const Chain& chain) {
  const index n_bins = chain.framing.n_fft / 2 + 1;
  if (!chain.bands) return n_bins;  // of which the energy is one
  return chain.bands->n_bands + (chain.steps.energy != Energy::none ? 1 : 0);
}

template <class T>
inline index block_scratch_bytes(const Chain& chain, Sample sample) {
  const Framing& framing = chain.framing;
  const index span = (vec<T>::lanes - 1) * scratch_pitch(framing) + framing.n_fft;
  const index n_values = chain.spectrum == Spectrum::complex ? 0 : framing.n_fft / 2 + 1;
  const index n_features = features_of(chain);
  const index sample_size =
      chain.emphasis.coefficient != 0 ? static_cast<index>(sizeof(T)) : size_of(sample);
  return (RealFft<T>::scratch_vectors(framing.n_fft) + n_values + n_features) *
             static_cast<index>(sizeof(vec<T>)) +
         span * sample_size +
         Staging<T, double>::size(n_features) * static_cast<index>(sizeof(double)) + 6 * 64;
}

// NaN where a lane is NaN or infinite, else 0. Bin 0 sums all samples of a frame, so it is not
// finite if one of them is not (or if the sum, or its square, overflows).
template <class T>
inline vec<T> not_finite(vec<T> bin0) {
  return bin0 - bin0;
}

template <class S, class T, class O>
inline void run_frames(const Chain& chain, const Signal& signal, const Features& features,
                       index first, index n_frames, void* scratch, Statistics* statistics) {
  constexpr index lanes = vec<T>::lanes;
  const Framing& framing = chain.framing;
  const index n_fft = framing.n_fft, n_bins = n_fft / 2 + 1;
  const RealFft<T>& fft = *static_cast<const RealFft<T>*>(chain.fft);
  const bool complex = chain.spectrum == Spectrum::complex;
  const index n_bands = chain.bands ? chain.bands->n_bands : 0;
  const index n_features = features_of(chain);
  const index n_values = chain.bands ? n_bands : n_bins;  // features but the energy
  // Kaldi's place of the energy: before the bands or after them, or in the place of bin 0
  const bool energy_first = n_features > n_values && !chain.steps.energy_last;
  const index energy_at = n_features == n_values ? 0 : energy_first ? -1 : n_bands;
  const bool emphasized = chain.emphasis.coefficient != 0;
  const index item = static_cast<index>(sizeof(O));
  const index feature_stride = features.feature_stride / item;
  const index frame_stride = features.frame_stride / item;

  Arena arena(scratch);
  vec<T>* work = arena.template take<vec<T>>(RealFft<T>::scratch_vectors(n_fft));
  vec<T>* spectrum = arena.template take<vec<T>>(complex ? 0 : n_bins);
  vec<T>* banded = arena.template take<vec<T>>(n_features);
  vec<T>* bands = banded + (energy_first ? 1 : 0);
  O* staged = arena.template take<O>(Staging<T, O>::size(n_features));
  void* samples = arena.template take<char>(0);
  const Rows<O> result{static_cast<O*>(features.data) + first * frame_stride, feature_stride,
                       frame_stride};
  const Staging<T, O> staging(staged, complex ? Staging<T, O>::largest + 1 : n_features, result);
  const T* window = static_cast<const T*>(chain.window);
  const LevelOf<T, O> level(chain.level ? *chain.level : Level{});
  T maximum = -Format<T>::infinity;
  vec<T> check(T(0)), energy(T(0));

  // Whether there is anything left to do for a block after its transform.
  const auto transform = [&](auto frames, index t, index n, const Rows<O>& out) {
    if (chain.last_stage == Stage::window) {
      window_frames(frames, n_fft, window, work);
      return false;
    }
    const auto forward = [&](auto sink) {
      if (!chain.steps.any) {
        return fft.forward(windowed(frames, window), work, sink);
      }
      energy =
          prepare_frames(chain.steps, frames, first + t, window, n_fft, fft.sample_place(), work);
      fft.forward(Prepared<T>{}, work, sink);
    };
    if (!complex) {
      forward(PowerSink<T>{spectrum});
      check += not_finite(spectrum[0]);
      return true;
    }
    const auto* place = fft.place();
    forward(ComplexSink<T, Stored<index>>{work, place});
    check += not_finite(work[place[0]]);
    if (chain.last_stage == Stage::store) store_complex(work, place, n_bins, n, out);
    return false;
  };

  for (index t = 0; t < n_frames; t += lanes) {
    const index n = n_frames - t < lanes ? n_frames - t : lanes;
    const Rows<O> out = staging.at(t);
    const bool more =
        emphasized ? transform(locate_emphasized<S, T>(framing, signal, chain.emphasis, first + t,
                                                       n, lanes, static_cast<T*>(samples)),
                               t, n, out)
                   : transform(locate_frames(framing, signal, first + t, n, lanes,
                                             static_cast<S*>(samples)),
                               t, n, out);
    if (!more) continue;
    if (chain.steps.energy == Energy::spectrum) {
      energy = sum_of<T>(n_bins, [=](index k) { return spectrum[k]; });
    }
    finish_spectrum(chain, chain.bands ? chain.bands->begin : 0,
                    chain.bands ? chain.bands->end : n_bins, spectrum);
    if (chain.last_stage == Stage::spectrum) continue;
    vec<T>* y = spectrum;
    if (chain.bands) {
      y = bands;
      all_bands(*chain.bands, spectrum, y);
    }
    if (chain.last_stage == Stage::mel) continue;
    if (chain.find_maximum) {
      const T top = max_lane(maximum_of(y, n_values), n);  // lanes past the last frame do not count
      if (top > maximum) maximum = top;
    }
    if (chain.level) {
      // rounded to the output type first: the fused logarithm equals that of the stored features
      level.with([=](auto&& leveled) {
        for (index m = 0; m < n_values; ++m) y[m] = leveled(rounded_to<O>(y[m]));
      });
    }
    if (chain.steps.energy != Energy::none) y[energy_at] = log_energy(chain.steps, energy);
    if (chain.last_stage == Stage::log) continue;
    store_block(energy_first ? y - 1 : y, n_features, n, out);
  }
  if (chain.last_stage == Stage::store) staging.flush(n_frames);
  statistics->maximum = static_cast<double>(static_cast<O>(maximum));
  const T sum = sum_lanes(check);
  statistics->not_finite = !(sum == T(0));
}

}  // namespace fastmel::FASTMEL_VARIANT
