// The fused real transform: window, transform and spectrum of a block of frames without a pass over
// memory of its own for each. For even n_fft whose half is 5-smooth (fft_rule.h).
//
// A real transform of n_fft points is a complex one of M = n_fft / 2 points, z[n] = x[2n] + i
// x[2n+1], untangled. M = R * S is cut by decimation in frequency, as n = n1 * S + n2 and k = k1 +
// R * k2:
//
//   first pass     for each n2: R-point transform over n1, times exp(-2 pi i n2 k1 / M)
//                  x --(gather, window)--> sub-transform k1, point n2         [memory: x -> z]
//
//        z:  | k1 = 0: S points | k1 = 1: S points | ... | k1 = R - 1: S points |
//
//   sub-transforms S-point transform of each k1 over n2, in place, depth first in the L1 cache; the
//                  output k2 lands in digit-reversed order, at order[k2]
//   untangling     Z[k] and Z[M - k] give X[k] and X[M - k]. They lie in sub-transforms k1 and
//                  R - k1, at k2 and S - 1 - k2 (k1 = 0: both in 0, at k2 and S - k2). So the two
//                  are finished together, and untangled while both are in L1:
//
//        k1:   0    1    2    3    4    5    6    7        (R = 8)
//              o    '----|----|---------|----|----'        0 and 4 pair with themselves,
//                        '----|---------|----'             1 with 7, 2 with 6, 3 with 5
//                             '---------'    (4: o)
//
// The consumer ("sink") gets sink(k, re, im) for every bin 0 <= k <= M, in an order fixed by n_fft.
#pragma once

#include <vector>

#include "../fft_rule.h"
#include "../unit_circle.h"
#include "butterflies.h"
#include "window.h"

namespace fastmel::FASTMEL_VARIANT {

// A number in a std::vector whose type, and so whose code, is this instruction set's own.
template <class X>
struct Stored {
  X value;
  Stored(X x = X()) : value(x) {}
  operator X() const { return value; }
};

template <class T>
inline T nearest(DoubleDouble x) {
  if constexpr (std::is_same_v<T, float>) return nearest_float(x);
  return x.high;
}

// The sizes and the twiddle factors of one length, in the order in which they are read.
template <class T>
class FusedPlan {
 public:
  explicit FusedPlan(const Factors& factors) : f(factors), M(f.split * f.rest) {
    const UnitCircle circle(2 * M);
    // exp(-2 pi i k / n), n being a divisor of 2 M
    const auto add = [&circle, this](std::vector<Stored<T>>& table, index k, index n) {
      const CirclePoint w = circle[2 * M / n * k];
      table.push_back(nearest<T>(w.cos));
      table.push_back(-nearest<T>(w.sin));
    };
    for (index n = 0; n < f.rest; ++n) {
      for (index k = 1; k < f.split; ++k) add(first, n * k, M);
    }
    index n = f.rest;
    for (int s = 0; s + 1 < f.n_stages; ++s) {
      const index m = n / f.stage[s];
      stage_start.push_back(static_cast<index>(stages.size()));
      for (index j = 0; j < m; ++j) {
        for (index k = 1; k < f.stage[s]; ++k) add(stages, j * k, n);
      }
      n = m;
    }
    for (index k1 = 0; k1 <= f.split / 2; ++k1) {
      for (index k2 = 0; k2 < f.rest; ++k2) add(untangle, k1 + f.split * k2, 2 * M);
    }
    for (index k = 0; k <= f.rest; ++k) order.push_back(position(k % f.rest));
  }

  const Factors f;
  const index M;
  std::vector<Stored<T>> first, stages, untangle;
  std::vector<Stored<index>> stage_start;
  std::vector<Stored<index>> order;  // of each output of a sub-transform, and of the first again

  // Vectors from one sub-transform to the next. The gap keeps their starts in different cache sets.
  index sub_stride() const { return 2 * f.rest + 4; }
  // Where sample i of a prepared input is, in vectors.
  index sample_place(index i) const { return i / (2 * f.rest) * sub_stride() + i % (2 * f.rest); }

  // What the first pass over windowed samples multiplies with, in one stretch for each of its
  // points: the window, and the twiddles.
  index constants_per_point() const { return 4 * f.split - 2; }
  void fill_constants(const T* window, T* out) const {
    for (index n = 0; n < f.rest; ++n) {
      for (index k = 0; k < f.split; ++k, out += 2) {
        out[0] = window[2 * (k * f.rest + n)];
        out[1] = window[2 * (k * f.rest + n) + 1];
      }
      for (index k = 0; k < 2 * (f.split - 1); ++k) {
        *out++ = first[static_cast<std::size_t>(2 * (f.split - 1) * n + k)];
      }
    }
  }

