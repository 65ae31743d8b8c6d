// Normalize: mean and variance of features over an item, in double. Lanes are features here: each
// sums its own frames in their order, so that all instruction sets do the same arithmetic.
#pragma once

#include "arena.h"
#include "store.h"

namespace fastmel::FASTMEL_VARIANT {

constexpr index frames_at_once = 64;

inline index normalize_scratch_bytes(index n_features) {
  return frames_at_once * static_cast<index>(sizeof(vec<double>)) +
         2 * (n_features + vec<double>::lanes) * static_cast<index>(sizeof(double)) + 3 * 64;
}

// use(t, values of frame t) for all frames of features m ... m + count - 1 (lanes past them repeat
// the last); what it returns is written back if Write.
template <bool Write, class O, class Use>
inline void each_frame(Rows<O> rows, index count, index n_frames, vec<double>* x, Use&& use) {
  // load_block's "features" are the frames here, and its lanes our features
  const index by_frame = rows.frame_stride, by_feature = rows.feature_stride;
  for (index t = 0; t < n_frames; t += frames_at_once) {
    const index n = n_frames - t < frames_at_once ? n_frames - t : frames_at_once;
    O* data = rows.data + t * by_frame;
    load_block(Rows<const O>{data, by_frame, by_feature}, n, count, x);
    for (index i = 0; i < n; ++i) x[i] = use(x[i]);
    if (Write) store_block(x, n, count, Rows<O>{data, by_frame, by_feature});
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

template <class O>
inline void normalize_features(const Normalization& how, Rows<O> rows, index n_features,
                               index n_frames, void* scratch) {
  constexpr index lanes = vec<double>::lanes;
  Arena arena(scratch);
  vec<double>* x = arena.take<vec<double>>(frames_at_once);
  double* mean = arena.take<double>(n_features + lanes);
  double* square = arena.take<double>(n_features + lanes);
  const auto each_group = [&](auto&& use) {
    for (index m = 0; m < n_features; m += lanes) {
      const index count = n_features - m < lanes ? n_features - m : lanes;
      use(m, count,
          Rows<O>{rows.data + m * rows.feature_stride, rows.feature_stride, rows.frame_stride});
    }
  };
  // Sums over frames become averages, each feature's own or that of all.
  const auto average = [&](double* sums, index ddof) {
    double all = 0;
    for (index m = 0; m < n_features; ++m) all += sums[m];
    const index n = how.all ? n_features * n_frames : n_frames;
    for (index m = 0; m < n_features; ++m) {
      sums[m] = (how.all ? all : sums[m]) / static_cast<double>(n - ddof);
    }
  };
  each_group([&](index m, index count, Rows<O> group) {
    vec<double> sum(0.0);
    each_frame<false>(group, count, n_frames, x, [&](vec<double> v) {
      sum += v;
      return v;
    });
    sum.store(mean + m);
  });
  average(mean, 0);
  if (how.divide) {
    each_group([&](index m, index count, Rows<O> group) {
      const vec<double> center = vec<double>::load(mean + m);
      vec<double> sum(0.0);
      each_frame<false>(group, count, n_frames, x, [&](vec<double> v) {
        const vec<double> d = v - center;
        sum += d * d;
        return v;
      });
      sum.store(square + m);
    });
    average(square, how.ddof);
  }
  each_group([&](index m, index count, Rows<O> group) {
    const vec<double> center = vec<double>::load(mean + m);
    const vec<double> divisor =
        how.divide ? deviation(how, vec<double>::load(square + m)) : vec<double>(1.0);
    each_frame<true>(group, count, n_frames, x,
                     [&](vec<double> v) { return (v - center) / divisor; });
  });
}

}  // namespace fastmel::FASTMEL_VARIANT
