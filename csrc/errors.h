// How the core refuses: the name of the argument, then what is accepted.
#pragma once

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

}  // namespace fastmel