  // Where output k of the complex transform is, in vectors.
  index place(index k) const {
    return k % f.split * sub_stride() + order[static_cast<std::size_t>(k / f.split)];
  }

 private:
  // Where the in-place decimation in frequency leaves output k, in vectors.
  index position(index k) const {
    index at = 0, n = f.rest;
    for (int s = 0; s < f.n_stages; ++s) {
      n /= f.stage[s];
      at += k % f.stage[s] * n;
      k /= f.stage[s];
    }
    return 2 * at;
  }
};

// A tile of samples, one row for each: those of the block's frames, and of up to `most_extra`
// frames after it. Lanes are consecutive frames, so what a block has q hops later in its frames is
// the same row, read from q on.
template <class T>
struct SharedTile {
  static constexpr index lanes = vec<T>::lanes, most_extra = 4;
  // Rows begin with a cache line, or fill a part of one.
  static constexpr index pitch = lanes < 4 ? 8 : 2 * lanes;
  alignas(64) T values[lanes * pitch];

  template <class S>
  void fill(FrameBlock<S> frames, index i, index extra) {
    // The same tile of the next block: its rows lie too far apart for the hardware to foresee. They
    // need not exist.
    const S* next = frames.data + (lanes + extra) * frames.pitch + i;
    for (index f = 0; f < lanes; ++f) __builtin_prefetch(next + f * frames.pitch, 0, 2);
    vec<T> x[lanes];
    gather_tile(frames, i, x);
    for (index c = 0; c < lanes; ++c) x[c].store(values + c * pitch);
    if (extra > 0) fill_extra(frames, i, extra);
  }

 private:
  template <class S>
  void fill_extra(FrameBlock<S> frames, index i, index extra) {
    const S* row[most_extra];
    for (index q = 0; q < most_extra; ++q) {
      row[q] = frames.data + (lanes + (q < extra ? q : extra - 1)) * frames.pitch + i;
    }
    if constexpr (lanes < 4) {
      for (index c = 0; c < lanes; ++c) {
        for (index q = 0; q < most_extra; ++q) {
          values[c * pitch + lanes + q] = static_cast<T>(row[q][c]);
        }
      }
    } else {
      for (index c = 0; c < lanes; c += 4) {
        using X = std::conditional_t<sizeof(S) == 4, S, T>;  // half the shuffles, if T is double
        Quad<X> r[most_extra];
        for (index q = 0; q < most_extra; ++q) r[q] = load_quad<X>(row[q] + c);
        transpose_quads(r);
        for (index j = 0; j < 4; ++j) {
          const auto x = converted<Quad<T>>(r[j]);
          std::memcpy(values + (c + j) * pitch + lanes, &x, sizeof(x));
        }
      }
    }
  }
};

// The R tiles of samples that the first pass needs at once: n1 reads from sample 2 * n1 * S on.
// Lanes are consecutive frames, so where two of these positions are q hops apart, the later tile is
// the earlier one moved by q lanes. Such tiles are transposed once, with the rows of q further
// frames, and read at an offset of q: 2 of 8 tiles are left at 2048/512. A vector at an offset was
// stored as two, which the core can load only when they have left its store buffer: so these tiles
// are made a step before they are needed.
template <int R, class S, class T>
class SampleReader {
 public:
  SampleReader(FrameBlock<S> frames, const T* constants, index rest)
      : frames_(frames), constants_(constants), rest_(rest) {
    index offset[R] = {};
    int source[R];
    for (int n1 = 0; n1 < R; ++n1) {
      source[n1] = -1;
      for (int m = 0; m < n_tiles_; ++m) {
        const index distance = 2 * (n1 - first_[m]) * rest;
        const index q = distance / frames.pitch;
        if (distance % frames.pitch == 0 && q <= Tile::most_extra) {
          source[n1] = m;
          offset[n1] = q;
          if (q > extra_[m]) extra_[m] = q;
        }
      }
      if (source[n1] < 0) {
        source[n1] = n_tiles_;
        extra_[n_tiles_] = 0;
        first_[n_tiles_++] = n1;
      }
    }
    for (int n1 = 0; n1 < R; ++n1) column_[n1] = tile_[source[n1]].values + offset[n1];
    ahead_ = 2 * n_tiles_ <= R;
    if (ahead_) fill(0, 0);
  }
  SampleReader(const SampleReader&) = delete;  // columns are its own tiles

