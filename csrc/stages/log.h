// Log: the logarithm of the features and the range and affine map that follow it (chain.h, Level).
#pragma once

#include "mathfun.h"
#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// A level with its constants in the compute precision T, for features of type O, made once per
// call.
template <class T, class O>
struct LevelOf {
  Log kind;
  bool normal;  // the floor keeps subnormals, zeros and negatives from the logarithm
  LogBase<T> base;
  vec<T> scale, floor, add, reference, lowest, shift, gain, low, high;

  explicit LevelOf(const Level& level)
      : kind(level.log),
        normal(level.floor >= 0 && level.add >= 0 &&
               level.floor + level.add >= static_cast<double>(Format<T>::smallest)),
        base(log_base<T>(level.log)),
        scale(static_cast<T>(level.scale)),
        floor(static_cast<T>(level.floor)),
        add(static_cast<T>(level.add)),
        reference(static_cast<T>(level.reference)),
        lowest(level.has_range ? static_cast<T>(level.peak) - static_cast<T>(level.range)
                               : -Format<T>::infinity),
        // A peak that is not a number makes everything so, as numpy.maximum would.
        shift(level.has_range && level.peak != level.peak ? Format<T>::nan
                                                          : static_cast<T>(level.shift)),
        gain(static_cast<T>(level.gain)),
        low(static_cast<T>(level.low)),
        high(static_cast<T>(level.high)) {}

  vec<T> logarithm(vec<T> x) const {
    const vec<T> floored = max_keep_nan(floor, x) + add;
    if (kind == Log::none) return floored;
    const vec<T> y = normal ? log_of<Domain::normal>(floored) : log_of<Domain::all>(floored);
    if (kind == Log::ln_above_e) {
      const typename vec<T>::batch e(T(2.71828182845904523536));
      const vec<T> t(xsimd::select(floored.v > e, y.v, floored.v));
      return scale * vec<T>(xsimd::select(t.v > e, t.v, (t / vec<T>(e)).v));
    }
    return scale * y;
  }

  template <Domain domain>
  vec<T> log_of(vec<T> x) const {
    if constexpr (std::is_same_v<T, O>) {
      return log<domain>(x, base);
    } else {
      return log_for_float<domain>(x, base);
    }
  }

  vec<T> operator()(vec<T> x) const {
    const vec<T> y = (max_keep_nan(lowest, logarithm(x) - reference) + shift) * gain;
    return min_keep_nan(high, max_keep_nan(low, y));
  }
};

// n values `stride` elements apart, from in to out (which may be the same).
template <class T, class O>
inline void apply_level(const LevelOf<T, O>& level, const O* in, O* out, index n, index stride) {
  constexpr index lanes = vec<T>::lanes;
  index i = 0;
  if (stride == 1) {
    for (; i + lanes <= n; i += lanes) store_as(level(load_as<T>(in + i)), out + i);
  }
  for (; i < n; i += lanes) {
    const index count = n - i < lanes ? n - i : lanes;
    O lane[lanes];
    for (index j = 0; j < lanes; ++j) lane[j] = in[(i + (j < count ? j : 0)) * stride];
    store_as(level(load_as<T>(lane)), lane);
    for (index j = 0; j < count; ++j) out[(i + j) * stride] = lane[j];
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
