// log and exp on lanes, with a fixed order of operations: the same bits on every instruction set.
//
// Both follow the reductions that are classic since fdlibm (K. C. Ng, 1993): x = 2^k (1 + f) with
// 1 + f in [sqrt(1/2), sqrt(2)), s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)).
#pragma once

#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

template <class T>
struct Format;

template <>
struct Format<double> {
  using bits = std::uint64_t;
  static constexpr int mantissa = 52;
  static constexpr bits bias = 1023;
  static constexpr bits one = 0x3ff0000000000000, sqrt_half = 0x3fe6a09e667f3bcd;
  static constexpr bits fraction = 0x000fffffffffffff;
  static constexpr bits high_half = 0xffffffff00000000;
  static constexpr bits shifter_bits = 0x4330000000000000;  // 2^52
  static constexpr double shifter = 4503599627370496.0;
  static constexpr double smallest = 2.2250738585072014e-308, lift = 18014398509481984.0;  // 2^54
  static constexpr double lift_log2 = 54;
  static constexpr double infinity = __builtin_huge_val(), nan = __builtin_nan("");
};

template <>
struct Format<float> {
  using bits = std::uint32_t;
  static constexpr int mantissa = 23;
  static constexpr bits bias = 127;
  static constexpr bits one = 0x3f800000, sqrt_half = 0x3f3504f3;
  static constexpr bits fraction = 0x007fffff;
  static constexpr bits shifter_bits = 0x4b000000;  // 2^23
  static constexpr float shifter = 8388608.0f;
  static constexpr float smallest = 1.17549435e-38f, lift = 33554432.0f;  // 2^25
  static constexpr float lift_log2 = 25;
  static constexpr float infinity = __builtin_huge_valf(), nan = __builtin_nanf("");
};

template <class T>
using bits_of = xsimd::batch<typename Format<T>::bits, arch>;

template <class T>
FASTMEL_INLINE bits_of<T> to_bits(vec<T> x) {
  return xsimd::bitwise_cast<typename Format<T>::bits>(x.v);
}

template <class T>
FASTMEL_INLINE vec<T> from_bits(bits_of<T> x) {
  return xsimd::bitwise_cast<T>(x);
}

// R(z) of the reduction above: minimax polynomials on |s| <= 0.1716, error below 2^-58.45 (double)
// and 2^-34.24 (float).
FASTMEL_INLINE vec<double> log_tail(vec<double> z) {
  const vec<double> w = z * z;
  const vec<double> even =
      w * (vec<double>(3.999999999940941908e-01) +
           w * (vec<double>(2.222219843214978396e-01) + w * vec<double>(1.531383769920937332e-01)));
  const vec<double> odd = z * (vec<double>(6.666666666666735130e-01) +
                               w * (vec<double>(2.857142874366239149e-01) +
                                    w * (vec<double>(1.818357216161805012e-01) +
                                         w * vec<double>(1.479819860511658591e-01))));
  return even + odd;
}

// 1/ln(b) and log_b(2), each as a sum high + low whose high part has zero low bits, so that its
// products with a short number are exact.
template <class T>
struct LogBase {
  T inverse_high, inverse_low, two_high, two_low;
};

template <class T>
constexpr LogBase<T> log_base(Log log) {
  if constexpr (std::is_same_v<T, double>) {
    if (log == Log::log10) {
      return {4.34294481878168880939e-01, 2.50829467116452752298e-11, 3.01029995663611771306e-01,
              3.69423907715893078616e-13};
    }
    if (log == Log::log2) return {1.44269504072144627571, 1.67517131648865118353e-10, 1, 0};
    return {1, 0, 6.93147180369123816490e-01, 1.90821492927058770002e-10};
  } else {
    if (log == Log::log10) {
      return {4.3432617188e-01f, -3.1689971365e-05f, 3.0102920532e-01f, 7.9034151668e-07f};
    }
    if (log == Log::log2) return {1.4428710938f, -1.7605285393e-04f, 1, 0};
    return {1, 0, 6.9313812256e-01f, 9.0580006145e-06f};
  }
}

// What the argument of a logarithm may be: anything, or nothing below the smallest normal number
// but NaN, which spares the treatment of subnormals, zeros and negatives.
enum class Domain { all, normal };

// x = 2^k (1 + f), for positive and finite x; subnormals are scaled up first.
template <class T>
struct Reduced {
  vec<T> k, f;
};

