// The whole way of a block: the calls in Run::block, in order, are the chain.
#pragma once

#include "arena.h"
#include "fft.h"
#include "frames.h"
#include "log.h"
#include "mel.h"
#include "one_frame.h"
#include "prepare.h"
#include "spectrum.h"
#include "store.h"

namespace fastmel::FASTMEL_VARIANT {

template <class T>
inline index block_scratch_bytes(const Chain& chain, Sample sample) {
  const Framing& framing = chain.framing;
  const index span = (vec<T>::lanes - 1) * scratch_pitch(framing) + framing.n_fft;
  const index n_values = chain.spectrum == Spectrum::complex ? 0 : framing.n_fft / 2 + 1;
  const index sample_size =
      chain.emphasis.coefficient != 0 ? static_cast<index>(sizeof(T)) : size_of(sample);
  return (RealFft<T>::scratch_vectors(framing.n_fft) + n_values + chain.n_features) *
             static_cast<index>(sizeof(vec<T>)) +
         OneFrame<T>::bytes(framing.n_fft, chain.n_features) + span * sample_size +
         Staging<T, double>::size(chain.n_features) * static_cast<index>(sizeof(double)) + 6 * 64;
}

// NaN where a lane is NaN or infinite, else 0. Bin 0 sums all samples of a frame, so it is not
// finite if one of them is not (or if the sum, or its square, overflows).
template <class T>
inline vec<T> not_finite(vec<T> bin0) {
  return bin0 - bin0;
}

// Up to so many frames cost less one by one than as a part of a block.
template <class T>
constexpr index few_frames = vec<T>::lanes >= 16  ? 4
                             : vec<T>::lanes >= 8 ? 3
                                                  : vec<T>::lanes / 2;

// A run of consecutive frames of one item, from `first` on.
template <class S, class T, class O>
class Run {
 public:
  Run(const Chain& chain, const Signal& signal, const Features& features, index first,
      index n_frames, Arena arena)
      : chain_(chain),
        signal_(signal),
        fft_(*static_cast<const RealFft<T>*>(chain.fft)),
        first_(first),
        n_values_(chain.bands ? chain.bands->n_bands : n_bins()),
        work_(arena.take<vec<T>>(RealFft<T>::scratch_vectors(n_fft()))),
        spectrum_(arena.take<vec<T>>(complex() ? 0 : n_bins())),
        features_(arena.take<vec<T>>(chain.n_features)),
        staging_(
            arena.take<O>(Staging<T, O>::size(chain.n_features)),
            complex() || n_frames <= few_frames<T> ? Staging<T, O>::largest + 1 : chain.n_features,
            rows_of<O>(features)),
        one_(n_fft(), chain.n_features, arena),
        samples_(arena.take<char>(0)),
        level_(chain.level ? *chain.level : Level{}) {}

  // Frames t ... t + n - 1 of the run, n of them up to the number of lanes.
  void block(index t, index n) {
    constexpr index lanes = vec<T>::lanes;
    const Stage last = chain_.last_stage;
    const index at = first_ + t;
    if (last == Stage::store) staging_.ask(t, n, chain_.n_features);
    if (chain_.emphasis.coefficient != 0) {
      transform(locate_emphasized<S, T>(chain_.framing, signal_, chain_.emphasis, at, n, lanes,
                                        static_cast<T*>(samples_)),
                at);
    } else {
      transform(locate_frames(chain_.framing, signal_, at, n, lanes, static_cast<S*>(samples_)),
                at);
    }
    if (last == Stage::window) return;
    if (complex()) {
      if (last == Stage::store) store_complex(work_, fft_.place(), n_bins(), n, staging_.at(t));
      return;
    }
    finish_spectrum(chain_, chain_.bands ? chain_.bands->begin : 0,
                    chain_.bands ? chain_.bands->end : n_bins(), spectrum_);
    if (last == Stage::spectrum) return;
    vec<T>* features = spectrum_;
    if (chain_.bands) {
      features = features_;
      all_bands(*chain_.bands, spectrum_, features + chain_.first_value);
    }
    if (last == Stage::mel) return;
    take_level(features + chain_.first_value, n);
    if (chain_.energy_at >= 0) features[chain_.energy_at] = log_energy(chain_.preparation, energy_);
    if (last == Stage::log) return;
    store_block(features, chain_.n_features, n, staging_.at(t));
  }

  // Whether frames can be computed one by one.
  bool one_by_one() const {
    const Preparation& preparation = chain_.preparation;
    return fft_.one_frame() != nullptr && !complex() && chain_.last_stage == Stage::store &&
           (!preparation.any || preparation.length >= vec<T>::lanes);
  }

  // Frame t of the run, with the bits that it has in a block.
  void frame(index t) {
    const index at = first_ + t;
    T energy(0);
    if (chain_.emphasis.coefficient != 0) {
      energy = window_one(locate_emphasized<S, T>(chain_.framing, signal_, chain_.emphasis, at, 1,
                                                  1, static_cast<T*>(samples_)),
                          at);
    } else {
      energy = window_one(
          locate_frames(chain_.framing, signal_, at, 1, 1, static_cast<S*>(samples_)), at);
    }
    T* power = one_.power;
    fft_.one_frame()->forward(one_.windowed, work_, one_.planes, power);
    check_ += vec<T>(power[0] - power[0]);
    if (chain_.preparation.energy == Energy::spectrum) {
      std::fill_n(power + n_bins(), 4, T(0));
      energy = sum_of_quads<T>(n_bins(), [=](index k) { return load_quad<T>(power + k); });
    }
    finish_spectrum(chain_, n_bins(), power);
    T* features = power;
    if (chain_.bands) {
      features = one_.features;
      all_bands(*chain_.bands, power, features + chain_.first_value);
    }
    take_level(features + chain_.first_value);
    if (chain_.energy_at >= 0) {
      features[chain_.energy_at] = max_lane(log_energy(chain_.preparation, vec<T>(energy)), 1);
    }
    store_frame(features, chain_.n_features, staging_.at(t));
  }

