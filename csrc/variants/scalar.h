// No vectors: lanes one after another, for processors that have no variant of their own.
#pragma once

#include "../cpu.h"

#define FASTMEL_VARIANT scalar
#define FASTMEL_ARCH xsimd::emulated<128>
#define XSIMD_WITH_EMULATED 1

namespace fastmel::scalar {

constexpr CpuNeeds needs{};

}  // namespace fastmel::scalar
