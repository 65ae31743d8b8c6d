// The vector type of one instruction set, and the few operations the stages need beyond arithmetic.
//
// A lane is a frame (or, for elementwise work, an element): stages use vertical operations only,
// so every lane computes what a scalar would, and all instruction sets return the same bits. That
// needs contraction off (no fused multiply-add) and operations with one IEEE-defined result.
//
// This file and its siblings are compiled once per instruction set. Everything lives in a namespace
// named after it: were a template instantiated under the same mangled name in two objects, the
// linker could keep the AVX-512 body and crash an older CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include FASTMEL_VARIANT_HEADER  // ../variants: names the instruction set, and xsimd's for it
#include <xsimd/xsimd.hpp>

#include "../chain.h"

#define FASTMEL_INLINE inline __attribute__((always_inline))
// Of a short loop over an array that is to live in registers. GCC does it unasked, Clang not
// always.
#ifdef __clang__
#define FASTMEL_UNROLL _Pragma("unroll")
#else
#define FASTMEL_UNROLL _Pragma("GCC unroll 16")
#endif

namespace fastmel::FASTMEL_VARIANT {

using index = Index;
using arch = FASTMEL_ARCH;

#if XSIMD_WITH_NEON64
template <class T>
constexpr bool neon_float = std::is_same_v<T, float> && std::is_same_v<arch, xsimd::neon64>;
#endif

// xsimd::batch with its arithmetic, except that the quotient is exact everywhere, and that negation
// flips the sign bit (xsimd's AVX-512 computes 0 - x, which turns -0 into +0).
template <class T>
struct vec {
  using batch = xsimd::batch<T, arch>;
  static constexpr index lanes = static_cast<index>(batch::size);

  batch v;

  vec() = default;
  vec(T x) : v(x) {}
  vec(batch b) : v(b) {}

  static vec load(const T* p) { return batch::load_unaligned(p); }
  void store(T* p) const { v.store_unaligned(p); }

