// Names in the place of constants, as configurations and Python give them, and how names and
// numbers look in messages.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace fastmel {

// In quotes, on one line, and cut where it is long.
std::string quoted(std::string_view name);

// As short as it can be while it is this number.
std::string shown(double number);

template <class Value>
using Named = std::pair<std::string_view, Value>;

// The value of a name, which is `argument`.
template <class Value, std::size_t n>
Value named(const char* argument, std::string_view name, const Named<Value> (&table)[n]) {
  std::string accepted;
  for (const auto& [known, value] : table) {
    if (name == known) return value;
    accepted += (accepted.empty() ? "" : ", ") + std::string(known);
  }
  throw std::invalid_argument(std::string(argument) + "=" + quoted(name) +
                              "; accepted: " + accepted);
}

}  // namespace fastmel
