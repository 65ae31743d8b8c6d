// JSON values as parameters: each function returns what it accepts, or throws std::invalid_argument
// with the parameter's name, what was given, and what would do, in the words of the Python package.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../chain.h"
#include "json.h"

namespace fastmel {

[[noreturn]] void refuse(const std::string& why);

// A parameter's name and what it got, for a message.
std::string given(std::string_view name, const Json& json);

struct IntegerLimits {
  Index least;
  std::uint64_t most;
};

constexpr IntegerLimits integers(Index least, std::uint64_t most = std::uint64_t{1} << 40) {
  return {least, most};
}

struct NumberLimits {
  double at_least = -infinity, more_than = -infinity, at_most = infinity;
  constexpr NumberLimits least(double x) const { return {x, more_than, at_most}; }
  constexpr NumberLimits above(double x) const { return {at_least, x, at_most}; }
  constexpr NumberLimits most(double x) const { return {at_least, more_than, x}; }
};

constexpr NumberLimits numbers() { return {}; }

// true and false are 1 and 0 as in Python, also where numbers are wanted.
Index integer(std::string_view name, const Json& json, IntegerLimits limits);
std::uint64_t unsigned_integer(std::string_view name, const Json& json, IntegerLimits limits);
double number(std::string_view name, const Json& json, NumberLimits limits);
bool flag(std::string_view name, const Json& json);

// One of the names, each as a view of a literal; an empty one stands for null.
using Choices = std::initializer_list<std::string_view>;
std::string_view choice(std::string_view name, const Json& json, Choices accepted);

// A number, or a name that means something else.
struct NumberOrName {
  std::optional<double> number;
  std::string_view name;  // if it is no number; an empty one stands for null

  NumberOrName(double x) : number(x) {}
  NumberOrName(std::string_view x) : name(x) {}
  NumberOrName(const char* x) : name(x) {}
  bool is(std::string_view one) const { return !number && name == one; }
  bool is(double one) const { return number == one; }
};

NumberOrName number_or_name(std::string_view name, const Json& json, NumberLimits limits,
                            Choices accepted);

// An array of two; `accepted` says what else would do.
const JsonArray& pair(std::string_view name, const Json& json, const char* accepted);

// The entries of an object of JSON text, one after the other.
class JsonText {
 public:
  template <class Value>
  void entry(std::string_view name, const Value& value) {
    text_ += text_.empty() ? "{\"" : ", \"";
    (text_ += name) += "\": ";
    write(value);
  }
  std::string finished() const { return text_ + "}"; }

 private:
  void write(Index value) { text_ += std::to_string(value); }
  void write(std::uint64_t value) { text_ += std::to_string(value); }
  void write(bool value) { text_ += value ? "true" : "false"; }
  void write(double value) { text_ += json_number(value); }
  void write(std::string_view value);  // null if it is empty
  void write(const NumberOrName& value);
  void write(const Json& value);
  void write(const JsonText& value) { text_ += value.finished(); }
  template <class Value>
  void write(const std::optional<Value>& value) {
    if (value) {
      write(*value);
    } else {
      text_ += "null";
    }
  }
  template <class First, class Second>
  void write(const std::pair<First, Second>& value) {
    text_ += "[";
    write(value.first);
    text_ += ", ";
    write(value.second);
    text_ += "]";
  }
  template <class Value>
  void write(const std::vector<Value>& values) {
    text_ += "[";
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text_ += ", ";
      write(values[i]);
    }
    text_ += "]";
  }

  std::string text_;
};

}  // namespace fastmel