  friend FASTMEL_INLINE vec operator+(vec a, vec b) { return a.v + b.v; }
  friend FASTMEL_INLINE vec operator-(vec a, vec b) { return a.v - b.v; }
  friend FASTMEL_INLINE vec operator*(vec a, vec b) { return a.v * b.v; }
  friend FASTMEL_INLINE vec operator/(vec a, vec b) {
#if XSIMD_WITH_NEON64
    // xsimd's for float are approximations
    if constexpr (neon_float<T>) return batch(vdivq_f32(a.v, b.v));
#endif
    return a.v / b.v;
  }
  friend FASTMEL_INLINE vec operator-(vec a) { return a.v ^ batch(T(-0.0)); }
  vec& operator+=(vec b) { return *this = *this + b; }
  vec& operator-=(vec b) { return *this = *this - b; }  // this and the next: pocketfft's
  vec& operator*=(vec b) { return *this = *this * b; }
};

// a > b ? a : b, which is b where either is NaN: on x86 what its instruction does.
template <class T>
FASTMEL_INLINE vec<T> max_keep_nan(vec<T> a, vec<T> b) {
#if XSIMD_WITH_SSE2
  return xsimd::max(b.v, a.v);
#else
  return xsimd::select(a.v > b.v, a.v, b.v);
#endif
}

template <class T>
FASTMEL_INLINE vec<T> min_keep_nan(vec<T> a, vec<T> b) {
#if XSIMD_WITH_SSE2
  return xsimd::min(b.v, a.v);
#else
  return xsimd::select(a.v < b.v, a.v, b.v);
#endif
}

template <class T>
inline vec<T> sqrt(vec<T> a) {
#if XSIMD_WITH_NEON64
  if constexpr (neon_float<T>) return typename vec<T>::batch(vsqrtq_f32(a.v));
#endif
  return xsimd::sqrt(a.v);
}

// The largest of the first n lanes, none of which may be NaN.
template <class T>
inline T max_lane(vec<T> a, index n = vec<T>::lanes) {
  T lane[vec<T>::lanes];
  a.store(lane);
  T top = lane[0];
  for (index i = 1; i < n; ++i) top = lane[i] > top ? lane[i] : top;
  return top;
}

template <class T>
inline T sum_lanes(vec<T> a) {
  T lane[vec<T>::lanes];
  a.store(lane);
  T sum = 0;
  for (T x : lane) sum += x;
  return sum;
}

// --- conversion while loading and storing -------------------------------------------------------

// GCC's and Clang's vectors of n elements, whose conversions compile to the machine's own.
template <class X, index n>
struct Raw {
  typedef X type __attribute__((vector_size(sizeof(X) * static_cast<std::size_t>(n))));
};

// As __builtin_convertvector, which GCC 12 does in halves where numbers become wider: it takes them
// apart and joins them by shuffles. x86 has one instruction for it.
template <class To, class From>
FASTMEL_INLINE To converted(From in) {
  return __builtin_convertvector(in, To);
}

#ifdef __AVX2__
template <>
FASTMEL_INLINE Raw<double, 4>::type converted(Raw<float, 4>::type in) {
  return _mm256_cvtps_pd(in);
}
template <>
FASTMEL_INLINE Raw<double, 4>::type converted(Raw<std::int32_t, 4>::type in) {
  return _mm256_cvtepi32_pd(reinterpret_cast<__m128i>(in));
}
template <>
FASTMEL_INLINE Raw<std::int32_t, 8>::type converted(Raw<std::int16_t, 8>::type in) {
  const __m256i out = _mm256_cvtepi16_epi32(reinterpret_cast<__m128i>(in));
  return reinterpret_cast<Raw<std::int32_t, 8>::type>(out);
}
#endif

#ifdef __AVX512F__
template <>
FASTMEL_INLINE Raw<double, 8>::type converted(Raw<float, 8>::type in) {
  return _mm512_cvtps_pd(in);
}
template <>
FASTMEL_INLINE Raw<double, 8>::type converted(Raw<std::int32_t, 8>::type in) {
  return _mm512_cvtepi32_pd(reinterpret_cast<__m256i>(in));
}
template <>
FASTMEL_INLINE Raw<std::int32_t, 16>::type converted(Raw<std::int16_t, 16>::type in) {
  const __m512i out = _mm512_cvtepi16_epi32(reinterpret_cast<__m256i>(in));
  return reinterpret_cast<Raw<std::int32_t, 16>::type>(out);
}
#endif

// Consecutive samples of any type as one vector.
template <class T, class S>
FASTMEL_INLINE vec<T> load_as(const S* p) {
  if constexpr (std::is_same_v<S, T>) {
    return vec<T>::load(p);
  } else {
    constexpr index n = vec<T>::lanes;
    typename Raw<S, n>::type in;
    std::memcpy(&in, p, sizeof(in));
    typename Raw<T, n>::type out;
    if constexpr (std::is_same_v<S, std::int16_t>) {
      const auto wide = converted<typename Raw<std::int32_t, n>::type>(in);
      out = converted<typename Raw<T, n>::type>(wide);
    } else {
      out = converted<typename Raw<T, n>::type>(in);
    }
    typename vec<T>::batch::register_type bits;
    std::memcpy(&bits, &out, sizeof(bits));
    return typename vec<T>::batch(bits);
  }
}

template <class O, class T>
FASTMEL_INLINE void store_as(vec<T> v, O* p) {
  if constexpr (std::is_same_v<O, T>) {
    v.store(p);
  } else {
    const typename vec<T>::batch::register_type bits = v.v;
    typename Raw<T, vec<T>::lanes>::type in;
    std::memcpy(&in, &bits, sizeof(in));
    const auto out = converted<typename Raw<O, vec<T>::lanes>::type>(in);
    std::memcpy(p, &out, sizeof(out));
  }
}

// v as it will read after being stored as O.
template <class O, class T>
FASTMEL_INLINE vec<T> rounded_to(vec<T> v) {
  if constexpr (std::is_same_v<O, T>) {
    return v;
  } else {
    O lane[vec<T>::lanes];
    store_as(v, lane);
    return load_as<T>(lane);
  }
}

// Four elements, whatever vectors the machine has for them.
template <class X>
using Quad = typename Raw<X, 4>::type;

template <class T, class S>
FASTMEL_INLINE Quad<T> load_quad(const S* p) {
  Quad<S> in;
  std::memcpy(&in, p, sizeof(in));
  if constexpr (std::is_same_v<S, T>) {
    return in;
  } else {
    return converted<Quad<T>>(in);
  }
}

#if defined(__clang__) || __GNUC__ >= 12
#define FASTMEL_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define FASTMEL_SHUFFLE(a, b, ...)                                                    \
  __builtin_shuffle(                                                                  \
      a, b,                                                                           \
      typename Raw<std::conditional_t<sizeof(a[0]) == 8, std::int64_t, std::int32_t>, \
                   static_cast<index>(sizeof(a) / sizeof(a[0]))>::type{__VA_ARGS__})
#endif

template <class X>
FASTMEL_INLINE void transpose_quads(X* r) {
  const X a = FASTMEL_SHUFFLE(r[0], r[1], 0, 4, 1, 5), b = FASTMEL_SHUFFLE(r[2], r[3], 0, 4, 1, 5);
  const X c = FASTMEL_SHUFFLE(r[0], r[1], 2, 6, 3, 7), d = FASTMEL_SHUFFLE(r[2], r[3], 2, 6, 3, 7);
  r[0] = FASTMEL_SHUFFLE(a, b, 0, 1, 4, 5);
  r[1] = FASTMEL_SHUFFLE(a, b, 2, 3, 6, 7);
  r[2] = FASTMEL_SHUFFLE(c, d, 0, 1, 4, 5);
  r[3] = FASTMEL_SHUFFLE(c, d, 2, 3, 6, 7);
}

// --- order within a vector ----------------------------------------------------------------------

template <class T>
using RawOf = typename Raw<T, vec<T>::lanes>::type;

template <class T>
FASTMEL_INLINE vec<T> from_raw(RawOf<T> raw) {
  typename vec<T>::batch::register_type bits;
  std::memcpy(&bits, &raw, sizeof(bits));
  return typename vec<T>::batch(bits);
}

template <class T, index... i>
FASTMEL_INLINE vec<T> reversed(vec<T> v, std::integer_sequence<index, i...>) {
  constexpr index last = vec<T>::lanes - 1;
  const typename vec<T>::batch::register_type bits = v.v;
  RawOf<T> raw;
  std::memcpy(&raw, &bits, sizeof(raw));
  return from_raw<T>(FASTMEL_SHUFFLE(raw, raw, (last - i)...));
}

template <class T>
FASTMEL_INLINE vec<T> reversed(vec<T> v) {
  return reversed(v, std::make_integer_sequence<index, vec<T>::lanes>());
}

template <class T, index... i>
FASTMEL_INLINE void unzip(const T* p, vec<T>* even, vec<T>* odd,
                          std::integer_sequence<index, i...>) {
  RawOf<T> a, b;
  std::memcpy(&a, p, sizeof(a));
  std::memcpy(&b, p + vec<T>::lanes, sizeof(b));
  *even = from_raw<T>(FASTMEL_SHUFFLE(a, b, (2 * i)...));
  *odd = from_raw<T>(FASTMEL_SHUFFLE(a, b, (2 * i + 1)...));
}

// p[0], p[2], ... and p[1], p[3], ...
template <class T>
FASTMEL_INLINE void unzip(const T* p, vec<T>* even, vec<T>* odd) {
  unzip(p, even, odd, std::make_integer_sequence<index, vec<T>::lanes>());
}

// --- transposition of a lanes x lanes tile, in place --------------------------------------------

#ifdef __AVX512F__
FASTMEL_INLINE void transpose(vec<double>* r) {
  __m512d a[8], b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm512_unpacklo_pd(r[i].v, r[i + 1].v);
    a[i + 1] = _mm512_unpackhi_pd(r[i].v, r[i + 1].v);
  }
  for (int i = 0; i < 2; ++i) {
    for (int h = 0; h < 2; ++h) {
      b[4 * h + i] = _mm512_shuffle_f64x2(a[4 * h + i], a[4 * h + i + 2], 0x88);
      b[4 * h + i + 2] = _mm512_shuffle_f64x2(a[4 * h + i], a[4 * h + i + 2], 0xdd);
    }
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = vec<double>::batch(_mm512_shuffle_f64x2(b[i], b[i + 4], 0x88));
    r[i + 4] = vec<double>::batch(_mm512_shuffle_f64x2(b[i], b[i + 4], 0xdd));
  }
}

