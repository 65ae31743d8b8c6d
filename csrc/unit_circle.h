// Points of the unit circle, correctly rounded by IEEE operations alone: the cosines and sines of
// every table. The C library's depend on the machine.
#pragma once

#include <vector>

#include "chain.h"
#include "double_double.h"

namespace fastmel {

// Not inline, like all that follows: kernel objects call it, and must not carry a copy of code that
// others share.
float nearest_float(DoubleDouble x);

struct CirclePoint {
  DoubleDouble cos, sin;
};

// cos and sin of 2 pi x / n, for n > 0, within 2^-100 (relative).
CirclePoint circle_point(double x, double n);

// The same of `count` numbers x, rounded. |x| and n are at most 2^50.
void circle_points(const double* x, Index count, double n, double* cos, double* sin);

// The same for integers x, much faster: the product of one point out of each of two tables, within
// 2^-98. For n up to 65536, no cosine or sine that is irrational comes closer to the middle between
// two doubles than 2^-81 of itself (all were tried), so each is rounded correctly. By the same odds
// the first that is not would be met beyond an n of 2^24.
class UnitCircle {
 public:
  explicit UnitCircle(Index n);
  UnitCircle(const UnitCircle&) = delete;
  UnitCircle& operator=(const UnitCircle&) = delete;
  ~UnitCircle();

  CirclePoint operator[](Index x) const;

 private:
  Index n_;
  int shift_ = 1;
  std::vector<CirclePoint> fine_, coarse_;  // in quarters of 2 pi / n: 0, 1, 2, ... and multiples
};  // of 2^shift

}  // namespace fastmel
