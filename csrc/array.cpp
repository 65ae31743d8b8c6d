#include "array.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

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

// Whether one step of each axis is as long as all of the axes with shorter ones: enough for
// elements to lie apart, and what almost all arrays are.
bool is_nested(const Array& array) {
  std::pair<Index, Index> axes[Array::most_axes];  // step, extent
  int n = 0;
  for (int d = 0; d < array.n_axes; ++d) {
    if (array.shape[d] > 1) axes[n++] = {std::abs(array.strides[d]), array.shape[d]};
  }
  std::sort(axes, axes + n);
  Index span = bytes_of(array.element);
  for (int i = 0; i < n; ++i) {
    if (axes[i].first < span || axes[i].first > furthest / axes[i].second) return false;
    span += (axes[i].second - 1) * axes[i].first;
  }
  return true;
}

// The same for any array.
bool lies_apart(const Array& array) {
  if (array.size() == 0) return true;
  const int trailing = std::min(array.n_axes, 2);
  const Lattice item = lattice_of(array, array.data, trailing);
  if (overlaps_itself(item)) return false;
  const Items items(array, trailing);
  std::vector<Lattice> all(static_cast<std::size_t>(items.size()), item);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].data = items.at(static_cast<Index>(i));
  return lie_apart(std::move(all));
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
  for (int d = 0; d < array.n_axes && array.size() > 0; ++d) {
    require(array.strides[d] != 0 || array.shape[d] <= 1, array.name,
            "must not be a broadcast array: several elements share memory");
  }
  require(is_nested(array) || lies_apart(array), array.name,
          "overlaps itself: elements share memory");
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

Lattice lattice_of(const Array& array, const char* data, int trailing) {
  Lattice lattice{data, bytes_of(array.element), {1, 1}, {0, 0}};
  for (int d = 0; d < trailing; ++d) {
    lattice.extent[d] = array.extent(d + 1);
    lattice.stride[d] = array.stride(d + 1);
  }
  return lattice;
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

}  // namespace fastmel