FASTMEL_INLINE void transpose(vec<float>* r) {
  __m512 a[16], b[16];
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_ps(r[i].v, r[i + 1].v);
    a[i + 1] = _mm512_unpackhi_ps(r[i].v, r[i + 1].v);
  }
  // b[i + j]: column j of each 128-bit quarter, rows i ... i + 3
  for (int i = 0; i < 16; i += 4) {
    for (int h = 0; h < 2; ++h) {
      const __m512d lo = _mm512_castps_pd(a[i + h]), hi = _mm512_castps_pd(a[i + h + 2]);
      b[i + 2 * h] = _mm512_castpd_ps(_mm512_unpacklo_pd(lo, hi));
      b[i + 2 * h + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(lo, hi));
    }
  }
  for (int j = 0; j < 4; ++j) {
    const __m512 even01 = _mm512_shuffle_f32x4(b[j], b[j + 4], 0x88);
    const __m512 odd01 = _mm512_shuffle_f32x4(b[j], b[j + 4], 0xdd);
    const __m512 even23 = _mm512_shuffle_f32x4(b[j + 8], b[j + 12], 0x88);
    const __m512 odd23 = _mm512_shuffle_f32x4(b[j + 8], b[j + 12], 0xdd);
    r[j] = vec<float>::batch(_mm512_shuffle_f32x4(even01, even23, 0x88));
    r[j + 4] = vec<float>::batch(_mm512_shuffle_f32x4(odd01, odd23, 0x88));
    r[j + 8] = vec<float>::batch(_mm512_shuffle_f32x4(even01, even23, 0xdd));
    r[j + 12] = vec<float>::batch(_mm512_shuffle_f32x4(odd01, odd23, 0xdd));
  }
}
#else
template <class T>
FASTMEL_INLINE void transpose(vec<T>* r) {
  typename vec<T>::batch tile[vec<T>::lanes];
  for (index i = 0; i < vec<T>::lanes; ++i) tile[i] = r[i].v;
  xsimd::transpose(tile, tile + vec<T>::lanes);
  for (index i = 0; i < vec<T>::lanes; ++i) r[i] = tile[i];
}
#endif

// tile[i] = element i of each of lanes rows, `pitch` elements apart.
template <class T, class S>
FASTMEL_INLINE void load_tile(const S* rows, index pitch, vec<T>* tile) {
  for (index f = 0; f < vec<T>::lanes; ++f) tile[f] = load_as<T>(rows + f * pitch);
  transpose(tile);
}

#if defined(__AVX2__) && !defined(__AVX512F__)
// Half the shuffles: transposed as floats, then converted.
FASTMEL_INLINE void load_tile(const float* rows, index pitch, vec<double>* tile) {
  __m128 r[4];
  for (index f = 0; f < 4; ++f) r[f] = _mm_loadu_ps(rows + f * pitch);
  _MM_TRANSPOSE4_PS(r[0], r[1], r[2], r[3]);
  for (index i = 0; i < 4; ++i) tile[i] = vec<double>::batch(_mm256_cvtps_pd(r[i]));
}
#endif

}  // namespace fastmel::FASTMEL_VARIANT
