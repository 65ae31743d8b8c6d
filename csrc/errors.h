// How the core refuses: the name of the argument, then what is accepted.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace fastmel {

class WrongType : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

template <class Error = std::invalid_argument>
inline void require(bool condition, const char* argument, const char* must) {
  if (!condition) throw Error(std::string(argument) + " " + must);
}

// What an error of an item begins with.
template <class Number>
std::string item_prefix(Number i) {
  return "item " + std::to_string(i) + ": ";
}

// f(), whose errors say of which item they are.
template <class F>
auto naming_item(std::ptrdiff_t i, F&& f) {
  try {
    return f();
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(item_prefix(i) + error.what());
  }
}

// The same, if there are several.
template <class F>
auto naming_item(std::ptrdiff_t i, std::ptrdiff_t n_items, F&& f) {
  return n_items == 1 ? f() : naming_item(i, f);
}

}  // namespace fastmel