template <Domain domain, class T>
FASTMEL_INLINE Reduced<T> reduce(vec<T> x) {
  using F = Format<T>;
  using int_vec = bits_of<T>;
  using batch = typename vec<T>::batch;
  vec<T> lift(T(0));
  if constexpr (domain == Domain::all) {
    const auto tiny = x.v < batch(F::smallest);
    x = xsimd::select(tiny, (x * vec<T>(F::lift)).v, x.v);
    lift = xsimd::select(tiny, batch(F::lift_log2), batch(T(0)));
  }
  const int_vec shifted = to_bits(x) + int_vec(F::one - F::sqrt_half);
  // The biased exponent as a number: its bits are or-ed into those of 2^mantissa.
  const int_vec exponent = (shifted >> F::mantissa) & int_vec((F::bias << 1) + 1);
  const vec<T> k = from_bits<T>(exponent | int_vec(F::shifter_bits)) -
                   vec<T>(F::shifter + static_cast<T>(F::bias)) - lift;
  const vec<T> f =
      from_bits<T>((shifted & int_vec(F::fraction)) + int_vec(F::sqrt_half)) - vec<T>(T(1));
  return {k, f};
}

// `y` where x is positive and finite; log(0) = -inf, log(inf) = inf, log(negative or NaN) = NaN.
template <Domain domain, class T>
FASTMEL_INLINE vec<T> log_special(vec<T> x, vec<T> y) {
  using F = Format<T>;
  using batch = typename vec<T>::batch;
  const batch zero(T(0)), infinity(F::infinity);
  if constexpr (domain == Domain::normal) return xsimd::select(x.v < infinity, y.v, x.v);
  const auto ordinary = (x.v > zero) & (x.v < infinity);
  const vec<T> special = xsimd::select(x.v == zero, batch(-F::infinity),
                                       xsimd::select(x.v == infinity, x.v, batch(F::nan)));
  return xsimd::select(ordinary, y.v, special.v);
}

// log_b(x) in double within 1 ulp (checked: 0.9 for log2, 0.75 for the others), subnormals
// included.
template <Domain domain = Domain::all>
FASTMEL_INLINE vec<double> log(vec<double> x, const LogBase<double>& base) {
  using T = double;
  const auto [k, f] = reduce<domain>(x);
  const vec<T> s = f / (vec<T>(T(2)) + f);
  const vec<T> half_square = vec<T>(T(0.5)) * f * f;
  const vec<T> tail = s * (half_square + log_tail(s * s));
  // log(1 + f) as high + low, high short enough to multiply the base's high parts exactly
  const vec<T> high = from_bits<T>(to_bits(f - half_square) & bits_of<T>(Format<T>::high_half));
  const vec<T> low = ((f - high) - half_square) + tail;
  const vec<T> from_exponent = k * vec<T>(base.two_high);
  const vec<T> from_fraction = high * vec<T>(base.inverse_high);
  const vec<T> sum = from_exponent + from_fraction;
  // The larger term first keeps the rounding error of the sum exact; k = 0 leaves only the second.
  const vec<T> rounding = (from_exponent - sum) + from_fraction;
  return log_special<domain>(
      x, sum + (rounding + (k * vec<T>(base.two_low) + ((low + high) * vec<T>(base.inverse_low) +
                                                        low * vec<T>(base.inverse_high)))));
}

// (log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) - 1 <= f <= sqrt(2) - 1: the polynomial of degree
// 7 whose largest error, relative to the logarithm, is least (5.8e-9), by Remez' algorithm.
FASTMEL_INLINE vec<float> log_tail(vec<float> f) {
  const vec<float> z = f * f, w = z * z;
  const vec<float> a = vec<float>(0.33333331f) + f * vec<float>(-0.25000820f);
  const vec<float> b = vec<float>(0.20001227f) + f * vec<float>(-0.16623357f);
  const vec<float> c = vec<float>(0.14201757f) + f * vec<float>(-0.13160181f);
  const vec<float> d = vec<float>(0.12761579f) + f * vec<float>(-0.07634502f);
  return (a + z * b) + w * (c + z * d);
}

// log_b(x) in single precision: within 0.52 ulp, but for x near 1, where it is 1 (ln) or 2.1. No
// division and no compensated sum: what it is taken of errs by more.
template <Domain domain = Domain::all>
FASTMEL_INLINE vec<float> log(vec<float> x, const LogBase<float>& base) {
  const auto [k, f] = reduce<domain>(x);
  const vec<float> y = f + f * f * (f * log_tail(f) - vec<float>(0.5f));
  const vec<float> low =
      k * vec<float>(base.two_low) + y * vec<float>(base.inverse_high + base.inverse_low);
  return log_special<domain>(x, k * vec<float>(base.two_high) + low);
}

