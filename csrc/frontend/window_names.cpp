// Windows as configurations give them: a name, an array of a name and parameters, or of values.
#include <cmath>

#include "../design/window.h"
#include "rules.h"

namespace fastmel {

namespace {

double value_of(const Json& json) {
  if (const auto* boolean = json.as<bool>()) return *boolean ? 1 : 0;
  if (const auto* integer = json.as<JsonInteger>()) {
    if (!integer->beyond) return integer->nearest;
  }
  if (const auto* real = json.as<double>()) return *real;
  refuse("window must hold numbers; got " + brief(json));
}

std::vector<double> values_of(const JsonArray& items) {
  std::vector<double> values;
  bool truth = true;  // as NumPy sees an array of nothing but true and false
  for (const Json& item : items) {
    values.push_back(value_of(item));
    if (!std::isfinite(values.back())) refuse("window is an array of values that are not finite");
    truth = truth && item.as<bool>() != nullptr;
  }
  if (truth) refuse("window is an array of dtype bool: real numbers are needed");
  return values;
}

// Without a suffix that says whether the window is symmetric.
std::string_view plain(std::string_view name) {
  for (const std::string_view suffix : {"_symmetric", "_periodic"}) {
    if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return name;
}

using Parameters = std::vector<std::optional<double>>;

Parameters parameters_of(std::string_view name, const JsonArray& items) {
  Parameters parameters;
  if (name == "general_cosine" || name == "general cosine") {
    const auto* terms = items.size() == 2 ? items[1].as<JsonArray>() : nullptr;
    if (terms == nullptr) refuse("window=" + std::string(name) + " needs a list of coefficients");
    for (const Json& term : *terms) parameters.emplace_back(value_of(term));
    return parameters;
  }
  for (std::size_t i = 1; i < items.size(); ++i) {  // null stands for a default
    parameters.push_back(items[i].is_null() ? std::nullopt : std::optional(value_of(items[i])));
  }
  return parameters;
}

}  // namespace

std::vector<double> make_window(const Json& window, Index length) {
  if (const auto* name = window.as<std::string>()) return make_window(*name, {}, length);
  const auto* items = window.as<JsonArray>();
  if (items == nullptr) {
    refuse(given("window", window) +
           " must be a name, (name, parameter, ...) or win_length values");
  }
  if (items->empty()) {
    refuse("window=(): the first entry of a tuple is the window's name");
  }
  if (const auto* name = items->front().as<std::string>()) {
    return make_window(*name, parameters_of(plain(*name), *items), length);
  }
  std::vector<double> values = values_of(*items);
  if (static_cast<Index>(values.size()) != length) {
    refuse("window is an array of shape (" + std::to_string(values.size()) +
           ",): win_length=" + std::to_string(length) + " needs (" + std::to_string(length) + ",)");
  }
  return values;
}

}  // namespace fastmel
