// AVX2 without FMA.
#pragma once

#include "../cpu.h"

#define FASTMEL_VARIANT avx2
#define FASTMEL_ARCH xsimd::avx2

namespace fastmel::avx2 {

// AVX2; registers of 256 bits
constexpr CpuNeeds needs = CpuNeeds::x86(1u << 5, 0x6);

}  // namespace fastmel::avx2
