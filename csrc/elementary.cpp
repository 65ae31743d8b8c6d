#include "elementary.h"

#include <cmath>
#include <limits>

#include "double_double.h"

namespace fastmel {

namespace {

constexpr DoubleDouble one{1, 0};
constexpr DoubleDouble ln_2{0.6931471805599453, 2.3190468138462996e-17};
constexpr DoubleDouble ln_10{2.302585092994046, -2.1707562233822494e-16};
constexpr double infinity = std::numeric_limits<double>::infinity();

// exp(x) - 1 of |x| <= 0.0014, by its series.
DoubleDouble short_expm1(DoubleDouble x) {
  DoubleDouble sum = one;
  for (int k = 10; k > 1; --k) sum = one + x * sum / k;
  return x * sum;
}

struct Scaled {
  DoubleDouble factor;
  int exponent;
  double value() const { return std::ldexp(factor.high, exponent); }
};

// exp(x) = factor * 2^exponent for |x| < 10^4: after reduction the argument is divided by 2^8, and
// the result less 1 squared as often, (1 + y)^2 = 1 + (2 y + y^2).
Scaled exponential(DoubleDouble x) {
  const double k = std::nearbyint(x.high / ln_2.high);
  const DoubleDouble r = x - ln_2 * k;
  DoubleDouble y = short_expm1({r.high / 256, r.low / 256});
  for (int i = 0; i < 8; ++i) y = y + y + y * y;
  return {one + y, static_cast<int>(k)};
}

// Of a positive and finite x = 2^k m, m in [sqrt(1/2), sqrt(2)): log m = 2 artanh s.
DoubleDouble logarithm(double x) {
  int k;
  double m = std::frexp(x, &k);
  if (m < 0.7071067811865476) {
    m *= 2;
    --k;
  }
  const DoubleDouble s = exact_sum(m, -1) / exact_sum(m, 1), z = s * s;
  DoubleDouble sum = one / 43;
  for (int j = 41; j > 0; j -= 2) sum = one / j + z * sum;
  return ln_2 * k + s * sum * 2;
}

double rounded_exp(DoubleDouble x) {
  if (!(x.high > -800)) return x.high < 0 ? 0 : x.high;  // NaN stays NaN
  return x.high < 800 ? exponential(x).value() : infinity;
}

// What log(x) is where logarithm(x) is not asked for.
double unusual_log(double x) { return x > 0 ? x : x == 0 ? -infinity : NAN; }

}  // namespace

double exact_exp(double x) { return rounded_exp({x, 0}); }

double exact_exp10(double x) {
  return std::fabs(x) < 400 ? rounded_exp(ln_10 * x) : exact_exp(3 * x);
}

double exact_log(double x) { return x > 0 && x < infinity ? logarithm(x).high : unusual_log(x); }

double exact_log10(double x) {
  return x > 0 && x < infinity ? (logarithm(x) / ln_10).high : unusual_log(x);
}

double exact_power(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (!(x > 0 && x < infinity)) return exact_exp(y * unusual_log(x));
  if (std::fabs(y) > 1e20) return exact_exp(logarithm(x).high * y);  // 0 or infinite
  const DoubleDouble z = logarithm(x) * y;
  return std::fabs(z.high) < 1e5 ? rounded_exp(z) : exact_exp(z.high);
}

// The sum of (x / 2)^2k / k!^2, none of whose terms is negative, times 2^-100, so that splitting
// the sum does not overflow.
double exact_bessel_i0(double x) {
  if (!(std::fabs(x) < 714)) return std::fabs(x) + infinity;
  const DoubleDouble q = exact_product(x / 2, x / 2);
  DoubleDouble term{0x1p-100, 0}, sum = term;
  for (double k = 1; term.high > sum.high * 0x1p-110; ++k) {
    term = term * q / (k * k);
    sum = sum + term;
  }
  return sum.high * 0x1p100;
}

}  // namespace fastmel
