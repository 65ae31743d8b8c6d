// Arrays as their owners describe them: any number of axes, strides in bytes.
#pragma once

#include "lattice.h"

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

// The item of an array that begins at `data`: its last one or two axes.
Lattice lattice_of(const Array& array, const char* data, int trailing);

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

}  // namespace fastmel