  // Makes the points n2 ... n2 + lanes / 2 - 1 of each column ready; the next ones are from `next`.
  void read(index n2, index next) {
    if (!ahead_) return fill(n2, 0);
    now_ = turn_ ? n_tiles_ * static_cast<index>(sizeof(Tile) / sizeof(T)) : 0;
    turn_ = !turn_;
    if (next != n2) fill(next, turn_ ? n_tiles_ : 0);
  }

  // Points n2 + j of all columns, windowed; returns the twiddles of what they become.
  FASTMEL_INLINE const T* points(index n2, index j, cvec<T>* out) const {
    const T* w = constants_ + (4 * R - 2) * (n2 + j);
    const index at = now_ + 2 * j * Tile::pitch;
    for (int n1 = 0; n1 < R; ++n1, w += 2) {
      const T* x = column_[n1] + at;
      out[n1] = {vec<T>::load(x) * vec<T>(w[0]), vec<T>::load(x + Tile::pitch) * vec<T>(w[1])};
    }
    return w;
  }

 private:
  using Tile = SharedTile<T>;

  void fill(index n2, int into) {
    for (int m = 0; m < n_tiles_; ++m) {
      tile_[into + m].fill(frames_, 2 * (first_[m] * rest_ + n2), extra_[m]);
    }
  }

  FrameBlock<S> frames_;
  const T* constants_;
  index rest_;
  int n_tiles_ = 0, first_[R];  // the tiles that are made, and the column that each begins with
  index extra_[R], now_ = 0;
  bool ahead_, turn_ = false;
  const T* column_[R];
  Tile tile_[R];
};

// The same of windowed frames that lie in lanes already, where the first pass writes
// (FusedPlan::sample_place).
template <int R, class T>
struct LaneReader {
  const vec<T>* z;
  index stride;
  const Stored<T>* twiddles;
  void read(index, index) const {}
  FASTMEL_INLINE const Stored<T>* points(index n2, index j, cvec<T>* out) const {
    for (int n1 = 0; n1 < R; ++n1) out[n1] = load_point(z + n1 * stride + 2 * (n2 + j));
    return twiddles + 2 * (R - 1) * (n2 + j);
  }
};

// What a transform reads: the frames of a block and a window, as RealFft::arrange has left it, or
// windowed frames in lanes, already in its work memory.
template <class S, class T>
struct Windowed {
  FrameBlock<S> frames;
  const T* window;

