#include "sliding.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "../errors.h"
#include "../float_environment.h"

namespace fastmel {

namespace {

double divisor_of(const Normalization& how, double variance) {
  switch (how.eps_to) {
    case EpsTo::deviation: return std::sqrt(variance) + how.eps;
    case EpsTo::variance: return std::sqrt(variance + how.eps);
    case EpsTo::least: break;
  }
  const double deviation = std::sqrt(variance);
  return deviation < how.eps ? how.eps : deviation;
}

template <class T>
void normalize(Grid<T> grid, const Normalization& how, const Windows& windows) {
  const Index n = grid.frames, size = std::min(windows.size, std::max<Index>(n, 1));
  SlidingFeature feature(how, size);
  for (Index f = 0; f < grid.width; ++f) {
    feature.clear();
    feature.grow(n, true, [&](Index t) { return static_cast<double>(grid.at(t, f)); });
    Index t = 0;
    for (const Span window : windows.spans) {
      grid.at(t, f) = static_cast<T>(feature.normalized(t, window));
      ++t;
    }
  }
}

}  // namespace

double BlockSums::between(Index begin, Index end) const {
  const Index last = end - 1, block = begin / size_, last_block = last / size_;
  if (block == last_block) {
    if (begin % size_ == 0) return up_to(last);
    if (end % size_ == 0 || end == complete_) return from_on(begin);
    return up_to(last) - up_to(begin - 1);
  }
  double sum = from_on(begin);
  for (Index i = block + 1; i < last_block; ++i) sum += up_to((i + 1) * size_ - 1);
  return sum + up_to(last);
}

void BlockSums::forget(Index frames) {
  up_to_.erase(up_to_.begin(), up_to_.begin() + frames);
  from_on_.erase(from_on_.begin(), from_on_.begin() + frames);
  complete_ -= frames;
}

void BlockSums::clear() {
  up_to_.clear();
  from_on_.clear();
  complete_ = 0;
}

void SlidingFeature::add(bool last) {
  const Index n = static_cast<Index>(x_.size());
  sums_.grow(n, last, [this](Index t) { return at(t); });
  if (how_.divide) squares_.grow(n, last, [this](Index t) { return at(t) * at(t); });
}

void SlidingFeature::restore(double origin, std::vector<double> differences) {
  clear();
  begun_ = true;
  origin_ = origin;
  x_ = std::move(differences);
  add(false);
}

double SlidingFeature::normalized(Index t, Span window) const {
  const auto [begin, end] = window;
  const double count = static_cast<double>(end - begin), x = at(t);
  const double mean = sums_.between(begin, end) / count;
  if (!how_.divide) return x - mean;
  const double squares = squares_.between(begin, end) - count * mean * mean;
  const double variance = (squares < 0 ? 0 : squares) / (count - static_cast<double>(how_.ddof));
  const double divisor = divisor_of(how_, variance);
  return (x - mean) / (divisor == 0 ? 1 : divisor);
}

void SlidingFeature::forget(Index frames) {
  x_.erase(x_.begin(), x_.begin() + frames);
  sums_.forget(frames);
  if (how_.divide) squares_.forget(frames);
}

void SlidingFeature::clear() {
  begun_ = false;
  x_.clear();
  sums_.clear();
  squares_.clear();
}

Span SlidingWindow::of(Index t, Index n_frames) const {
  Index begin = t - before, end = t + 1 + after;
  if (begin < 0) end = std::max(end, least);
  if (end > n_frames) begin = std::min(begin, n_frames - least);
  return {std::max<Index>(begin, 0), std::min(end, n_frames)};
}

SlidingNormalizer::SlidingNormalizer(const Normalization& how, const SlidingWindow& window,
                                     Index width)
    : window_(window),
      features_(static_cast<std::size_t>(width), SlidingFeature(how, window.size())) {}

Index SlidingNormalizer::frames_of(Index frames, bool last) const {
  const Index n = n_frames_ + frames;
  return std::max(given_, last ? n : window_.certain(n)) - given_;
}

template <class T>
void SlidingNormalizer::push(Grid<const T> frames, bool last, Grid<T> out) {
  const Index before = n_frames_ - held_from_, n = n_frames_ + frames.frames;
  for (Index f = 0; f < width(); ++f) {
    SlidingFeature& feature = features_[static_cast<std::size_t>(f)];
    feature.grow(n - held_from_, last,
                 [&](Index t) { return static_cast<double>(frames.at(t - before, f)); });
    for (Index i = 0; i < out.frames; ++i) {
      const auto [begin, end] = window_.of(given_ + i, n);
      const Span window{begin - held_from_, end - held_from_};
      out.at(i, f) = static_cast<T>(feature.normalized(given_ + i - held_from_, window));
    }
  }
  n_frames_ = n;
  given_ += out.frames;
}

void SlidingNormalizer::push(const Block& frames, bool last, const Block& out) {
  const InUse in_use(in_use_, "the normalizer is in use by another thread");
  const FloatEnvironment environment;
  require(out.frames() == frames_of(frames.frames(), last), "out", "must have room for the frames");
  with_type(frames.type(), [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    if constexpr (sizeof(T) > sizeof(Half)) {
      const Grid<T> from = frames.grid<T>();
      push<T>({from.data, from.frames, from.width, from.frame_stride, from.feature_stride}, last,
              out.grid<T>());
    }
  });
  forget();
}

// Frames that windows of frames to come do not have, nor those that the end may make longer: whole
// blocks.
Index SlidingNormalizer::forgotten(Index given, Index n_frames) const {
  const Index needed = std::min(given - window_.before, n_frames - window_.least);
  return std::max<Index>(needed, 0) / window_.size() * window_.size();
}

void SlidingNormalizer::forget() {
  const Index from = std::max(held_from_, forgotten(given_, n_frames_));
  if (from == held_from_) return;
  for (SlidingFeature& feature : features_) feature.forget(from - held_from_);
  held_from_ = from;
}

SlidingNormalizer::State SlidingNormalizer::state() const {
  const InUse in_use(in_use_, "the normalizer is in use by another thread");
  State state{n_frames_, given_, held_from_, {}, {}};
  for (const SlidingFeature& feature : features_) {
    const std::vector<double>& x = feature.differences();
    state.origins.push_back(feature.origin());
    state.differences.insert(state.differences.end(), x.begin(), x.end());
  }
  return state;
}

void SlidingNormalizer::restore(const State& state) {
  const InUse in_use(in_use_, "the normalizer is in use by another thread");
  const Index n = state.n_frames, given = std::max<Index>(0, window_.certain(n));
  require(n >= 0 && n <= unknown_length && (state.given == given || state.given == n) &&
              state.held_from == forgotten(given, n) &&
              static_cast<Index>(state.origins.size()) == width() &&
              static_cast<Index>(state.differences.size()) == width() * (n - state.held_from),
          "state", "is not that of a normalizer of these windows");
  auto x = state.differences.begin();
  for (Index f = 0; n > 0 && f < width(); ++f, x += n - state.held_from) {
    const auto at = static_cast<std::size_t>(f);
    features_[at].restore(state.origins[at], {x, x + (n - state.held_from)});
  }
  n_frames_ = n;
  given_ = state.given;
  held_from_ = state.held_from;
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
