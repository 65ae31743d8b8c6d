// Scratch memory of one thread: a single allocation, cut into aligned pieces by the stage that uses
// it.
#pragma once

#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

class Arena {
 public:
  explicit Arena(void* memory) : next_(static_cast<char*>(memory)) {}
  template <class X>
  X* take(index n) {
    X* piece = reinterpret_cast<X*>(next_);
    next_ += (n * static_cast<index>(sizeof(X)) + 63) / 64 * 64;
    return piece;
  }

 private:
  char* next_;
};

}  // namespace fastmel::FASTMEL_VARIANT
