#include "array.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "errors.h"
#include "framing.h"

namespace fastmel {

namespace {

Index bytes_of(Element element) {
  switch (element) {
    case Element::f16:
    case Element::i16: return 2;
    case Element::f32:
    case Element::i32: return 4;
    case Element::c128: return 16;
    default: return 8;
  }
}

}  // namespace

Index Array::size() const {
  Index size = 1;
  for (int d = 0; d < n_axes; ++d) size *= shape[d];
  return size;
}

Real real_of(const Array& array) {
  require<WrongType>(array.element == Element::f32 || array.element == Element::f64, array.name,
                     "must be float32 or float64");
  const Real real = array.element == Element::f64 ? Real::f64 : Real::f32;
  require_aligned(array, size_of(real));
  return real;
}

Real complex_of(const Array& array) {
  require<WrongType>(array.element == Element::c64 || array.element == Element::c128, array.name,
                     "must be complex64 or complex128");
  const Real real = array.element == Element::c128 ? Real::f64 : Real::f32;
  require_aligned(array, size_of(real));
  return real;
}

Sample sample_of(const Array& array) {
  const auto sample = [&] {
    switch (array.element) {
      case Element::f32: return Sample::f32;
      case Element::f64: return Sample::f64;
      case Element::i16: return Sample::i16;
      case Element::i32: return Sample::i32;
      default:
        throw WrongType(std::string(array.name) + " must be float32, float64, int16 or int32");
    }
  }();
  require_aligned(array, size_of(sample));
  return sample;
}

void require_output(const Array& array) {
  require(array.writeable, array.name, "is read-only; a writeable array is needed");
  const Index unit = bytes_of(array.element);
  for (int d = 0; d < array.n_axes && array.size() > 0; ++d) {
    require(array.strides[d] != 0 || array.shape[d] <= 1, array.name,
            "must not be a broadcast array: several elements share memory");
    for (int e = 0; e < d; ++e) {
      const Lattice axes{
          array.data, unit, {array.shape[e], array.shape[d]}, {array.strides[e], array.strides[d]}};
      require(!overlaps_itself(axes), array.name, "overlaps itself: elements share memory");
    }
  }
}

void require_aligned(const Array& array, Index unit) {
  bool aligned =
      reinterpret_cast<std::uintptr_t>(array.data) % static_cast<std::uintptr_t>(unit) == 0;
  for (int d = 0; d < array.n_axes; ++d) aligned = aligned && array.strides[d] % unit == 0;
  require(aligned, array.name, "must be aligned, its strides multiples of the item size");
}

void require_contiguous(const Array& array) {
  Index expected = bytes_of(array.element);
  bool contiguous = true;
  for (int d = array.n_axes - 1; d >= 0; --d) {
    contiguous = contiguous && (array.shape[d] == 1 || array.strides[d] == expected);
    expected *= array.shape[d];
  }
  require(contiguous || array.size() == 0, array.name, "must be contiguous");
}

bool without_holes(const Array& array) {
  std::pair<Index, Index> axes[Array::most_axes];  // stride, extent
  int n = 0;
  for (int d = 0; d < array.n_axes; ++d) {
    if (array.shape[d] != 1) axes[n++] = {array.strides[d], array.shape[d]};
  }
  std::sort(axes, axes + n);
  Index expected = bytes_of(array.element);
  for (int i = 0; i < n; ++i) {
    if (axes[i].first != expected) return false;
    expected *= axes[i].second;
  }
  return true;
}

Items::Items(const Array& array, int trailing)
    : array_(array), n_axes_(array.n_axes - trailing), size_(1) {
  for (int d = 0; d < n_axes_; ++d) size_ *= array.shape[d];
}

char* Items::at(Index item) const {
  char* data = array_.data;
  for (int d = n_axes_ - 1; d >= 0; --d) {
    data += item % array_.shape[d] * array_.strides[d];
    item /= array_.shape[d];
  }
  return data;
}

bool Items::same_shape(const Items& other) const {
  return n_axes_ == other.n_axes_ &&
         std::equal(array_.shape, array_.shape + n_axes_, other.array_.shape);
}

Stretch stretch_of(const Lattice& a) {
  const auto unsign = [](Index i) { return static_cast<std::uintptr_t>(i); };
  std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(a.data), end = begin + unsign(a.unit);
  for (int d = 0; d < 2; ++d) {
    if (a.extent[d] <= 0) return {0, 0};
    // modulo 2^64, which no memory exceeds
    (a.stride[d] < 0 ? begin : end) += unsign(a.extent[d] - 1) * unsign(a.stride[d]);
  }
  return {begin, end};
}

bool fits_memory(const Lattice& a) {
  for (int d = 0; d < 2; ++d) {
    if (a.extent[d] <= 1) continue;
    const Index most = furthest / (a.extent[d] - 1);
    if (a.stride[d] > most || a.stride[d] < -most) return false;
  }
  return true;
}

bool may_overlap(const Lattice& a, const Lattice& b) {
  const Stretch of_a = stretch_of(a), of_b = stretch_of(b);
  if (of_a.end <= of_b.begin || of_b.end <= of_a.begin) return false;
  // All elements of one lie at the same places between multiples of the strides' divisor.
  Index divisor = 0;
  for (const Lattice* lattice : {&a, &b}) {
    for (int d = 0; d < 2; ++d) {
      if (lattice->extent[d] > 1) divisor = std::gcd(divisor, lattice->stride[d]);
    }
  }
  if (divisor == 0) return true;
  const auto distance =
      reinterpret_cast<std::uintptr_t>(a.data) - reinterpret_cast<std::uintptr_t>(b.data);
  Index place = static_cast<Index>(distance) % divisor;
  if (place < 0) place += divisor;
  return place < b.unit || place + a.unit > divisor;
}

bool overlaps_itself(const Lattice& a) {
  Index step[2];
  for (int d = 0; d < 2; ++d) {
    if (a.extent[d] <= 0) return false;
    step[d] = a.extent[d] > 1 ? std::abs(a.stride[d]) : 0;
  }
  // Two elements meet where so many steps of one axis are as long as so many of the other: at the
  // earliest after as many as the other's step has without their common divisor.
  const Index divisor = std::gcd(step[0], step[1]);
  if (divisor == 0) return std::max(a.extent[0], a.extent[1]) > 1;
  return step[1] / divisor < a.extent[0] && step[0] / divisor < a.extent[1];
}

}  // namespace fastmel
