// Which known names are like one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fastmel {

// Up to n of the known names that are like `name`, the most similar first. The similarity is that
// of Ratcliff and Obershelp (1988), as in Python's difflib: twice the characters in common blocks,
// as a share of all; at least `least` of it counts.
std::vector<std::string_view> close_names(std::string_view name,
                                          const std::vector<std::string_view>& known, std::size_t n,
                                          double least);

// A question about up to two of them, with a space at its end; or nothing.
std::string meant(std::string_view name, const std::vector<std::string_view>& known);

std::string join(const std::vector<std::string_view>& names, std::string_view separator);

}  // namespace fastmel