  template <int R>
  SampleReader<R, S, T> reader(const FusedPlan<T>& plan, const vec<T>*) const {
    return {frames, window, plan.f.rest};
  }
  void copy(index n, vec<T>* out) const { window_frames(frames, n, window, out); }
};

template <class T>
struct Prepared {
  template <int R>
  LaneReader<R, T> reader(const FusedPlan<T>& plan, const vec<T>* z) const {
    return {z, plan.sub_stride(), plan.first.data()};
  }
  void copy(index, vec<T>*) const {}
};

// Gather, window, and the R-point transforms over points S apart.
template <int R, class Input, class T>
inline void first_pass(const FusedPlan<T>& plan, const Input& input, vec<T>* z) {
  constexpr index points = vec<T>::lanes / 2;
  const index rest = plan.f.rest, stride = plan.sub_stride();
  auto reader = input.template reader<R>(plan, z);
  for (index at = 0; at < rest; at += points) {
    const index n2 =
        at + points > rest ? rest - points : at;  // the last tile overlaps the one before
    const index next = n2 + points, last = rest - points;
    reader.read(n2, next < last ? next : last);
    for (index j = at - n2; j < points; ++j) {
      const index n = n2 + j;
      cvec<T> x[R];
      const auto* w = reader.points(n2, j, x);
      Dft<R>::run(x);
      store_point(x[0], z + 2 * n);
      for (int k = 1; k < R; ++k) {
        store_point(twiddle<T>(x[k], w[2 * k - 2], w[2 * k - 1]), z + k * stride + 2 * n);
      }
    }
  }
}

// One stage of a sub-transform: R-point transforms over points m apart, m of them, with twiddles.
template <int R, class T>
inline void middle_stage(vec<T>* z, index m, const Stored<T>* w) {
  for (index j = 0; j < m; ++j, z += 2, w += 2 * (R - 1)) {
    cvec<T> x[R];
    for (int k = 0; k < R; ++k) x[k] = load_point(z + 2 * k * m);
    Dft<R>::run(x);
    store_point(x[0], z);
    for (int k = 1; k < R; ++k) {
      store_point(twiddle<T>(x[k], w[2 * k - 2], w[2 * k - 1]), z + 2 * k * m);
    }
  }
}

// The last stage: transforms of R adjacent points, without twiddles.
template <int R, class T>
inline void last_stage(vec<T>* z, index count) {
  for (index j = 0; j < count; ++j, z += 2 * R) {
    if constexpr (R == 16) {
      dft16_in_place(z);
    } else {
      cvec<T> x[R];
      for (int k = 0; k < R; ++k) x[k] = load_point(z + 2 * k);
      Dft<R>::run(x);
      for (int k = 0; k < R; ++k) store_point(x[k], z + 2 * k);
    }
  }
}

template <class F>
inline void with_radix(int radix, F&& f) {
  switch (radix) {
    case 2: return f(std::integral_constant<int, 2>());
    case 3: return f(std::integral_constant<int, 3>());
    case 4: return f(std::integral_constant<int, 4>());
    case 5: return f(std::integral_constant<int, 5>());
    default: return f(std::integral_constant<int, 8>());
  }
}

template <class T>
inline void last_stage(vec<T>* z, index count, int radix) {
  if (radix == 16) return last_stage<16>(z, count);
  with_radix(radix, [&](auto r) { last_stage<r.value>(z, count); });
}

// A sub-transform of n points from stage s on, depth first: each part is finished while in cache.
template <class T>
void sub_transform(const FusedPlan<T>& plan, vec<T>* z, index n, int s) {
  const int radix = plan.f.stage[s];
  const index m = n / radix;
  const Stored<T>* w = plan.stages.data() + plan.stage_start[static_cast<std::size_t>(s)];
  with_radix(radix, [&](auto r) { middle_stage<r.value>(z, m, w); });
  const int next = plan.f.stage[s + 1];
  if (m == next) {
    last_stage(z, radix, next);
  } else {
    for (int k = 0; k < radix; ++k) sub_transform(plan, z + 2 * k * m, m, s + 1);
  }
}

template <class T>
inline void whole_sub_transform(const FusedPlan<T>& plan, vec<T>* z) {
  if (plan.f.n_stages == 1) {
    last_stage(z, 1, plan.f.stage[0]);
  } else {
    sub_transform(plan, z, plan.f.rest, 0);
  }
}

// X[k] and X[M - k] from a = Z[k] and b = Z[M - k], which the window has scaled by 1/2.
template <class T, class W>
FASTMEL_INLINE void untangled(cvec<T> a, cvec<T> b, W wr, W wi, cvec<T>* x, cvec<T>* mirrored) {
  const cvec<T> even{a.r + b.r, a.i - b.i}, odd{a.i + b.i, b.r - a.r};
  const cvec<T> turned = twiddle<T>(odd, wr, wi);
  *x = even + turned;
  *mirrored = {even.r - turned.r, turned.i - even.i};
}

// The bins of sub-transforms k1 and R - k1.
template <class T, class Sink>
inline void untangle_subs(const FusedPlan<T>& plan, const vec<T>* z, index k1, Sink& sink) {
  const index R = plan.f.split, S = plan.f.rest, M = plan.M, stride = plan.sub_stride();
  const vec<T>* a = z + k1 * stride;
  const vec<T>* b = z + (k1 == 0 ? 0 : R - k1) * stride;
  const Stored<T>* w = plan.untangle.data() + 2 * S * k1;
  const Stored<index>* order = plan.order.data();
  const bool alone = a == b;
  const index n = alone ? (k1 == 0 ? S / 2 + 1 : (S + 1) / 2) : S;
  const index last = k1 == 0 ? S : S - 1;
  for (index k2 = 0; k2 < n; ++k2) {
    const index mirrored = last - k2;
    const index k = k1 + R * k2;
    cvec<T> x, y;
    untangled<T>(load_point(a + order[k2]), load_point(b + order[mirrored]), w[2 * k2],
                 w[2 * k2 + 1], &x, &y);
    sink(k, x.r, x.i);
    sink(M - k, y.r, y.i);
  }
}

// The transform of a block of frames. The window is scaled by 1/2, z holds
// plan.f.split * plan.sub_stride() vectors.
template <class Input, class T, class Sink>
inline void fused_forward(const FusedPlan<T>& plan, const Input& input, vec<T>* z, Sink&& sink) {
  switch (plan.f.split) {
    case 8: first_pass<8>(plan, input, z); break;
    case 5: first_pass<5>(plan, input, z); break;
    case 4: first_pass<4>(plan, input, z); break;
    case 3: first_pass<3>(plan, input, z); break;
    default: first_pass<2>(plan, input, z); break;
  }
  for (index k1 = 0; k1 <= plan.f.split / 2; ++k1) {
    const index partner = k1 == 0 ? 0 : plan.f.split - k1;
    whole_sub_transform(plan, z + k1 * plan.sub_stride());
    if (partner != k1) whole_sub_transform(plan, z + partner * plan.sub_stride());
    untangle_subs(plan, z, k1, sink);
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
