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

template <class T>
inline vec<T> from_square(vec<T> square, double power) {
  if (power == 2) return square;
  if (power == 1) return sqrt(square);
  return raise(square, power / 2);
}

// |X[k]|^power for k <= n/2, in place over the half-complex order (value k is written after its
// two parts, at 2k - 1 and 2k, are read).
template <class T>
inline void magnitudes(vec<T>* x, index n, double power) {
  x[0] = from_square(x[0] * x[0], power);
  const index pairs = (n - 1) / 2;
  if (power == 2) {
    for (index k = 1; k <= pairs; ++k) x[k] = x[2 * k - 1] * x[2 * k - 1] + x[2 * k] * x[2 * k];
  } else {
    for (index k = 1; k <= pairs; ++k) {
      x[k] = from_square(x[2 * k - 1] * x[2 * k - 1] + x[2 * k] * x[2 * k], power);
    }
  }
  if (n % 2 == 0) x[n / 2] = from_square(x[n - 1] * x[n - 1], power);
}

}  // namespace fastmel::FASTMEL_VARIANT
