// Elements in memory with one distance between them along each of up to two axes, and what can be
// known of where they lie.
#pragma once

#include <cstdint>
#include <vector>

#include "chain.h"

namespace fastmel {

struct Lattice {
  const void* data;
  Index unit;  // bytes of an element: 2, 4, 8, or 16 of a complex number of doubles
  Index extent[2];
  Index stride[2];
};

Lattice lattice_of(const Signal& signal);

// Whether every element lies at a multiple of its size, or of 8 if that is less.
bool is_aligned(const Lattice& a);

// From the first byte to the one past the last.
struct Stretch {
  std::uintptr_t begin, end;
};
Stretch stretch_of(const Lattice& a);

// Whether positions of elements are numbers that an Index can have: none of them overflows.
bool fits_memory(const Lattice& a);

// Whether two of its elements are the same; its strides are multiples of `unit`.
bool overlaps_itself(const Lattice& a);

// Whether two of them may share a byte. False is certain; true is, where the strides of both are
// the same and the longer one is a multiple of the shorter and longer than a run of its elements.
bool may_overlap(const Lattice& a, const Lattice& b);

// Whether no two of them may overlap. Takes time for n log n of them, unless they are interleaved
// in an irregular way.
bool lie_apart(std::vector<Lattice> all);

// Whether one that is read may overlap one that is written.
bool may_overlap(const std::vector<Lattice>& read, const std::vector<Lattice>& written);

}  // namespace fastmel
