#include "values.h"

#include <cmath>
#include <stdexcept>

namespace fastmel {

namespace {

struct Whole {
  bool negative;
  std::uint64_t magnitude;
};

Whole whole(std::string_view name, const Json& json, IntegerLimits limits) {
  JsonInteger value;
  if (const auto* boolean = json.as<bool>()) {
    value.magnitude = *boolean ? 1 : 0;
  } else if (const auto* integer = json.as<JsonInteger>()) {
    value = *integer;
  } else {
    refuse(given(name, json) + " must be an integer of at least " + std::to_string(limits.least));
  }
  const auto least = static_cast<std::uint64_t>(std::abs(limits.least));
  const bool too_small = limits.least >= 0 ? value.negative || value.magnitude < least
                                           : value.negative && value.magnitude > least;
  if (too_small) refuse(given(name, json) + " must be at least " + std::to_string(limits.least));
  if (!value.negative && (value.beyond || value.magnitude > limits.most)) {
    refuse(given(name, json) + " must be at most " + std::to_string(limits.most));
  }
  return {value.negative, value.magnitude};
}

std::string quoted_choices(Choices accepted) {
  std::string text;
  for (const std::string_view one : accepted) {
    if (!text.empty()) text += ", ";
    text += one.empty() ? "None" : "\"" + std::string(one) + "\"";
  }
  return text;
}

}  // namespace

void refuse(const std::string& why) { throw std::invalid_argument(why); }

std::string given(std::string_view name, const Json& json) {
  return std::string(name) + "=" + brief(json);
}

Index integer(std::string_view name, const Json& json, IntegerLimits limits) {
  const Whole value = whole(name, json, limits);
  const auto magnitude = static_cast<Index>(value.magnitude);
  return value.negative ? -magnitude : magnitude;
}

std::uint64_t unsigned_integer(std::string_view name, const Json& json, IntegerLimits limits) {
  return whole(name, json, limits).magnitude;
}

double number(std::string_view name, const Json& json, NumberLimits limits) {
  double value = 0;
  if (const auto* boolean = json.as<bool>()) {
    value = *boolean ? 1 : 0;
  } else if (const auto* integer = json.as<JsonInteger>()) {
    value = integer->nearest;
    if (std::isinf(value)) refuse(given(name, json) + " is too large");
  } else if (const auto* real = json.as<double>()) {
    value = *real;
  } else {
    refuse(given(name, json) + " must be a number");
  }
  if (!std::isfinite(value)) refuse(given(name, json) + " must be finite");
  if (!(value > limits.more_than)) {
    refuse(given(name, json) + " must be above " + json_number(limits.more_than));
  }
  if (!(value >= limits.at_least)) {
    refuse(given(name, json) + " must be at least " + json_number(limits.at_least));
  }
  if (!(value <= limits.at_most)) {
    refuse(given(name, json) + " must be at most " + json_number(limits.at_most));
  }
  return value;
}

bool flag(std::string_view name, const Json& json) {
  if (const auto* boolean = json.as<bool>()) return *boolean;
  const auto* integer = json.as<JsonInteger>();
  if (integer != nullptr && !integer->negative && integer->magnitude <= 1) {
    return integer->magnitude == 1;
  }
  refuse(given(name, json) + " must be True or False");
}

std::string_view choice(std::string_view name, const Json& json, Choices accepted) {
  const auto* text = json.as<std::string>();
  for (const std::string_view one : accepted) {
    if (text != nullptr ? !one.empty() && *text == one : json.is_null() && one.empty()) return one;
  }
  refuse(given(name, json) + " is unknown; accepted: " + quoted_choices(accepted));
}

NumberOrName number_or_name(std::string_view name, const Json& json, NumberLimits limits,
                            Choices accepted) {
  if (json.as<std::string>() != nullptr) return choice(name, json, accepted);
  for (const std::string_view one : accepted) {
    if (one.empty() && json.is_null()) return one;
  }
  return number(name, json, limits);
}

const JsonArray& pair(std::string_view name, const Json& json, const char* accepted) {
  const auto* items = json.as<JsonArray>();
  if (items == nullptr || items->size() != 2) refuse(given(name, json) + " must be " + accepted);
  return *items;
}

// Names that configurations hold are ASCII without a backslash or a quote.
void JsonText::write(std::string_view value) {
  if (value.empty()) {
    text_ += "null";
  } else {
    ((text_ += '"') += value) += '"';
  }
}

void JsonText::write(const NumberOrName& value) {
  if (value.number) {
    write(*value.number);
  } else {
    write(value.name);
  }
}

void JsonText::write(const Json& json) {
  if (json.is_null()) text_ += "null";
  if (const auto* boolean = json.as<bool>()) write(*boolean);
  if (const auto* real = json.as<double>()) write(*real);
  if (const auto* text = json.as<std::string>()) write(std::string_view(*text));
  if (const auto* items = json.as<JsonArray>()) write(*items);
  if (const auto* integer = json.as<JsonInteger>()) {
    if (integer->negative) text_ += '-';
    write(integer->magnitude);
  }
}

}  // namespace fastmel
