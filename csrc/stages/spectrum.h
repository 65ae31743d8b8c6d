// Spectrum: what is kept of the transform.
#pragma once

#include "mathfun.h"
#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

inline vec<double> raise(vec<double> square, double half_power) {
  const vec<double> y = exp(log(square, log_base<double>(Log::ln)) * vec<double>(half_power));
  return half_power == 0 ? vec<double>(1.0) : y;
}

// In single precision exp(p log x) would lose digits in proportion to |log x|, so unusual powers
// go through double.
inline vec<float> raise(vec<float> square, double half_power) {
  constexpr index half = vec<double>::lanes;
  alignas(64) float lane[vec<float>::lanes];
  square.store(lane);
  for (index i = 0; i < vec<float>::lanes; i += half) {
    store_as<float>(raise(load_as<double>(lane + i), half_power), lane + i);
  }
  return vec<float>::load(lane);
}

// |X|^power from |X|^2, for any power but 2.
template <class T>
inline vec<T> from_square(vec<T> square, double power) {
  return power == 1 ? sqrt(square) : raise(square, power / 2);
}

// |X|^power from |X|^2, with its floor and what is added, of bins begin ... end - 1, in place.
template <class T>
inline void finish_spectrum(const Chain& chain, index begin, index end, vec<T>* spectrum) {
  const vec<T> floor(static_cast<T>(chain.spectrum_floor));
  const vec<T> add(static_cast<T>(chain.spectrum_add));
  if (chain.spectrum_floor != 0 || chain.spectrum_add != 0) {
    for (index k = begin; k < end; ++k) {
      spectrum[k] = max_keep_nan(floor, spectrum[k]) + add;
    }
  }
  if (chain.power == 2) return;
  for (index k = begin; k < end; ++k) spectrum[k] = from_square(spectrum[k], chain.power);
}

// The same of one frame, of n bins and what a vector may have behind them.
template <class T>
inline void finish_spectrum(const Chain& chain, index n, T* spectrum) {
  if (chain.power == 2 && chain.spectrum_floor == 0 && chain.spectrum_add == 0) return;
  for (index k = 0; k < n; k += vec<T>::lanes) {
    vec<T> bins = vec<T>::load(spectrum + k);
    finish_spectrum(chain, 0, 1, &bins);
    bins.store(spectrum + k);
  }
}

// What the transform hands its bins to: the squared magnitudes in order, or the complex spectrum in
// the transform's own places (RealFft::place), in a cache that has room for it once.
template <class T>
struct PowerSink {
  vec<T>* power;
  void operator()(index k, vec<T> re, vec<T> im) const { power[k] = re * re + im * im; }
};

template <class T, class Index>
struct ComplexSink {
  vec<T>* x;
  const Index* place;
  void operator()(index k, vec<T> re, vec<T> im) const {
    vec<T>* bin = x + place[k];
    bin[0] = re;
    bin[1] = im;
  }
};

}  // namespace fastmel::FASTMEL_VARIANT
