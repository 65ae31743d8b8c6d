// Discrete Fourier transforms of 2 to 16 complex points, exp(-2 pi i k n / R), output in natural
// order; up to 8 in registers.
#pragma once

#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

template <class T>
struct cvec {
  vec<T> r, i;
};

template <class T>
FASTMEL_INLINE cvec<T> operator+(cvec<T> a, cvec<T> b) {
  return {a.r + b.r, a.i + b.i};
}
template <class T>
FASTMEL_INLINE cvec<T> operator-(cvec<T> a, cvec<T> b) {
  return {a.r - b.r, a.i - b.i};
}
template <class T>
FASTMEL_INLINE cvec<T> operator*(cvec<T> a, T s) {
  return {a.r * vec<T>(s), a.i * vec<T>(s)};
}
// a * (wr + i wi)
template <class T>
FASTMEL_INLINE cvec<T> twiddle(cvec<T> a, vec<T> wr, vec<T> wi) {
  return {a.r * wr - a.i * wi, a.r * wi + a.i * wr};
}
template <class T>
FASTMEL_INLINE cvec<T> twiddle(cvec<T> a, T wr, T wi) {
  return twiddle(a, vec<T>(wr), vec<T>(wi));
}
template <class T>
FASTMEL_INLINE cvec<T> times_minus_i(cvec<T> a) {
  return {a.i, -a.r};
}
// a + (-i) b and a - (-i) b
template <class T>
FASTMEL_INLINE cvec<T> plus_minus_i(cvec<T> a, cvec<T> b) {
  return {a.r + b.i, a.i - b.r};
}
template <class T>
FASTMEL_INLINE cvec<T> minus_minus_i(cvec<T> a, cvec<T> b) {
  return {a.r - b.i, a.i + b.r};
}

template <class T>
FASTMEL_INLINE cvec<T> load_point(const vec<T>* z) {
  return {z[0], z[1]};
}
template <class T>
FASTMEL_INLINE void store_point(cvec<T> x, vec<T>* z) {
  z[0] = x.r;
  z[1] = x.i;
}

template <int R>
struct Dft;

template <>
struct Dft<2> {
  template <class T>
  static FASTMEL_INLINE void run(cvec<T>* x) {
    const cvec<T> a = x[0];
    x[0] = a + x[1];
    x[1] = a - x[1];
  }
};

template <>
struct Dft<3> {
  template <class T>
  static FASTMEL_INLINE void run(cvec<T>* x) {
    constexpr T sin60 = T(0.866025403784438646763723170752936183);
    const cvec<T> sum = x[1] + x[2], difference = (x[1] - x[2]) * sin60;
    const cvec<T> middle = x[0] - sum * T(0.5);
    x[0] = x[0] + sum;
    x[1] = plus_minus_i(middle, difference);
    x[2] = minus_minus_i(middle, difference);
  }
};

template <>
struct Dft<4> {
  template <class T>
  static FASTMEL_INLINE void run(cvec<T>* x) {
    const cvec<T> a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = x[1] - x[3];
    x[0] = a + c;
    x[1] = plus_minus_i(b, d);
    x[2] = a - c;
    x[3] = minus_minus_i(b, d);
  }
};

template <>
struct Dft<5> {
  template <class T>
  static FASTMEL_INLINE void run(cvec<T>* x) {
    constexpr T cos72 = T(0.309016994374947424102293417182819059);
    constexpr T cos144 = T(-0.809016994374947424102293417182819059);
    constexpr T sin72 = T(0.951056516295153572116439333379382143);
    constexpr T sin144 = T(0.587785252292473129168705954639072769);
    const cvec<T> s1 = x[1] + x[4], d1 = x[1] - x[4], s2 = x[2] + x[3], d2 = x[2] - x[3];
    const cvec<T> a = x[0] + (s1 * cos72 + s2 * cos144);
    const cvec<T> b = x[0] + (s1 * cos144 + s2 * cos72);
    const cvec<T> c = d1 * sin72 + d2 * sin144;
    const cvec<T> d = d1 * sin144 - d2 * sin72;
    x[0] = x[0] + (s1 + s2);
    x[1] = plus_minus_i(a, c);
    x[2] = plus_minus_i(b, d);
    x[3] = minus_minus_i(b, d);
    x[4] = minus_minus_i(a, c);
  }
};

template <>
struct Dft<8> {
  template <class T>
  static FASTMEL_INLINE void run(cvec<T>* x) {
    constexpr T half_root = T(0.707106781186547524400844362104849039);
    cvec<T> even[4] = {x[0], x[2], x[4], x[6]}, odd[4] = {x[1], x[3], x[5], x[7]};
    Dft<4>::run(even);
    Dft<4>::run(odd);
    odd[1] = cvec<T>{odd[1].r + odd[1].i, odd[1].i - odd[1].r} * half_root;
    odd[3] = cvec<T>{odd[3].i - odd[3].r, odd[3].r + odd[3].i} * half_root;
    x[0] = even[0] + odd[0];
    x[4] = even[0] - odd[0];
    x[1] = even[1] + odd[1];
    x[5] = even[1] - odd[1];
    x[2] = plus_minus_i(even[2], odd[2]);
    x[6] = minus_minus_i(even[2], odd[2]);
    x[3] = {even[3].r + odd[3].r, even[3].i - odd[3].i};
    x[7] = {even[3].r - odd[3].r, even[3].i + odd[3].i};
  }
};

// 16 adjacent points in memory, in place, four by four: columns, twiddles of sixteenths, rows. 16
// complex vectors are more than any register file holds, so this one reads and writes where it
// must.
template <class T>
FASTMEL_INLINE void dft16_in_place(vec<T>* z) {
  constexpr T c1 = T(0.923879532511286756128183189396788287);  // cos(pi / 8)
  constexpr T s1 = T(0.382683432365089771728459984030398867);  // sin(pi / 8)
  constexpr T h = T(0.707106781186547524400844362104849039);
  cvec<T> y[4][4];
  FASTMEL_UNROLL
  for (int c = 0; c < 4; ++c) {
    FASTMEL_UNROLL
    for (int n = 0; n < 4; ++n) y[c][n] = load_point(z + 2 * (c + 4 * n));
    Dft<4>::run(y[c]);
  }
  y[1][1] = twiddle(y[1][1], c1, -s1);
  y[1][2] = cvec<T>{y[1][2].r + y[1][2].i, y[1][2].i - y[1][2].r} * h;
  y[1][3] = twiddle(y[1][3], s1, -c1);
  y[2][1] = cvec<T>{y[2][1].r + y[2][1].i, y[2][1].i - y[2][1].r} * h;
  y[2][2] = times_minus_i(y[2][2]);
  y[2][3] = cvec<T>{y[2][3].i - y[2][3].r, -(y[2][3].r + y[2][3].i)} * h;
  y[3][1] = twiddle(y[3][1], s1, -c1);
  y[3][2] = cvec<T>{y[3][2].i - y[3][2].r, -(y[3][2].r + y[3][2].i)} * h;
  y[3][3] = twiddle(y[3][3], -c1, s1);
  FASTMEL_UNROLL
  for (int k = 0; k < 4; ++k) {
    cvec<T> row[4] = {y[0][k], y[1][k], y[2][k], y[3][k]};
    Dft<4>::run(row);
    FASTMEL_UNROLL
    for (int n = 0; n < 4; ++n) store_point(row[n], z + 2 * (k + 4 * n));
  }
}

}  // namespace fastmel::FASTMEL_VARIANT
