// What happens to the samples of a signal before its chain: the steps, and dither of the signal.
#pragma once

#include <optional>

#include "../framing.h"
#include "../kernels.h"
#include "../lattice.h"
#include "../scratch.h"
#include "config.h"

namespace fastmel {

// Samples as the chain reads them: the caller's, or changed ones in memory of its own.
struct PreparedSignal {
  Signal signal;
  std::optional<Scratch> memory;
};

// How many samples the chain gets of so many.
Index prepared_length(const Config& config, Index n_samples);

PreparedSignal prepare(const Config& config, const Signal& signal, const Kernels& kernels);

// Where samples lie. Throws std::invalid_argument where they cannot be read.
Lattice checked(const Signal& signal);

// That no features lie where others do, or samples. Throws std::invalid_argument.
void check_apart(const std::vector<Lattice>& samples, const std::vector<Lattice>& features);

// The first sample that is NaN or infinite, and what it is; or nothing.
std::string not_finite(const Signal& signal);

}  // namespace fastmel
