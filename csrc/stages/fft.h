// FFT: pocketfft's real transform with a vector of frames as its element type.
//
// The only file that includes pocketfft. All of pocketfft is inline with external linkage, so its
// namespace is renamed for this instruction set; its standard headers come first, outside of that.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <vector>

#include "simd.h"

#define FASTMEL_JOIN2(a, b) a##b
#define FASTMEL_JOIN(a, b) FASTMEL_JOIN2(a, b)
#define POCKETFFT_NO_MULTITHREADING
#define pocketfft FASTMEL_JOIN(fastmel_pocketfft_, FASTMEL_VARIANT)
#include FASTMEL_POCKETFFT_HEADER

namespace fastmel::FASTMEL_VARIANT {

// In place: n real values of each frame <-> r0, r1, i1, r2, i2, ... (FFTPACK's half-complex order;
// for even n the last value is the real Nyquist bin). Forward is exp(-2 pi i k n / N), unscaled;
// backward is unscaled too.
template <class T>
class RealFft {
 public:
  explicit RealFft(index n) : plan_(static_cast<std::size_t>(n)) {}
  void forward(vec<T>* x) const { plan_.exec(x, T(1), true); }
  void backward(vec<T>* x) const { plan_.exec(x, T(1), false); }

 private:
  pocketfft::detail::pocketfft_r<T> plan_;
};

}  // namespace fastmel::FASTMEL_VARIANT

#undef pocketfft