  void finish(index n_frames, Statistics* statistics) const {
    if (chain_.last_stage == Stage::store) staging_.flush(n_frames);
    statistics->maximum = static_cast<double>(static_cast<O>(maximum_));
    const T sum = sum_lanes(check_);
    statistics->not_finite = !(sum == T(0));
  }

 private:
  index n_fft() const { return chain_.framing.n_fft; }
  index n_bins() const { return n_fft() / 2 + 1; }
  bool complex() const { return chain_.spectrum == Spectrum::complex; }

  // From the samples to the spectrum; `at` is the block's first frame.
  template <class X>
  void transform(FrameBlock<X> frames, index at) {
    if (chain_.last_stage == Stage::window) {
      window_frames(frames, n_fft(), window(), work_);
    } else if (complex()) {
      const auto* place = fft_.place();
      forward(frames, at, ComplexSink<T, Stored<index>>{work_, place});
      check_ += not_finite(work_[place[0]]);
    } else {
      forward(frames, at, PowerSink<T>{spectrum_});
      check_ += not_finite(spectrum_[0]);
      if (chain_.preparation.energy == Energy::spectrum) {
        energy_ = sum_of<T>(n_bins(), [power = spectrum_](index k) { return power[k]; });
      }
    }
  }

  // To one_.windowed; `at` is the frame. Returns its energy.
  template <class X>
  T window_one(FrameBlock<X> frame, index at) {
    if (chain_.preparation.any) {
      return prepare_frame(chain_.preparation, frame.data, at, window(), n_fft(), one_);
    }
    window_frame(frame.data, n_fft(), window(), one_.windowed);
    return T(0);
  }

  template <class X, class Sink>
  void forward(FrameBlock<X> frames, index at, Sink sink) {
    if (!chain_.preparation.any) {
      const T* arranged = static_cast<const T*>(chain_.arranged_window);
      return fft_.forward(Windowed<X, T>{frames, arranged}, work_, sink);
    }
    energy_ = prepare_frames(chain_.preparation, frames, at, window(), n_fft(), fft_.sample_place(),
                             work_);
    fft_.forward(Prepared<T>{}, work_, sink);
  }

  const T* window() const { return static_cast<const T*>(chain_.window); }

  // The maximum and the logarithm of the values.
  void take_level(vec<T>* y, index n) {
    if (chain_.find_maximum) {
      const T top = max_lane(maximum_of(y, n_values_), n);  // not of lanes past the last frame
      if (top > maximum_) maximum_ = top;
    }
    if (chain_.level) {
      // rounded to the output type first: the fused logarithm equals that of the stored features
      level_.with([y, n_values = n_values_](auto&& leveled) {
        index m = 0;
        for (; m + 4 <= n_values; m += 4) {  // whose operations the compiler may mix
          vec<T> v[4];
          FASTMEL_UNROLL
          for (index k = 0; k < 4; ++k) v[k] = leveled(rounded_to<O>(y[m + k]));
          FASTMEL_UNROLL
          for (index k = 0; k < 4; ++k) y[m + k] = v[k];
        }
        for (; m < n_values; ++m) y[m] = leveled(rounded_to<O>(y[m]));
      });
    }
  }

  // The same of one frame.
  void take_level(T* y) {
    if (chain_.find_maximum) {
      const T top = maximum_of(y, n_values_);
      if (top > maximum_) maximum_ = top;
    }
    if (chain_.level) {
      std::fill_n(y + n_values_, vec<T>::lanes, T(0));
      level_.with([y, n = n_values_](auto&& leveled) {
        for (index m = 0; m < n; m += vec<T>::lanes) {
          leveled(rounded_to<O>(vec<T>::load(y + m))).store(y + m);
        }
      });
    }
  }

  const Chain& chain_;
  const Signal& signal_;
  const RealFft<T>& fft_;
  index first_;
  index n_values_;  // features but for the energy
  vec<T>*work_, *spectrum_, *features_;
  Staging<T, O> staging_;
  OneFrame<T> one_;
  void* samples_;
  LevelOf<T, O> level_;
  T maximum_ = -Format<T>::infinity;
  vec<T> check_ = T(0), energy_ = T(0);
};

template <class S, class T, class O>
inline void run_frames(const Chain& chain, const Signal& signal, const Features& features,
                       index first, index n_frames, void* scratch, Statistics* statistics) {
  constexpr index lanes = vec<T>::lanes;
  Run<S, T, O> run(chain, signal, features, first, n_frames, Arena(scratch));
  const index few = run.one_by_one() ? few_frames<T> : 0;
  index t = 0;
  for (; n_frames - t > few; t += lanes) {
    run.block(t, n_frames - t < lanes ? n_frames - t : lanes);
  }
  for (; t < n_frames; ++t) run.frame(t);
  run.finish(n_frames, statistics);
}

}  // namespace fastmel::FASTMEL_VARIANT
