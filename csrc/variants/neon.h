// NEON, which every 64-bit Arm has.
#pragma once

#include "../cpu.h"

#define FASTMEL_VARIANT neon
#define FASTMEL_ARCH xsimd::neon64

namespace fastmel::neon {

constexpr CpuNeeds needs{};

}  // namespace fastmel::neon
