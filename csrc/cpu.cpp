#include "cpu.h"

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif defined(__linux__)
#include <sys/auxv.h>
#endif

namespace fastmel {

namespace {

template <class Word>
constexpr bool has(Word word, Word mask) {
  return (word & mask) == mask;
}

}  // namespace

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

// The register files that the operating system saves (XCR0); 0 if none beyond SSE's.
std::uint32_t saved_state() {
  constexpr unsigned osxsave_avx = 1u << 27 | 1u << 28;
  if (!has(cpuid(1).ecx, osxsave_avx)) return 0;
#if defined(_MSC_VER)
  return static_cast<std::uint32_t>(_xgetbv(0));
#else
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
#endif
}

}  // namespace

bool cpu_has(const CpuNeeds& needs) {
  // Asked once: in a virtual machine each question is the hypervisor's.
  static const std::uint32_t features = cpuid(0).eax < 7 ? 0 : cpuid(7).ebx;
  static const std::uint32_t saved = saved_state();
  return has(features, needs.cpuid7_ebx) && has(saved, needs.xcr0);
}

#elif defined(__linux__)

bool cpu_has(const CpuNeeds& needs) {
  return has(static_cast<std::uint64_t>(getauxval(AT_HWCAP)), needs.hwcap);
}

#else

bool cpu_has(const CpuNeeds& needs) { return needs.hwcap == 0; }

#endif

}  // namespace fastmel
