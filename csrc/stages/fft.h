// FFT: the fused transform, or pocketfft's real transform with a vector of frames as its element
// type.
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

#include "frame_fft.h"

#define FASTMEL_JOIN2(a, b) a##b
#define FASTMEL_JOIN(a, b) FASTMEL_JOIN2(a, b)
#define POCKETFFT_NO_MULTITHREADING
#define pocketfft FASTMEL_JOIN(fastmel_pocketfft_, FASTMEL_VARIANT)
#include FASTMEL_POCKETFFT_HEADER

namespace fastmel::FASTMEL_VARIANT {

// exp(2 pi i k / n) as pocketfft asks for it, in place of its own table, which is made by the C
// library.
template <class T>
class PocketfftRoots {
 public:
  explicit PocketfftRoots(std::size_t n) : circle_(static_cast<index>(n)) {}
  pocketfft::detail::cmplx<T> operator[](std::size_t k) const {
    const CirclePoint w = circle_[static_cast<index>(k)];
    return {nearest<T>(w.cos), nearest<T>(w.sin)};
  }

 private:
  UnitCircle circle_;
};

// What pocketfft takes its buffers from while one of these lives: scratch of the calling thread, so
// that a transform allocates nothing.
class Lending {
 public:
  Lending(void* memory, index bytes) {
    next_ = static_cast<char*>(memory);
    end_ = next_ + bytes;
  }
  ~Lending() { next_ = end_ = nullptr; }
  Lending(const Lending&) = delete;
  Lending& operator=(const Lending&) = delete;

  // Null if there is not as much left.
  static char* take(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(end_ - next_)) return nullptr;
    char* piece = next_;
    next_ += bytes;
    return piece;
  }
  // The piece that was taken last.
  static void give_back(char* piece) { next_ = piece; }

 private:
  static inline thread_local char *next_ = nullptr, *end_ = nullptr;
};

// pocketfft's arr of vectors, which live shorter than those before them.
template <class X>
class LentArray {
 public:
  explicit LentArray(std::size_t n)
      : lent_(Lending::take(n * sizeof(X))),
        own_(lent_ == nullptr ? pocketfft::detail::aligned_alloc(64, n * sizeof(X)) : nullptr),
        data_(reinterpret_cast<X*>(lent_ == nullptr ? static_cast<char*>(own_) : lent_)) {}
  ~LentArray() {
    if (lent_ != nullptr) Lending::give_back(lent_);
    if (own_ != nullptr) pocketfft::detail::aligned_dealloc(own_);
  }
  LentArray(const LentArray&) = delete;
  LentArray& operator=(const LentArray&) = delete;

  X* data() { return data_; }
  X& operator[](std::size_t i) { return data_[i]; }

 private:
  char* lent_;
  void* own_;
  X* data_;
};

}  // namespace fastmel::FASTMEL_VARIANT

template <>
class pocketfft::detail::sincos_2pibyn<double>
    : public fastmel::FASTMEL_VARIANT::PocketfftRoots<double> {
  using PocketfftRoots::PocketfftRoots;
};

template <>
class pocketfft::detail::sincos_2pibyn<float>
    : public fastmel::FASTMEL_VARIANT::PocketfftRoots<float> {
  using PocketfftRoots::PocketfftRoots;
};

template <class T>
class pocketfft::detail::arr<fastmel::FASTMEL_VARIANT::vec<T>>
    : public fastmel::FASTMEL_VARIANT::LentArray<fastmel::FASTMEL_VARIANT::vec<T>> {
  using fastmel::FASTMEL_VARIANT::LentArray<fastmel::FASTMEL_VARIANT::vec<T>>::LentArray;
};

template <class T>
class pocketfft::detail::arr<pocketfft::detail::cmplx<fastmel::FASTMEL_VARIANT::vec<T>>>
    : public fastmel::FASTMEL_VARIANT::LentArray<
          pocketfft::detail::cmplx<fastmel::FASTMEL_VARIANT::vec<T>>> {
  using fastmel::FASTMEL_VARIANT::LentArray<
      pocketfft::detail::cmplx<fastmel::FASTMEL_VARIANT::vec<T>>>::LentArray;
};

