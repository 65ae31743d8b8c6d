// Normalize: mean and variance of features over an item, in double. Frame t is added to partial sum
// t % parts, so that all instruction sets and layouts do the same arithmetic.
#pragma once

#include <cmath>

#include "arena.h"
#include "store.h"

namespace fastmel::FASTMEL_VARIANT {

constexpr index parts = 8;  // of a sum: as many lanes as the widest vectors of doubles have

template <class X>
inline X sum_of_parts(const X* part) {
  return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

// Two ways over the features of an item, by their layout:
//   sum(make, sums)  the sum of each feature's frames, value(x) of each
//   map(make)        value(x) in the place of x
// where value = make(at), and at(numbers) are the numbers of the features in the lanes.

// Frames are adjacent: lanes are frames of one feature.
template <class O>
class AdjacentFrames {
 public:
  AdjacentFrames(Rows<O> rows, index n_features, index n_frames)
      : rows_(rows), n_features_(n_features), n_frames_(n_frames) {}

  template <class Make>
  void sum(Make&& make, double* sums) const {
    for (index m = 0; m < n_features_; ++m) {
      const auto value = make([m](const double* of) { return vec<double>(of[m]); });
      sums[m] = sum_of_row(rows_.data + m * rows_.feature_stride, value);
    }
  }

  template <class Make>
  void map(Make&& make) const {
    for (index m = 0; m < n_features_; ++m) {
      const auto value = make([m](const double* of) { return vec<double>(of[m]); });
      O* row = rows_.data + m * rows_.feature_stride;
      index t = 0;
      for (; t + lanes <= n_frames_; t += lanes) {
        store_as(value(load_as<double>(row + t)), row + t);
      }
      O last[parts];
      each_of_last(row, t, [&](index at, vec<double> x) { store_as(value(x), last + at); });
      for (index i = 0; t + i < n_frames_; ++i) row[t + i] = last[i];
    }
  }

 private:
  static constexpr index lanes = vec<double>::lanes, vectors = parts / lanes;

  template <class Value>
  double sum_of_row(const O* row, const Value& value) const {
    vec<double> sum[vectors];
    for (index v = 0; v < vectors; ++v) sum[v] = vec<double>(0.0);
    index t = 0;
    for (; t + parts <= n_frames_; t += parts) {
      for (index v = 0; v < vectors; ++v) sum[v] += value(load_as<double>(row + t + v * lanes));
    }
    double part[parts], last[parts];
    for (index v = 0; v < vectors; ++v) sum[v].store(part + v * lanes);
    each_of_last(row, t, [&](index at, vec<double> x) { value(x).store(last + at); });
    for (index i = 0; t + i < n_frames_; ++i) part[i] += last[i];
    return sum_of_parts(part);
  }

  // use(at, x): the fewer than `parts` values from frame t on, x being those from t + at on.
  template <class Use>
  void each_of_last(const O* row, index t, Use&& use) const {
    O last[parts] = {};
    for (index i = 0; t + i < n_frames_; ++i) last[i] = row[t + i];
    for (index at = 0; at < n_frames_ - t; at += lanes) use(at, load_as<double>(last + at));
  }

  Rows<O> rows_;
  index n_features_, n_frames_;
};

// Any other layout. Lanes are features, in chunks of frames that stay in the first-level cache.
template <class O>
class AnyFrames {
 public:
  AnyFrames(Rows<O> rows, index n_features, index n_frames, Arena& arena)
      : rows_(rows),
        n_features_(n_features),
        n_frames_(n_frames),
        part_(arena.take<vec<double>>(scratch_vectors(n_features))) {}

  static index scratch_vectors(index n_features) { return parts * groups(n_features); }

  template <class Make>
  void sum(Make&& make, double* sums) const {
    for (index i = 0; i < parts * groups(n_features_); ++i) part_[i] = vec<double>(0.0);
    each_chunk([&](index m, index n, auto at) {
      const auto value = make([m](const double* of) { return vec<double>::load(of + m); });
      vec<double>* part = part_ + parts * (m / lanes);
      vec<double> sum[parts];
      for (index p = 0; p < parts; ++p) sum[p] = part[p];
      index t = 0;
      for (; t + parts <= n; t += parts) {
        for (index p = 0; p < parts; ++p) sum[p] += value(at.load(t + p));
      }
      for (index p = 0; t + p < n; ++p) sum[p] += value(at.load(t + p));
      for (index p = 0; p < parts; ++p) part[p] = sum[p];
    });
    for (index g = 0; g < groups(n_features_); ++g) {
      sum_of_parts(part_ + parts * g).store(sums + g * lanes);
    }
  }

  template <class Make>
  void map(Make&& make) const {
    each_chunk([&](index m, index n, auto at) {
      const auto value = make([m](const double* of) { return vec<double>::load(of + m); });
      for (index t = 0; t < n; ++t) at.store(value(at.load(t)), t);
    });
  }

 private:
  static constexpr index lanes = vec<double>::lanes;

  // As many features as there are lanes, next to each other.
  struct Vectors {
    O* data;
    index frame_stride;
    vec<double> load(index t) const { return load_as<double>(data + t * frame_stride); }
    void store(vec<double> x, index t) const { store_as(x, data + t * frame_stride); }
  };

  // Up to as many features, anywhere.
  struct Scattered {
    Rows<O> rows;
    index count;
    vec<double> load(index t) const {
      O lane[lanes] = {};
      for (index j = 0; j < count; ++j) lane[j] = *place(t, j);
      return load_as<double>(lane);
    }
    void store(vec<double> x, index t) const {
      O lane[lanes];
      store_as(x, lane);
      for (index j = 0; j < count; ++j) *place(t, j) = lane[j];
    }
    O* place(index t, index j) const {
      return rows.data + t * rows.frame_stride + j * rows.feature_stride;
    }
  };

  static index groups(index n_features) { return (n_features + lanes - 1) / lanes; }

  // use(m, n, at): n frames of the features from m on.
  template <class Use>
  void each_chunk(Use&& use) const {
    constexpr index at_once = 64;  // frames
    for (index t = 0; t < n_frames_; t += at_once) {
      const index n = n_frames_ - t < at_once ? n_frames_ - t : at_once;
      for (index m = 0; m < n_features_; m += lanes) {
        O* data = rows_.data + t * rows_.frame_stride + m * rows_.feature_stride;
        const index count = n_features_ - m < lanes ? n_features_ - m : lanes;
        if (rows_.feature_stride == 1 && count == lanes) {
          use(m, n, Vectors{data, rows_.frame_stride});
        } else {
          use(m, n, Scattered{{data, rows_.feature_stride, rows_.frame_stride}, count});
        }
      }
    }
  }

  Rows<O> rows_;
  index n_features_, n_frames_;
  vec<double>* part_;
};

// Doubles for each feature, whole vectors of them.
inline index padded_features(index n_features) { return (n_features + parts - 1) / parts * parts; }

inline index normalize_scratch_bytes(index n_features) {
  return 3 * padded_features(n_features) * static_cast<index>(sizeof(double)) +
         AnyFrames<double>::scratch_vectors(n_features) * static_cast<index>(sizeof(vec<double>)) +
         4 * 64;
}

// What to multiply by for the mean square `square`. Where the divisor would be 0 all values are the
// mean, and become 0 instead of 0 / 0.
inline double factor_of(const Normalization& how, double square) {
  const double deviation = std::sqrt(how.eps_to == EpsTo::variance ? square + how.eps : square);
  const double divisor = how.eps_to == EpsTo::deviation                      ? deviation + how.eps
                         : how.eps_to == EpsTo::least && deviation < how.eps ? how.eps
                                                                             : deviation;
  return divisor == 0 ? 1.0 : 1.0 / divisor;
}

// Sums over frames become averages, each feature's own or that of all.
inline void average(bool all, index n_features, index n_frames, index ddof, double* sums) {
  if (all) {
    double sum = 0;
    for (index m = 0; m < n_features; ++m) sum += sums[m];
    for (index m = 0; m < n_features; ++m) sums[m] = sum;
  }
  const double n = static_cast<double>((all ? n_features * n_frames : n_frames) - ddof);
  for (index m = 0; m < n_features; ++m) sums[m] /= n;
}

template <class O, class Frames>
inline void normalize_frames(const Normalization& how, Rows<O> rows, const Frames& frames,
                             index n_features, index n_frames, Arena arena) {
  const index n = padded_features(n_features);
  double* first = arena.take<double>(n);
  double* mean = arena.take<double>(n);
  double* factor = arena.take<double>(n);
  // Everything is of the differences from the first value: the mean of equal values is exactly
  // these, and values that differ little from each other lose nothing to their mean.
  for (index m = 0; m < n; ++m) {
    first[m] = rows.data[how.all || m >= n_features ? 0 : m * rows.feature_stride];
    factor[m] = 1;
  }
  const auto shifted = [=](auto at) {
    return [origin = at(first)](vec<double> x) { return x - origin; };
  };
  const auto centered = [=](auto at) {
    return [value = shifted(at), center = at(mean)](vec<double> x) { return value(x) - center; };
  };
  frames.sum(shifted, mean);
  average(how.all, n_features, n_frames, 0, mean);
  if (how.divide) {
    const auto square = [=](auto at) {
      return [value = centered(at)](vec<double> x) { return value(x) * value(x); };
    };
    frames.sum(square, factor);
    average(how.all, n_features, n_frames, how.ddof, factor);
    for (index m = 0; m < n; ++m) factor[m] = factor_of(how, factor[m]);
  }
  frames.map([=](auto at) {
    return [value = centered(at), by = at(factor)](vec<double> x) { return value(x) * by; };
  });
}

template <class O>
inline void normalize_features(const Normalization& how, Rows<O> rows, index n_features,
                               index n_frames, void* scratch) {
  Arena arena(scratch);
  if (rows.frame_stride != 1) {
    const AnyFrames<O> frames(rows, n_features, n_frames, arena);
    normalize_frames(how, rows, frames, n_features, n_frames, arena);
    return;
  }
  // One feature after the other, if they can be: what the first pass read the others find in cache.
  const index n = how.all ? n_features : 1;
  for (index m = 0; m < n_features; m += n) {
    const Rows<O> some{rows.data + m * rows.feature_stride, rows.feature_stride, 1};
    const AdjacentFrames<O> frames(some, n, n_frames);
    normalize_frames(how, some, frames, n, n_frames, arena);
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
