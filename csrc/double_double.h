// Unevaluated sums of two doubles, 106 bits of IEEE operations (Dekker, 1971): what tables are made
// with, so that they round correctly and do not depend on the C library. Operations are within a
// few 2^-106 of themselves.
#pragma once

namespace fastmel {

struct DoubleDouble {
  double high, low;  // high is the double nearest to the sum
};

constexpr DoubleDouble fast_sum(double larger, double smaller) {
  const double sum = larger + smaller;
  return {sum, smaller - (sum - larger)};
}

constexpr DoubleDouble exact_sum(double a, double b) {
  const double sum = a + b, b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

// The upper 26 bits, so that products of halves are exact.
constexpr double upper_half(double a) {
  const double c = 134217729.0 * a;  // 2^27 + 1
  return c - (c - a);
}

constexpr DoubleDouble exact_product(double a, double b) {
  const double a1 = upper_half(a), a2 = a - a1, b1 = upper_half(b), b2 = b - b1;
  const double product = a * b;
  return {product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

constexpr DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble high = exact_sum(a.high, b.high), low = exact_sum(a.low, b.low);
  const DoubleDouble sum = fast_sum(high.high, high.low + low.high);
  return fast_sum(sum.high, sum.low + low.low);
}

constexpr DoubleDouble operator-(DoubleDouble a) { return {-a.high, -a.low}; }
constexpr DoubleDouble operator-(DoubleDouble a, DoubleDouble b) { return a + -b; }

constexpr DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble product = exact_product(a.high, b.high);
  return fast_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

constexpr DoubleDouble operator/(DoubleDouble a, double b) {
  const double high = a.high / b;
  const DoubleDouble product = exact_product(high, b);
  return fast_sum(high, (((a.high - product.high) - product.low) + a.low) / b);
}

constexpr DoubleDouble operator*(DoubleDouble a, double b) { return a * DoubleDouble{b, 0}; }

constexpr DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  const double high = a.high / b.high;
  const DoubleDouble rest = a - b * high;
  return fast_sum(high, rest.high / b.high);
}

}  // namespace fastmel
