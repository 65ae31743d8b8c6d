// What a configuration is checked for beyond the type and the range of each parameter: parameters
// that have a form of their own, and those that contradict each other.
#pragma once

#include "config.h"

namespace fastmel {

// Reads the parameters with a form of their own from `given` into `config`, whose other parameters
// are read already. Throws std::invalid_argument, in the words of the Python package.
void apply_rules(const JsonObject& given, Config& config);

// The values of the window that a configuration names. Throws std::invalid_argument.
std::vector<double> make_window(const Json& window, Index length);

}  // namespace fastmel
