#include "unit_circle.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace fastmel {

namespace {

constexpr DoubleDouble two_pi{6.283185307179586, 2.4492935982947064e-16};

// 1 - t / (k (k + 1)) (1 - t / ((k + 2) (k + 3)) (1 - ...)): for k = 1 the cosine, for k = 2 the
// sine over its angle, whose square is t <= 0.617: what follows the 14 terms is below 2^-108.
DoubleDouble series(DoubleDouble t, int k) {
  const DoubleDouble one{1, 0};
  DoubleDouble sum = one;
  for (int j = k + 26; j >= k; j -= 2) sum = one - t * sum / (j * (j + 1));
  return sum;
}

CirclePoint first_octant(DoubleDouble turns) {
  const DoubleDouble angle = turns * two_pi, t = angle * angle;
  return {series(t, 1), angle * series(t, 2)};
}

// An angle of x / n turns is `eighths` / (8 n) turns of the first octant, seen in mirrors. All
// operations are exact.
struct Octant {
  double eighths;
  bool swap, mirror_x, mirror_y;

  Octant(double x, double n) : eighths(8 * std::fmod(x, n)) {
    mirror_y = (eighths < 0) != (std::fabs(eighths) > 4 * n);
    eighths = std::fabs(eighths);
    if (eighths > 4 * n) eighths = 8 * n - eighths;
    mirror_x = eighths > 2 * n;
    if (mirror_x) eighths = 4 * n - eighths;
    swap = eighths > n;
    if (swap) eighths = 2 * n - eighths;
  }

  CirclePoint reflected(CirclePoint p) const {
    const DoubleDouble c = swap ? p.sin : p.cos, s = swap ? p.cos : p.sin;
    return {mirror_x ? -c : c, mirror_y ? -s : s};
  }
};

}  // namespace

float nearest_float(DoubleDouble x) {
  // Rounded to odd first: the last bit then tells that something follows.
  std::int64_t bits;
  std::memcpy(&bits, &x.high, sizeof(bits));
  if (x.low != 0 && bits % 2 == 0) bits += (x.low > 0) == (x.high > 0) ? 1 : -1;
  double odd;
  std::memcpy(&odd, &bits, sizeof(odd));
  return static_cast<float>(odd);
}

CirclePoint circle_point(double x, double n) {
  const Octant octant(x, n);
  return octant.reflected(first_octant(DoubleDouble{octant.eighths, 0} / (8 * n)));
}

void circle_points(const double* x, Index count, double n, double* cos, double* sin) {
  const auto fill = [&](auto point) {
    for (Index i = 0; i < count; ++i) {
      const CirclePoint p = point(x[i]);
      cos[i] = p.cos.high;
      sin[i] = p.sin.high;
    }
  };
  const auto whole = [](double v) { return v == std::floor(v); };
  if (whole(n) && std::all_of(x, x + count, whole)) {
    const UnitCircle points(static_cast<Index>(n));
    fill([&](double v) { return points[static_cast<Index>(v)]; });
  } else {
    fill([&](double v) { return circle_point(v, n); });
  }
}

UnitCircle::UnitCircle(Index n) : n_(n) {
  const Index size = n / 2 + 1;  // quarters of 2 pi / n in the first octant
  while ((Index(1) << shift_) * (Index(1) << shift_) < size) ++shift_;
  const double quarters = 4 * static_cast<double>(n);
  const Index step = Index(1) << shift_;
  for (Index i = 0; i < step; ++i) {
    fine_.push_back(first_octant(DoubleDouble{static_cast<double>(i), 0} / quarters));
  }
  for (Index i = 0; i < size; i += step) {
    coarse_.push_back(first_octant(DoubleDouble{static_cast<double>(i), 0} / quarters));
  }
}

UnitCircle::~UnitCircle() = default;

CirclePoint UnitCircle::operator[](Index x) const {
  const Octant octant(static_cast<double>(x), static_cast<double>(n_));
  const Index quarters = static_cast<Index>(octant.eighths) / 2;
  const CirclePoint& a = coarse_[static_cast<std::size_t>(quarters >> shift_)];
  const CirclePoint& b = fine_[static_cast<std::size_t>(quarters & ((Index(1) << shift_) - 1))];
  return octant.reflected({a.cos * b.cos - a.sin * b.sin, a.sin * b.cos + a.cos * b.sin});
}

}  // namespace fastmel