namespace fastmel::FASTMEL_VARIANT {

// In place, n real values of each lane <-> r0, r1, i1, r2, i2, ... (FFTPACK's half-complex order;
// for even n the last value is the real Nyquist bin). Unscaled.
template <class T>
using GeneralFft = pocketfft::detail::pocketfft_r<T>;

// The transform of one length; backward only if it is not fused.
template <class T>
class RealFft {
 public:
  RealFft(index n_fft, bool fused)
      : n_fft_(n_fft), lent_bytes_(lent_vectors(n_fft) * static_cast<index>(sizeof(vec<T>))) {
    if (fused) {
      fused_.reset(new FusedPlan<T>(factors_of(n_fft)));
      one_frame_.reset(new FramePlan<T>(*fused_));
    } else {
      general_.reset(new GeneralFft<T>(static_cast<std::size_t>(n_fft)));
    }
    for (index i = 0; i < n_fft; ++i) {
      sample_place_.push_back(fused ? fused_->sample_place(i) : i);
    }
    for (index k = 0; k <= n_fft / 2; ++k) {
      const bool left_over = fused && 2 * k == n_fft;  // shares bin 0's place until it is known
      place_.push_back(fused && !left_over ? fused_->place(k) : n_fft + 2 * k);
    }
  }

  static index scratch_vectors(index n_fft) { return 2 * n_fft + 2 + lent_vectors(n_fft); }

  // What pocketfft takes at most, also where it is asked for a fused length: a copy, or for
  // Bluestein's transform, which it chooses where that looks cheaper, the complex signal, its
  // convolution and a copy of that.
  static index lent_vectors(index n_fft) {
    using util = pocketfft::detail::util;
    const std::size_t n = static_cast<std::size_t>(n_fft);
    const std::size_t factor = util::largest_prime_factor(n);
    if (factor * factor <= n) return n_fft;
    return 2 * n_fft + 4 * static_cast<index>(util::good_size_cmplx(2 * n - 1));
  }

  // A window, which is n_fft values, as an input wants it: arranged_size() values.
  index arranged_size() const {
    return fused_ ? fused_->f.rest * fused_->constants_per_point() : n_fft_;
  }
  void arrange(const T* window, T* out) const {
    if (fused_) return fused_->fill_constants(window, out);
    std::memcpy(out, window, static_cast<std::size_t>(n_fft_) * sizeof(T));
  }

  // Hands every bin of the input (Windowed or Prepared) to sink(k, re, im), for
  // k = 0 ... n_fft / 2, in an order that depends on n_fft alone. exp(-2 pi i k n / n_fft).
  // x is scratch_vectors() of memory.
  template <class Input, class Sink>
  void forward(const Input& input, vec<T>* x, Sink&& sink) const {
    if (fused_) return fused_forward(*fused_, input, x, sink);
    input.copy(n_fft_, x);
    const Lending lending(x + 2 * n_fft_ + 2, lent_bytes_);
    general_->exec(x, T(1), true);
    const vec<T> zero(T(0));
    sink(0, x[0], zero);
    for (index k = 1; 2 * k < n_fft_; ++k) sink(k, x[2 * k - 1], x[2 * k]);
    if (n_fft_ % 2 == 0 && n_fft_ > 0) sink(n_fft_ / 2, x[n_fft_ - 1], zero);
  }

  // The transform of one frame, where there is one: that of the fused lengths.
  const FramePlan<T>* one_frame() const { return one_frame_.get(); }

  // A prepared input has sample i at x + sample_place()[i].
  const Stored<index>* sample_place() const { return sample_place_.data(); }

  // The sink may keep bin k at x + place()[k], two vectors: the points that it was made of.
  const Stored<index>* place() const { return place_.data(); }

  // In place, from half-complex order to samples, divided by n_fft. `spare` has lent_vectors().
  void backward(vec<T>* x, vec<T>* spare) const {
    const Lending lending(spare, lent_bytes_);
    general_->exec(x, T(1) / static_cast<T>(n_fft_), false);
  }

 private:
  index n_fft_;
  index lent_bytes_;
  std::unique_ptr<FusedPlan<T>> fused_;
  std::unique_ptr<FramePlan<T>> one_frame_;
  std::unique_ptr<GeneralFft<T>> general_;
  std::vector<Stored<index>> sample_place_, place_;
};

}  // namespace fastmel::FASTMEL_VARIANT

#undef pocketfft
