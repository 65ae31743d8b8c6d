// Log: the logarithm of the features and the range and affine map that follow it (chain.h, Level).
#pragma once

#include "mathfun.h"
#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// A level with its constants in the compute precision T, for features of type O, made once per
// call.
template <class T, class O>
class LevelOf {
 public:
  explicit LevelOf(const Level& level)
      : kind_(level.log),
        // The floor keeps subnormals, zeros and negatives from the logarithm.
        normal_(level.floor >= 0 && level.add >= 0 &&
                level.floor + level.add >= static_cast<double>(Format<T>::smallest)),
        usual_(normal_ && level.log != Log::none && level.log != Log::ln_above_e &&
               level.low == -infinity && level.high == infinity),
        bare_(level.add == 0 && level.scale == 1 && level.reference == 0),
        mapped_(level.has_range || level.shift != 0 || level.gain != 1),
        base_(log_base<T>(level.log)),
        scale_(static_cast<T>(level.scale)),
        floor_(static_cast<T>(level.floor)),
        add_(static_cast<T>(level.add)),
        reference_(static_cast<T>(level.reference)),
        lowest_(level.has_range ? static_cast<T>(level.peak) - static_cast<T>(level.range)
                                : -Format<T>::infinity),
        // A peak that is not a number makes everything so, as numpy.maximum would.
        shift_(level.has_range && level.peak != level.peak ? Format<T>::nan
                                                           : static_cast<T>(level.shift)),
        gain_(static_cast<T>(level.gain)),
        low_(static_cast<T>(level.low)),
        high_(static_cast<T>(level.high)) {}

  // Calls use(f), f(x) being the level of a vector: one of four, so that the choice is outside of
  // loops. What changes nothing is left out: a logarithm is never -0, which 0 would change.
  template <class Use>
  FASTMEL_INLINE void with(Use&& use) const {
    const auto bare = [this](vec<T> x) __attribute__((always_inline)) {
      return log_of<Domain::normal>(max_keep_nan(floor_, x));
    };
    const auto mapped = [this](vec<T> y) __attribute__((always_inline)) {
      return (max_keep_nan(lowest_, y) + shift_) * gain_;
    };
    if (!usual_) {
      use([this](vec<T> x) { return any(x); });
    } else if (!bare_) {
      use([=](vec<T> x) __attribute__((always_inline)) {
        const vec<T> y = scale_ * log_of<Domain::normal>(max_keep_nan(floor_, x) + add_);
        return mapped(y - reference_);
      });
    } else if (mapped_) {
      use([=](vec<T> x) __attribute__((always_inline)) { return mapped(bare(x)); });
    } else {
      use(bare);
    }
  }

  // Before the range and the affine map.
  vec<T> logarithm(vec<T> x) const {
    const vec<T> floored = max_keep_nan(floor_, x) + add_;
    if (kind_ == Log::none) return floored;
    const vec<T> y = normal_ ? log_of<Domain::normal>(floored) : log_of<Domain::all>(floored);
    if (kind_ != Log::ln_above_e) return scale_ * y;
    const typename vec<T>::batch e(T(2.71828182845904523536));
    const vec<T> t(xsimd::select(floored.v > e, y.v, floored.v));
    return scale_ * vec<T>(xsimd::select(t.v > e, t.v, (t / vec<T>(e)).v));
  }

 private:
  static constexpr double infinity = Format<double>::infinity;

  template <Domain domain>
  FASTMEL_INLINE vec<T> log_of(vec<T> x) const {
    if constexpr (std::is_same_v<T, O>) {
      return log<domain>(x, base_);
    } else {
      return log_for_float<domain>(x, base_);
    }
  }

  vec<T> any(vec<T> x) const {
    const vec<T> y = (max_keep_nan(lowest_, logarithm(x) - reference_) + shift_) * gain_;
    return min_keep_nan(high_, max_keep_nan(low_, y));
  }

  Log kind_;
  bool normal_, usual_, bare_, mapped_;
  LogBase<T> base_;
  vec<T> scale_, floor_, add_, reference_, lowest_, shift_, gain_, low_, high_;
};

// n values `stride` elements apart, from in to out (which may be the same).
template <class T, class O>
inline void apply_level(const LevelOf<T, O>& level, const O* in, O* out, index n, index stride) {
  constexpr index lanes = vec<T>::lanes;
  level.with([=](auto&& leveled) {
    index i = 0;
    if (stride == 1) {
      for (; i + 4 * lanes <= n; i += 4 * lanes) {  // whose operations the compiler may mix
        vec<T> v[4];
        FASTMEL_UNROLL
        for (index k = 0; k < 4; ++k) v[k] = leveled(load_as<T>(in + i + k * lanes));
        FASTMEL_UNROLL
        for (index k = 0; k < 4; ++k) store_as(v[k], out + i + k * lanes);
      }
      for (; i + lanes <= n; i += lanes) store_as(leveled(load_as<T>(in + i)), out + i);
    }
    for (; i < n; i += lanes) {
      const index count = n - i < lanes ? n - i : lanes;
      O lane[lanes];
      for (index j = 0; j < lanes; ++j) lane[j] = in[(i + (j < count ? j : 0)) * stride];
      store_as(leveled(load_as<T>(lane)), lane);
      for (index j = 0; j < count; ++j) out[(i + j) * stride] = lane[j];
    }
  });
}

}  // namespace fastmel::FASTMEL_VARIANT
