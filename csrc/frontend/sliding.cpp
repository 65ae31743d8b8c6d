#include "sliding.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../float_environment.h"

namespace fastmel {

namespace {

// Sums of all frames before each, and of all.
class RunningSums {
 public:
  template <class Value>
  void fill(Index n, Value&& value) {
    sums_.assign(1, 0.0);
    for (Index t = 0; t < n; ++t) {
      const double x = value(t);
      sums_.push_back(t == 0 ? x : sums_.back() + x);
    }
  }
  double between(Index begin, Index end) const { return at(end) - at(begin); }
  double total() const { return sums_.back(); }

 private:
  double at(Index t) const { return sums_[static_cast<std::size_t>(t)]; }
  std::vector<double> sums_;
};

double divisor_of(const Normalization& how, double variance) {
  switch (how.eps_to) {
    case EpsTo::deviation: return std::sqrt(variance) + how.eps;
    case EpsTo::variance: return std::sqrt(variance + how.eps);
    case EpsTo::least: break;
  }
  const double deviation = std::sqrt(variance);
  return deviation < how.eps ? how.eps : deviation;
}

// One feature: x of n frames.
class Feature {
 public:
  Feature(const Normalization& how, const std::vector<Span>& windows)
      : how_(how), windows_(windows) {}

  // Two shifts that cancel: the first keeps equal values exact, and the second keeps the sums of
  // squares small, of which a difference is taken.
  void normalize(std::vector<double>& x) {
    const Index n = static_cast<Index>(x.size());
    const auto at = [&](Index t) -> double& { return x[static_cast<std::size_t>(t)]; };
    const double first = x[0];
    for (double& v : x) v -= first;
    sums_.fill(n, at);
    const double mean_of_all = sums_.total() / static_cast<double>(n);
    for (double& v : x) v -= mean_of_all;
    sums_.fill(n, at);
    if (how_.divide) squares_.fill(n, [&](Index t) { return at(t) * at(t); });
    for (Index t = 0; t < n; ++t) {
      at(t) = normalized(at(t), windows_[static_cast<std::size_t>(t)]);
    }
  }

 private:
  double normalized(double x, Span window) const {
    const auto [begin, end] = window;
    const double count = static_cast<double>(end - begin);
    const double mean = sums_.between(begin, end) / count;
    if (!how_.divide) return x - mean;
    const double squares = squares_.between(begin, end) - count * mean * mean;
    const double variance = (squares < 0 ? 0 : squares) / (count - static_cast<double>(how_.ddof));
    const double divisor = divisor_of(how_, variance);
    return (x - mean) / (divisor == 0 ? 1 : divisor);
  }

  Normalization how_;
  const std::vector<Span>& windows_;
  RunningSums sums_, squares_;
};

template <class T>
void normalize(Grid<T> grid, const Normalization& how, const std::vector<Span>& windows) {
  if (grid.frames == 0) return;
  Feature feature(how, windows);
  std::vector<double> x(static_cast<std::size_t>(grid.frames));
  for (Index f = 0; f < grid.width; ++f) {
    Index t = 0;
    for (double& v : x) v = grid.at(t++, f);
    feature.normalize(x);
    t = 0;
    for (const double v : x) grid.at(t++, f) = static_cast<T>(v);
  }
}

}  // namespace

std::vector<Span> windows_of(const SlidingWindow& window, Index n_frames) {
  std::vector<Span> windows;
  for (Index t = 0; t < n_frames; ++t) {
    Index begin = t - window.before, end = t + 1 + window.after;
    if (begin < 0) end = std::max(end, window.least);
    if (end > n_frames) begin = std::min(begin, n_frames - window.least);
    windows.push_back({std::max<Index>(begin, 0), std::min(end, n_frames)});
  }
  return windows;
}

void normalize_in_windows(const Block& features, const Normalization& how,
                          const std::vector<Span>& windows) {
  const FloatEnvironment environment;
  if (features.type() == Type::f64) {
    normalize(features.grid<double>(), how, windows);
  } else {
    normalize(features.grid<float>(), how, windows);
  }
}

}  // namespace fastmel
