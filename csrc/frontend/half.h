// IEEE 754's half precision, as memory and as arithmetic: each operation is one of float, rounded.
#pragma once

#include <cstdint>
#include <cstring>

namespace fastmel {

namespace half_bits {

template <class To, class From>
inline To bits_of(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// To nearest, ties to even; beyond 65504, from 65520 on, infinity. Halves below 2^-14 are multiples
// of 2^-24, to which the addition of 2^28 rounds a double.
inline std::uint16_t rounded(double x) {
  const auto bits = bits_of<std::uint64_t>(x);
  const auto sign = static_cast<std::uint16_t>(bits >> 48 & 0x8000);
  const std::uint64_t size = bits & 0x7fffffffffffffff;
  const auto signed_half = [=](std::uint64_t half) {
    return static_cast<std::uint16_t>(sign | half);
  };
  if (size >= 0x40f0000000000000) return signed_half(size > 0x7ff0000000000000 ? 0x7e00 : 0x7c00);
  if (size < 0x3f10000000000000) {
    const double multiple = bits_of<double>(size) + 0x1p28;
    return signed_half(bits_of<std::uint64_t>(multiple) - bits_of<std::uint64_t>(0x1p28));
  }
  const std::uint64_t rebased = size - (std::uint64_t{1023 - 15} << 52);
  return signed_half((rebased + 0x1ffffffffff + (rebased >> 42 & 1)) >> 42);
}

inline float value_of(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16, size = half & 0x7fffu;
  if (size >= 0x7c00) return bits_of<float>(sign | 0x7f800000 | (size & 0x3ff) << 13);
  if (size < 0x400) {
    const float value = static_cast<float>(size) * 0x1p-24f;
    return sign != 0 ? -value : value;
  }
  return bits_of<float>(sign | ((size << 13) + (std::uint32_t{127 - 15} << 23)));
}

}  // namespace half_bits

class Half {
 public:
  Half() = default;
  explicit Half(double x) : bits_(half_bits::rounded(x)) {}
  explicit Half(float x) : Half(static_cast<double>(x)) {}
  operator float() const { return half_bits::value_of(bits_); }

  friend Half operator+(Half a, Half b) { return Half(float(a) + float(b)); }
  friend Half operator-(Half a, Half b) { return Half(float(a) - float(b)); }
  friend Half operator*(Half a, Half b) { return Half(float(a) * float(b)); }
  friend Half operator/(Half a, Half b) { return Half(float(a) / float(b)); }

 private:
  std::uint16_t bits_ = 0;
};

}  // namespace fastmel
