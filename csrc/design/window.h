// Windows by name and parameters. The formulas are those of scipy.signal.windows, in operations
// whose bits do not depend on the machine.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "../chain.h"

namespace fastmel {

// The window of `length` points. A trailing "_periodic" or "_symmetric" of the name overrides
// `periodic`, and so do the windows that are symmetric by definition, "povey" and "sine".
//
// A parameter without a value has its default, as one that is left out at the end. The parameters
// of "general_cosine" are its coefficients, of which there is at least one.
//
// Throws std::invalid_argument for an unknown name, a wrong number of parameters, and parameters
// that make no window of finite values; WrongType for a parameter that is missing.
std::vector<double> make_window(std::string_view name,
                                const std::vector<std::optional<double>>& parameters, Index length,
                                bool periodic = true);

}  // namespace fastmel
