// Reductions over vectors in a fixed order: four parts, whose chains of operations overlap, and
// whose sums err less than one long sum.
#pragma once

#include "mathfun.h"

namespace fastmel::FASTMEL_VARIANT {

// combine(combine(p0, p1), combine(p2, p3)), where pj takes get(i) for all i < n with i % 4 = j.
template <class V, class Get, class Combine>
FASTMEL_INLINE V in_four_parts(index n, V start, Get&& get, Combine&& combine) {
  V a = start, b = start, c = start, d = start;
  index i = 0;
  for (; i + 4 <= n; i += 4) {
    a = combine(get(i), a);
    b = combine(get(i + 1), b);
    c = combine(get(i + 2), c);
    d = combine(get(i + 3), d);
  }
  if (i < n) a = combine(get(i), a);
  if (i + 1 < n) b = combine(get(i + 1), b);
  if (i + 2 < n) c = combine(get(i + 2), c);
  return combine(combine(a, b), combine(c, d));
}

template <class T, class Get>
FASTMEL_INLINE vec<T> sum_of(index n, Get&& get) {
  return in_four_parts(n, vec<T>(T(0)), get, [](vec<T> x, vec<T> sum) { return sum + x; });
}

// sum_of for one frame, whose parts are the elements of a Quad: get(i) is elements i ... i + 3,
// with zeros where there are none.
template <class T, class Get>
FASTMEL_INLINE T sum_of_quads(index n, Get&& get) {
  Quad<T> sum = {};
  for (index i = 0; i < n; i += 4) sum += get(i);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// The largest; NaN is passed over.
template <class T>
inline vec<T> maximum_of(const vec<T>* x, index n) {
  return in_four_parts(
      n, vec<T>(-Format<T>::infinity), [=](index i) { return x[i]; },
      [](vec<T> value, vec<T> top) { return max_keep_nan(value, top); });
}

template <class T>
inline T maximum_of(const T* x, index n) {
  return in_four_parts(
      n, -Format<T>::infinity, [=](index i) { return x[i]; },
      [](T value, T top) { return value > top ? value : top; });
}

// The same of n values, but NaN if one of them is.
template <class T>
inline T maximum_or_nan(const T* x, index n) {
  constexpr index lanes = vec<T>::lanes;
  const index whole = n / lanes;
  T lane[lanes];
  in_four_parts(
      whole, vec<T>(-Format<T>::infinity), [=](index i) { return vec<T>::load(x + i * lanes); },
      [](vec<T> value, vec<T> top) {
        return vec<T>(xsimd::select(value.v == value.v, max_keep_nan(value, top).v, value.v));
      })
      .store(lane);
  T top = -Format<T>::infinity;
  const auto raise = [&](T value) {
    if (top == top && !(value <= top)) top = value;
  };
  for (T value : lane) raise(value);
  for (index i = whole * lanes; i < n; ++i) raise(x[i]);
  return top;
}

}  // namespace fastmel::FASTMEL_VARIANT
