// Store: lanes to the caller's array, and back.
#pragma once

#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// Strides in elements of O.
template <class O>
struct Rows {
  O* data;
  index feature_stride;
  index frame_stride;
};

// The rows of an item's features, from frame `first` on.
template <class O>
inline Rows<O> rows_of(const Features& features, index first = 0) {
  const index item = static_cast<index>(sizeof(O));
  const index frame_stride = features.frame_stride / item;
  return {static_cast<O*>(features.data) + first * frame_stride, features.feature_stride / item,
          frame_stride};
}

// Features value(0) ... value(n - 1) of n_frames lanes.
template <class T, class O, class Value>
inline void store_values(index n, index n_frames, Rows<O> out, Value&& value) {
  constexpr index lanes = vec<T>::lanes;
  index i = 0;
  if (out.frame_stride == 1 && n_frames == lanes) {  // each feature's frames are adjacent
    for (; i < n; ++i) store_as(value(i), out.data + i * out.feature_stride);
    return;
  }
  if (out.feature_stride == 1) {  // each frame's features are adjacent
    for (; i + lanes <= n; i += lanes) {
      vec<T> tile[lanes];
      for (index j = 0; j < lanes; ++j) tile[j] = value(i + j);
      transpose(tile);
      for (index f = 0; f < n_frames; ++f) store_as(tile[f], out.data + f * out.frame_stride + i);
    }
  }
  for (; i < n; ++i) {
    O lane[lanes];
    store_as(value(i), lane);
    O* row = out.data + i * out.feature_stride;
    for (index f = 0; f < n_frames; ++f) row[f * out.frame_stride] = lane[f];
  }
}

template <class T, class O>
inline void store_block(const vec<T>* v, index n, index n_frames, Rows<O> out) {
  store_values<T>(n, n_frames, out, [=](index i) { return v[i]; });
}

// One frame of n features; `v` has as many as vectors that hold them.
template <class T, class O>
inline void store_frame(const T* v, index n, Rows<O> out) {
  constexpr index lanes = vec<T>::lanes;
  index i = 0;
  if (out.feature_stride == 1) {
    for (; i + lanes <= n; i += lanes) store_as(vec<T>::load(v + i), out.data + i);
  }
  for (; i < n; ++i) out.data[i * out.feature_stride] = static_cast<O>(v[i]);
}

// A run's features on their way to an array whose frames are adjacent. Stored block by block, each
// row would get part of a cache line at a time, on as many pages as there are rows; so the rows are
// gathered here first. Arrays too large for the second-level cache are written directly.
template <class T, class O>
class Staging {
 public:
  static constexpr index pitch =
      blocks_per_run * vec<T>::lanes + 64 / static_cast<index>(sizeof(O));
  static constexpr index largest = 512;  // features

  static index size(index n_features) { return n_features <= largest ? n_features * pitch : 0; }

  Staging(O* memory, index n_features, Rows<O> out)
      : memory_(memory),
        n_features_(n_features),
        out_(out),
        active_(out.frame_stride == 1 && n_features <= largest) {}

  // Where frame t of the run is to be stored.
  Rows<O> at(index t) const {
    if (active_) return {memory_ + t, pitch, 1};
    return {out_.data + t * out_.frame_stride, out_.feature_stride, out_.frame_stride};
  }

  // Asks early for where frames t ... t + n - 1 are to be stored, if each of them is a row.
  void ask(index t, index n, index n_features) const {
    if (active_ || out_.feature_stride != 1 || n_features > largest) return;
    for (index f = t; f < t + n; ++f) {
      const O* row = out_.data + f * out_.frame_stride;
      for (index i = 0; i < n_features; i += 64 / static_cast<index>(sizeof(O))) {
        __builtin_prefetch(row + i, 1, 2);
      }
    }
  }

  void flush(index n_frames) const {
    if (!active_) return;
    for (index m = 0; m < n_features_; ++m) {
      std::memcpy(out_.data + m * out_.feature_stride, memory_ + m * pitch,
                  static_cast<std::size_t>(n_frames) * sizeof(O));
    }
  }

 private:
  O* memory_;
  index n_features_;
  Rows<O> out_;
  bool active_;
};

// The reverse: lanes past n_frames repeat the last frame.
template <class T, class O>
inline void load_block(Rows<const O> in, index n, index n_frames, vec<T>* v) {
  constexpr index lanes = vec<T>::lanes;
  index i = 0;
  if (in.frame_stride == 1 && n_frames == lanes) {
    for (; i < n; ++i) v[i] = load_as<T>(in.data + i * in.feature_stride);
    return;
  }
  if (in.feature_stride == 1) {
    for (; i + lanes <= n; i += lanes) {
      for (index f = 0; f < lanes; ++f) {
        const index frame = f < n_frames ? f : n_frames - 1;
        v[i + f] = load_as<T>(in.data + frame * in.frame_stride + i);
      }
      transpose(v + i);
    }
  }
  for (; i < n; ++i) {
    O lane[lanes];
    for (index f = 0; f < lanes; ++f) {
      lane[f] =
          in.data[i * in.feature_stride + (f < n_frames ? f : n_frames - 1) * in.frame_stride];
    }
    v[i] = load_as<T>(lane);
  }
}

// n_bins complex values, bin k being the vectors x[place[k]] and the one after it.
template <class T, class O, class Index>
inline void store_complex(const vec<T>* x, const Index* place, index n_bins, index n_frames,
                          Rows<O> out) {
  if (out.feature_stride == 2) {
    const auto value = [=](index i) { return x[place[i / 2] + i % 2]; };
    return store_values<T>(2 * n_bins, n_frames, Rows<O>{out.data, 1, out.frame_stride}, value);
  }
  for (index k = 0; k < n_bins; ++k) {
    store_block(x + place[k], 2, n_frames,
                Rows<O>{out.data + k * out.feature_stride, 1, out.frame_stride});
  }
}

// Into half-complex order: re0, re1, im1, ..., which is the array of pairs moved down by one.
// The imaginary parts of the first and last bin are ignored, as by every inverse real transform.
template <class T, class O>
inline void load_complex(Rows<const O> in, index n, index n_frames, vec<T>* x) {
  const index n_bins = n / 2 + 1;
  if (in.feature_stride == 2) {
    load_block(Rows<const O>{in.data, 1, in.frame_stride}, 1, n_frames, x);
    load_block(Rows<const O>{in.data + 2, 1, in.frame_stride}, n - 1, n_frames, x + 1);
    return;
  }
  for (index k = 0; k < n_bins; ++k) {
    vec<T> bin[2];
    load_block(Rows<const O>{in.data + k * in.feature_stride, 1, in.frame_stride}, 2, n_frames,
               bin);
    x[k == 0 ? 0 : 2 * k - 1] = bin[0];
    if (k > 0 && 2 * k < n) x[2 * k] = bin[1];
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
