// Normalize: mean and variance of features over an item, in double. Lanes are features here: each
// sums its own frames in their order, so that all instruction sets do the same arithmetic.
#pragma once

#include "arena.h"
#include "store.h"

namespace fastmel::FASTMEL_VARIANT {

constexpr index frames_at_once = 64;

inline index normalize_groups(index n_features) {
  return (n_features + vec<double>::lanes - 1) / vec<double>::lanes;
}

inline index normalize_scratch_bytes(index n_features) {
  return (frames_at_once + 3 * normalize_groups(n_features)) *
             static_cast<index>(sizeof(vec<double>)) +
         4 * 64;
}

// use(g, x, n): n frames of the features of group g, the frames in their order. They are written
// back if Write. Chunks of frames stay in the first-level cache.
template <bool Write, class O, class Use>
inline void each_value(Rows<O> rows, index n_features, index n_frames, vec<double>* x, Use&& use) {
  constexpr index lanes = vec<double>::lanes;
  for (index t = 0; t < n_frames; t += frames_at_once) {
    const index n = n_frames - t < frames_at_once ? n_frames - t : frames_at_once;
    for (index m = 0; m < n_features; m += lanes) {
      const index count = n_features - m < lanes ? n_features - m : lanes;
      O* data = rows.data + t * rows.frame_stride + m * rows.feature_stride;
      // load_block's "features" are the frames here, and its lanes our features
      load_block(Rows<const O>{data, rows.frame_stride, rows.feature_stride}, n, count, x);
      use(m / lanes, x, n);
      if (Write) store_block(x, n, count, Rows<O>{data, rows.frame_stride, rows.feature_stride});
    }
  }
}

// The divisor of the mean square `square`. Where it would be 0 all values are the mean, and become
// 0 instead of 0 / 0.
inline vec<double> deviation(const Normalization& how, vec<double> square) {
  const vec<double> eps(how.eps);
  const vec<double> y = how.eps_to == EpsTo::variance ? sqrt(square + eps)
                        : how.eps_to == EpsTo::floor  ? max_keep_nan(eps, sqrt(square))
                                                      : sqrt(square) + eps;
  return xsimd::select(y.v == vec<double>(0.0).v, vec<double>(1.0).v, y.v);
}

// Sums over frames become averages, each feature's own or that of all.
inline void average(const Normalization& how, index n_features, index n_frames, index ddof,
                    vec<double>* sums) {
  constexpr index lanes = vec<double>::lanes;
  double all = 0;
  for (index m = 0; how.all && m < n_features; ++m) {
    double lane[lanes];
    sums[m / lanes].store(lane);
    all += lane[m % lanes];
  }
  const index n = (how.all ? n_features * n_frames : n_frames) - ddof;
  for (index g = 0; g < normalize_groups(n_features); ++g) {
    sums[g] = (how.all ? vec<double>(all) : sums[g]) / vec<double>(static_cast<double>(n));
  }
}

// Of the features of group g in frame 0, or the first of all.
template <class O>
inline vec<double> first_values(const Normalization& how, Rows<O> rows, index g, index n_features) {
  constexpr index lanes = vec<double>::lanes;
  double lane[lanes];
  for (index j = 0; j < lanes; ++j) {
    const index m = g * lanes + j;
    lane[j] = rows.data[how.all || m >= n_features ? 0 : m * rows.feature_stride];
  }
  return vec<double>::load(lane);
}

template <class O>
inline void normalize_features(const Normalization& how, Rows<O> rows, index n_features,
                               index n_frames, void* scratch) {
  const index n_groups = normalize_groups(n_features);
  Arena arena(scratch);
  vec<double>* x = arena.take<vec<double>>(frames_at_once);
  vec<double>* first = arena.take<vec<double>>(n_groups);
  vec<double>* mean = arena.take<vec<double>>(n_groups);
  vec<double>* factor = arena.take<vec<double>>(n_groups);
  // Everything is of the differences from the first value: the mean of equal values is exactly
  // these, and values that differ little from each other lose nothing to their mean.
  for (index g = 0; g < n_groups; ++g) {
    first[g] = first_values(how, rows, g, n_features);
    mean[g] = factor[g] = vec<double>(0.0);
  }
  each_value<false>(rows, n_features, n_frames, x, [=](index g, const vec<double>* v, index n) {
    const vec<double> origin = first[g];
    vec<double> sum = mean[g];
    for (index i = 0; i < n; ++i) sum += v[i] - origin;
    mean[g] = sum;
  });
  average(how, n_features, n_frames, 0, mean);
  if (how.divide) {
    each_value<false>(rows, n_features, n_frames, x, [=](index g, const vec<double>* v, index n) {
      const vec<double> origin = first[g], center = mean[g];
      vec<double> sum = factor[g];
      for (index i = 0; i < n; ++i) {
        const vec<double> centered = (v[i] - origin) - center;
        sum += centered * centered;
      }
      factor[g] = sum;
    });
    average(how, n_features, n_frames, how.ddof, factor);
  }
  for (index g = 0; g < n_groups; ++g) {
    factor[g] = how.divide ? vec<double>(1.0) / deviation(how, factor[g]) : vec<double>(1.0);
  }
  each_value<true>(rows, n_features, n_frames, x, [=](index g, vec<double>* v, index n) {
    const vec<double> origin = first[g], center = mean[g], by = factor[g];
    for (index i = 0; i < n; ++i) v[i] = ((v[i] - origin) - center) * by;
  });
}

}  // namespace fastmel::FASTMEL_VARIANT
