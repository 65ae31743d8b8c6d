#include "cpu.h"

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace fastmel {

#if defined(__x86_64__) || defined(_M_X64)

namespace {

struct Registers {
  unsigned eax, ebx, ecx, edx;
};

Registers cpuid(unsigned leaf) {
#if defined(_MSC_VER)
  int r[4];
  __cpuidex(r, static_cast<int>(leaf), 0);
  return {unsigned(r[0]), unsigned(r[1]), unsigned(r[2]), unsigned(r[3])};
#else
  Registers r{};
  __get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
#endif
}

// The register files that the operating system saves (XCR0); needs OSXSAVE.
unsigned saved_state() {
#if defined(_MSC_VER)
  return static_cast<unsigned>(_xgetbv(0));
#else
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
#endif
}

constexpr bool has(unsigned word, unsigned mask) { return (word & mask) == mask; }

}  // namespace

Cpu detect_cpu() {
  constexpr unsigned osxsave_avx = 1u << 27 | 1u << 28;  // leaf 1, ecx
  constexpr unsigned avx2 = 1u << 5;                     // leaf 7, ebx
  constexpr unsigned avx512 =
      1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;  // F DQ CD BW VL
  constexpr unsigned ymm = 0x6, zmm = 0xe6;                  // XCR0
  if (cpuid(0).eax < 7 || !has(cpuid(1).ecx, osxsave_avx)) return {false, false};
  const unsigned features = cpuid(7).ebx, state = saved_state();
  const bool has_avx2 = has(state, ymm) && has(features, avx2);
  return {has_avx2, has_avx2 && has(state, zmm) && has(features, avx512)};
}

#else

Cpu detect_cpu() { return {false, false}; }

#endif

}  // namespace fastmel
