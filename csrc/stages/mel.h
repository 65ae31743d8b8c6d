// Mel: the product of a banded matrix with the spectrum of each lane.
#pragma once

#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// Bands m ... m + n - 1 of every lane, each summed from its lowest bin upwards. Together, because
// each addition of one waits for the one before.
template <int n, class T>
inline void add_bands(const Bands& bands, index m, const vec<T>* spectrum, vec<T>* out) {
  const T* weights[n];
  const vec<T>* bin[n];
  vec<T> sum[n];
  index common = bands.count[m];
  for (int b = 0; b < n; ++b) {
    weights[b] = static_cast<const T*>(bands.weights) + bands.first[m + b];
    bin[b] = spectrum + bands.start[m + b];
    sum[b] = vec<T>(T(0));
    if (bands.count[m + b] < common) common = bands.count[m + b];
  }
  for (index j = 0; j < common; ++j) {
    for (int b = 0; b < n; ++b) sum[b] += vec<T>(weights[b][j]) * bin[b][j];
  }
  for (int b = 0; b < n; ++b) {
    for (index j = common; j < bands.count[m + b]; ++j) {
      sum[b] += vec<T>(weights[b][j]) * bin[b][j];
    }
    out[m + b] = sum[b];
  }
}

template <class T>
inline void all_bands(const Bands& bands, const vec<T>* spectrum, vec<T>* out) {
  index m = 0;
  for (; m + 4 <= bands.n_bands; m += 4) add_bands<4>(bands, m, spectrum, out);
  for (; m < bands.n_bands; ++m) add_bands<1>(bands, m, spectrum, out);
}

}  // namespace fastmel::FASTMEL_VARIANT
