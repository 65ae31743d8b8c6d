// Arrays as their owners describe them: any number of axes, strides in bytes. And what can be known
// of where their elements lie.
#pragma once

#include "chain.h"

namespace fastmel {

enum class Element { f16, f32, f64, c64, c128, i16, i32, other };

struct Array {
  static constexpr int most_axes = 64;

  const char* name = "";  // of the argument, for errors
  char* data = nullptr;
  Element element = Element::other;
  bool writeable = false;
  int n_axes = 0;
  Index shape[most_axes];
  Index strides[most_axes];

  Index size() const;
  // The last axes, counted from the end.
  Index extent(int from_end) const { return shape[n_axes - from_end]; }
  Index stride(int from_end) const { return strides[n_axes - from_end]; }
};

// Throws unless the elements are real (or complex) numbers, of which it returns the type, and
// unless they are aligned, and, of an output, may be written and lie apart.
Real real_of(const Array& array);
Real complex_of(const Array& array);
Sample sample_of(const Array& array);
void require_output(const Array& array);
void require_aligned(const Array& array, Index unit);
void require_contiguous(const Array& array);

// Whether the elements fill one stretch of memory, in some order of the axes, upwards.
bool without_holes(const Array& array);

// The items of an array: one for each index of the leading axes, the last of them fastest.
class Items {
 public:
  Items(const Array& array, int trailing);
  Index size() const { return size_; }
  char* at(Index item) const;  // its first element
  bool same_shape(const Items& other) const;

 private:
  const Array& array_;
  int n_axes_;
  Index size_;
};

// Elements on a lattice of up to two axes.
struct Lattice {
  const void* data;
  Index unit;  // bytes of an element
  Index extent[2];
  Index stride[2];
};

// Whether two of them may share a byte. False is certain; true is not where both are interleaved in
// an irregular way.
bool may_overlap(const Lattice& a, const Lattice& b);

// Whether two of its elements are the same; its strides are multiples of `unit`.
bool overlaps_itself(const Lattice& a);

// From the first byte to the one past the last.
struct Stretch {
  std::uintptr_t begin, end;
};
Stretch stretch_of(const Lattice& a);

// Whether positions of elements are numbers that an Index can have: none of them overflows.
bool fits_memory(const Lattice& a);

}  // namespace fastmel
