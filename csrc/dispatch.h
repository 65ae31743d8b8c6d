// Which instruction set runs: decided once, at first use.
#pragma once

#include <string>
#include <vector>

#include "kernels.h"

namespace fastmel {

// Compiled into this build, best first; and those of them that this machine can run.
std::vector<std::string> compiled_variants();
std::vector<std::string> available_variants();

// The variant that FASTMEL_SIMD names, else the best available one. Throws std::invalid_argument
// if it names one that is unknown, not in this build, or beyond this machine.
const Kernels& active_kernels();

// A variant by name; the empty name is the active one.
const Kernels& kernels_named(const std::string& name);

}  // namespace fastmel
