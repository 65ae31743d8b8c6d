// AVX-512 as of Skylake-X: F, CD, BW, DQ and VL.
#pragma once

#include "../cpu.h"

#define FASTMEL_VARIANT avx512
#define FASTMEL_ARCH xsimd::avx512dq

namespace fastmel::avx512 {

// AVX2 F DQ CD BW VL; all registers of 512 bits and the masks
constexpr CpuNeeds needs =
    CpuNeeds::x86(1u << 5 | 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31, 0xe6);

}  // namespace fastmel::avx512
