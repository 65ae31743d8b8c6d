// What an instruction set needs of the processor and the operating system, as data: the objects
// that are compiled for it state it, and run no code before it is known to be there.
#pragma once

#include <cstdint>

namespace fastmel {

// Bits that must be set; none for what all processors have that a build is for.
struct CpuNeeds {
  std::uint32_t cpuid7_ebx = 0;  // x86: of CPUID's leaf 7,
  std::uint32_t xcr0 = 0;        // and of the register files that the system saves
  std::uint64_t hwcap = 0;       // Linux elsewhere: of getauxval(AT_HWCAP)

  static constexpr CpuNeeds x86(std::uint32_t cpuid7_ebx, std::uint32_t xcr0) {
    return {cpuid7_ebx, xcr0, 0};
  }
};

bool cpu_has(const CpuNeeds& needs);

}  // namespace fastmel
