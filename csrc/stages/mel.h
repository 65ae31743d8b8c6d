// Mel: the product of a banded matrix with the spectrum of each lane.
#pragma once

#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// Bands m ... m + n - 1 of every lane, each summed from its lowest bin upwards. Together, because
// each addition of one waits for the one before. V is vec<T>, or T for one frame.
template <int n, class T, class V>
inline void add_bands(const Bands& bands, index m, const V* spectrum, V* out) {
  const T* weights[n];
  const V* bin[n];
  V sum[n];
  index common = bands.count[m];
  for (int b = 0; b < n; ++b) {
    weights[b] = static_cast<const T*>(bands.weights) + bands.first[m + b];
    bin[b] = spectrum + bands.start[m + b];
    sum[b] = V(T(0));
    if (bands.count[m + b] < common) common = bands.count[m + b];
  }
  for (index j = 0; j < common; ++j) {
    for (int b = 0; b < n; ++b) sum[b] += V(weights[b][j]) * bin[b][j];
  }
  for (int b = 0; b < n; ++b) {
    for (index j = common; j < bands.count[m + b]; ++j) {
      sum[b] += V(weights[b][j]) * bin[b][j];
    }
    out[m + b] = sum[b];
  }
}

// Four bands of Bands::packed_weights; returns the sum of them.
template <class T>
inline vec<T> add_packed(const Bands& bands, index m, const vec<T>* spectrum, vec<T>* out) {
  const index count = bands.packed_count[m / 4];
  const T* w = static_cast<const T*>(bands.packed_weights) + bands.packed_first[m / 4];
  const vec<T>* bin[4];
  vec<T> sum[4];
  for (int b = 0; b < 4; ++b) {
    bin[b] = spectrum + bands.packed_start[m + b];
    sum[b] = vec<T>(T(0));
  }
  for (index j = 0; j < count; ++j, w += 4) {
    for (int b = 0; b < 4; ++b) sum[b] += vec<T>(w[b]) * bin[b][j];
  }
  for (int b = 0; b < 4; ++b) out[m + b] = sum[b];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

template <class T>
inline void all_bands(const Bands& bands, const vec<T>* spectrum, vec<T>* out) {
  vec<T> check(T(0));
  index m = 0;
  for (; m + 4 <= bands.n_bands; m += 4) {
    if (bands.packed_count[m / 4] > 0) {
      check += add_packed(bands, m, spectrum, out);
    } else {
      add_bands<4, T>(bands, m, spectrum, out);
    }
  }
  for (; m < bands.n_bands; ++m) add_bands<1, T>(bands, m, spectrum, out);
  // Zero times what is not finite is NaN, and a sum of large ones may be infinite.
  if (sum_lanes(check - check) == T(0)) return;
  for (m = 0; m + 4 <= bands.n_bands; m += 4) add_bands<4, T>(bands, m, spectrum, out);
}

// Of one frame.
template <class T>
inline void all_bands(const Bands& bands, const T* spectrum, T* out) {
  index m = 0;
  for (; m + 4 <= bands.n_bands; m += 4) add_bands<4, T>(bands, m, spectrum, out);
  for (; m < bands.n_bands; ++m) add_bands<1, T>(bands, m, spectrum, out);
}

}  // namespace fastmel::FASTMEL_VARIANT
