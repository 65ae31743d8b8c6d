#include "finite.h"

#include <cstdint>
#include <cstring>

namespace fastmel {

namespace {

// Whether n adjacent samples are finite, by their bits: an exponent of ones and one more carry into
// the place of the sign.
template <class Word>
bool all_finite(const char* data, Index n) {
  constexpr Word exponent = sizeof(Word) == 4 ? 0xffu << 23 : Word{0x7ff} << 52;
  constexpr Word one = exponent & (~exponent + 1), sign = ~(~Word{0} >> 1);
  typedef Word Words __attribute__((vector_size(16)));
  constexpr Index size = sizeof(Word), width = sizeof(Words) / sizeof(Word);
  Words carries = {};
  Index i = 0;
  for (; i + width <= n; i += width) {
    Words words;
    std::memcpy(&words, data + i * size, sizeof(words));
    carries |= (words & exponent) + one;
  }
  Word carry = 0;
  for (Index j = 0; j < width; ++j) carry |= carries[j];
  for (; i < n; ++i) {
    Word word;
    std::memcpy(&word, data + i * size, sizeof(word));
    carry |= (word & exponent) + one;
  }
  return (carry & sign) == 0;
}

// The first of n samples that is not finite, or n.
template <class S, class Word>
Index first_not_finite(const char* data, Index stride, Index n) {
  if (stride == static_cast<Index>(sizeof(S)) && all_finite<Word>(data, n)) return n;
  for (Index i = 0; i < n; ++i) {
    S x;
    std::memcpy(&x, data + i * stride, sizeof(x));
    if (!(x - x == 0)) return i;
  }
  return n;
}

}  // namespace

Index first_not_finite(const Signal& signal, Index from, Index to) {
  if (to <= from) return to;
  const char* data = static_cast<const char*>(signal.data) + (from - signal.begin) * signal.stride;
  const Index n = to - from;
  switch (signal.type) {
    case Sample::f32: return from + first_not_finite<float, std::uint32_t>(data, signal.stride, n);
    case Sample::f64: return from + first_not_finite<double, std::uint64_t>(data, signal.stride, n);
    default: return to;
  }
}

Index first_not_finite(const Signal& signal) {
  return first_not_finite(signal, signal.begin, signal.end);
}

}  // namespace fastmel