// log_b(x) in double for a result that is rounded to float: within 1e-10 (absolute or relative,
// checked: 4e-11), with the short polynomial and without the compensated sum.
template <Domain domain>
FASTMEL_INLINE vec<double> log_for_float(vec<double> x, const LogBase<double>& base) {
  const auto [k, f] = reduce<domain>(x);
  const vec<double> s = f / (vec<double>(2.0) + f);
  const vec<double> z = s * s;
  // R(z) of the single-precision reduction, 2^-34
  const vec<double> tail =
      z * (vec<double>(0.66666662693) +
           z * (vec<double>(0.40000972152) +
                z * (vec<double>(0.28498786688) + z * vec<double>(0.24279078841))));
  const vec<double> half_square = vec<double>(0.5) * f * f;
  const vec<double> y = f - (half_square - s * (half_square + tail));
  return log_special<domain>(x, k * vec<double>(base.two_high + base.two_low) +
                                    y * vec<double>(base.inverse_high + base.inverse_low));
}

// exp(x) within 1 ulp (checked: 0.95); 0 below -745.2, inf above 709.8, NaN stays NaN.
inline vec<double> exp(vec<double> x) {
  using batch = vec<double>::batch;
  using int_vec = bits_of<double>;
  const vec<double> shifter(
      6755399441055744.0);  // 1.5 * 2^52: rounds to an integer in the low bits
  vec<double> clamped = xsimd::select(x.v > batch(710.0), batch(710.0), x.v);
  clamped = xsimd::select(clamped.v < batch(-746.0), batch(-746.0), clamped.v);
  const vec<double> rounded = clamped * vec<double>(1.44269504088896338700) + shifter;
  const vec<double> k = rounded - shifter;
  const vec<double> high = clamped - k * vec<double>(6.93147180369123816490e-01);
  const vec<double> low = k * vec<double>(1.90821492927058770002e-10);
  const vec<double> r = high - low;
  const vec<double> t = r * r;
  const vec<double> c = r - t * (vec<double>(1.66666666666666019037e-01) +
                                 t * (vec<double>(-2.77777777770155933842e-03) +
                                      t * (vec<double>(6.61375632143793436117e-05) +
                                           t * (vec<double>(-1.65339022054652515390e-06) +
                                                t * vec<double>(4.13813679705723846039e-08)))));
  const vec<double> y = vec<double>(1.0) - ((low - (r * c) / (vec<double>(2.0) - c)) - high);
  // 2^k in two factors, so that subnormal results are rounded once and 2^1024 is reached
  const int_vec ki = to_bits(rounded) - int_vec(0x4338000000000000);
  const int_vec half = (ki + int_vec(2098)) >> 1;  // (k + 2098) / 2 is positive: shifts are logical
  const vec<double> first = from_bits<double>((half - int_vec(1049 - 1023)) << 52);
  const vec<double> second = from_bits<double>((ki - half + int_vec(1049 + 1023)) << 52);
  const vec<double> result = (y * first) * second;
  return xsimd::select(x.v == x.v, result.v, x.v);
}

// cos(2 pi x) for |x| <= 1/2, by its Taylor series; within 1e-13.
inline vec<double> cos_of_turns(vec<double> x) {
  const vec<double> angle = x * vec<double>(6.28318530717958647693), t = angle * angle;
  vec<double> sum(1.0);
  for (int k = 26; k > 0; k -= 2) {
    sum = vec<double>(1.0) - t * sum * vec<double>(1.0 / (k * (k - 1)));
  }
  return sum;
}

// log(1 + x) and exp(x) - 1 without losing small x: the rounding of 1 + x, or of exp(x), is undone
// by the ratio of the exact argument to the one that was used (Kahan's device). Within 2.5 ulp.
inline vec<double> log1p(vec<double> x) {
  using batch = vec<double>::batch;
  const vec<double> one(1.0), u = one + x;
  const vec<double> y = log(u, log_base<double>(Log::ln)) * (x / (u - one));
  return xsimd::select(u.v == one.v, x.v,
                       xsimd::select(u.v < batch(Format<double>::infinity), y.v, u.v));
}

inline vec<double> expm1(vec<double> x) {
  using batch = vec<double>::batch;
  const vec<double> one(1.0), u = exp(x);
  const vec<double> y = (u - one) * (x / log(u, log_base<double>(Log::ln)));
  const auto plain = (u.v < batch(Format<double>::infinity)) & ((u - one).v > batch(-1.0));
  return xsimd::select(u.v == one.v, x.v, xsimd::select(plain, y.v, (u - one).v));
}

}  // namespace fastmel::FASTMEL_VARIANT
