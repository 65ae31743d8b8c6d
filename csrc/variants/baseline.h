// SSE2, which every x86-64 has.
#pragma once

#include "../cpu.h"

#define FASTMEL_VARIANT baseline
#define FASTMEL_ARCH xsimd::sse2

namespace fastmel::baseline {

constexpr CpuNeeds needs{};

}  // namespace fastmel::baseline
