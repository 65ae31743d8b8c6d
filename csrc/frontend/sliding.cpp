#include "sliding.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../float_environment.h"

namespace fastmel {

namespace {

// Sums of windows, of which most have `size` frames: the frames are cut into blocks of that size,
// and such a window is the end of a block and the beginning of the next. So no long sum enters, and
// no difference of sums, and a part of a signal that begins with a block has the sums of the whole.
class BlockSums {
 public:
  template <class Value>
  void fill(Index n, Index size, Value&& value) {
    n_ = n;
    size_ = std::min(size, n);
    up_to_.resize(static_cast<std::size_t>(n));
    from_on_.resize(static_cast<std::size_t>(n));
    for (Index begin = 0; begin < n; begin += size_) {
      const Index end = std::min(begin + size_, n);
      double sum = 0;
      for (Index t = begin; t < end; ++t) up_to_[static_cast<std::size_t>(t)] = sum += value(t);
      sum = 0;
      for (Index t = end; t-- > begin;) from_on_[static_cast<std::size_t>(t)] = sum += value(t);
    }
  }

  double between(Index begin, Index end) const {
    const Index last = end - 1, block = begin / size_, last_block = last / size_;
    if (block == last_block) {
      if (begin % size_ == 0) return up_to(last);
      if (end % size_ == 0 || end == n_) return from_on(begin);
      return up_to(last) - up_to(begin - 1);
    }
    double sum = from_on(begin);
    for (Index i = block + 1; i < last_block; ++i) sum += up_to((i + 1) * size_ - 1);
    return sum + up_to(last);
  }

 private:
  double up_to(Index t) const { return up_to_[static_cast<std::size_t>(t)]; }
  double from_on(Index t) const { return from_on_[static_cast<std::size_t>(t)]; }

  Index n_ = 0, size_ = 1;
  std::vector<double> up_to_, from_on_;  // of a frame's block: up to the frame, from it on
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
  Feature(const Normalization& how, const Windows& windows) : how_(how), windows_(windows) {}

  // A shift that cancels keeps equal values exact.
  void normalize(std::vector<double>& x, double origin) {
    const Index n = static_cast<Index>(x.size());
    const auto at = [&](Index t) -> double& { return x[static_cast<std::size_t>(t)]; };
    for (double& v : x) v -= origin;
    sums_.fill(n, windows_.size, at);
    if (how_.divide) squares_.fill(n, windows_.size, [&](Index t) { return at(t) * at(t); });
    Index t = windows_.first;
    for (const Span window : windows_.spans) {
      at(t) = normalized(at(t), window);
      ++t;
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
  const Windows& windows_;
  BlockSums sums_, squares_;
};

template <class T>
void normalize(Grid<T> grid, const Normalization& how, const Windows& windows) {
  if (windows.spans.empty()) return;
  Feature feature(how, windows);
  std::vector<double> x(static_cast<std::size_t>(grid.frames));
  const Index begin = windows.first, end = begin + static_cast<Index>(windows.spans.size());
  for (Index f = 0; f < grid.width; ++f) {
    Index t = 0;
    for (double& v : x) v = grid.at(t++, f);
    feature.normalize(x,
                      windows.origin.empty() ? x[0] : windows.origin[static_cast<std::size_t>(f)]);
    for (t = begin; t < end; ++t) grid.at(t, f) = static_cast<T>(x[static_cast<std::size_t>(t)]);
  }
}

}  // namespace

std::vector<Span> windows_of(const SlidingWindow& window, Index n_frames, Index first, Index stop) {
  std::vector<Span> windows;
  for (Index t = first; t < stop; ++t) {
    Index begin = t - window.before, end = t + 1 + window.after;
    if (begin < 0) end = std::max(end, window.least);
    if (end > n_frames) begin = std::min(begin, n_frames - window.least);
    windows.push_back({std::max<Index>(begin, 0), std::min(end, n_frames)});
  }
  return windows;
}

void normalize_in_windows(const Block& features, const Normalization& how, const Windows& windows) {
  const FloatEnvironment environment;
  if (features.type() == Type::f64) {
    normalize(features.grid<double>(), how, windows);
  } else {
    normalize(features.grid<float>(), how, windows);
  }
}

}  // namespace fastmel
