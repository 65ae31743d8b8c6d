// Mel: the product of a banded matrix with the spectrum of each lane.
#pragma once

#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// Band m of every lane, summed from its lowest bin upwards.
template <class T>
inline vec<T> band(const Bands& bands, index m, const vec<T>* spectrum) {
  const T* weights = static_cast<const T*>(bands.weights) + bands.first[m];
  const vec<T>* bin = spectrum + bands.start[m];
  vec<T> sum(T(0));
  for (index j = 0; j < bands.count[m]; ++j) sum += vec<T>(weights[j]) * bin[j];
  return sum;
}

}  // namespace fastmel::FASTMEL_VARIANT
