// JSON (RFC 8259) as a value: a strict reader, and the way in which numbers are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fastmel {

// An integer as it is written: its sign and magnitude, and the double that is nearest to it.
struct JsonInteger {
  bool negative = false;
  std::uint64_t magnitude = 0;  // of one that is beyond 64 bits the largest
  bool beyond = false;
  double nearest = 0;
};

struct Json;
using JsonArray = std::vector<Json>;
using JsonObject = std::vector<std::pair<std::string, Json>>;  // no name twice

struct Json {
  std::variant<std::monostate, bool, JsonInteger, double, std::string, JsonArray, JsonObject> value;

  bool is_null() const { return std::holds_alternative<std::monostate>(value); }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

// The value of a name, or null.
const Json* find(const JsonObject& object, std::string_view name);

// Reads a text that is one value. Numbers become the nearest doubles, whatever the locale; of a
// name that an object has twice the last value is taken. Throws std::invalid_argument, which says
// where the text is no JSON; text may be 64 MiB long, values 32
// deep, and objects have 1024 names.
Json read_json(std::string_view text);

// A number as Python writes it: the shortest that reads as the same double.
std::string json_number(double x);

// A value on one line for a message, as Python shows it, and not all of it where it is long.
std::string brief(const Json& json);
std::string brief(std::string_view text);

}  // namespace fastmel
