#include "config.h"

#include <algorithm>
#include <cmath>

#include "../close_names.h"
#include "rules.h"

namespace fastmel {

namespace {

struct Parameter {
  const char* name;
  void (*read)(Config& config, const Json& json);
  void (*write)(const Config& config, JsonText& text);
};

void read_integer(Index& value, const char* name, const Json& json, IntegerLimits limits) {
  value = integer(name, json, limits);
}

void read_integer(std::uint64_t& value, const char* name, const Json& json, IntegerLimits limits) {
  value = unsigned_integer(name, json, limits);
}

// What a parameter with a form of its own is written as.
template <class Value>
const Value& written(const Value& value) {
  return value;
}

const Json& written(const own::window& window) { return window; }

Json written(const Padding& padding) {
  if (!padding.name.empty()) return {std::string(padding.name)};
  const auto integer = [](Index n) {
    const auto magnitude = static_cast<std::uint64_t>(std::abs(n));
    return Json{JsonInteger{n < 0, magnitude, false, static_cast<double>(n)}};
  };
  return {JsonArray{integer(padding.before), integer(padding.after)}};
}

Json written(const PadModes& modes) {
  if (modes.before == modes.after) return {std::string(modes.before)};
  return {JsonArray{{std::string(modes.before)}, {std::string(modes.after)}}};
}

template <class Step>
std::vector<JsonText> written(const std::vector<Step>& steps) {
  std::vector<JsonText> texts;
  for (const Step& step : steps) texts.push_back(json_of(step));
  return texts;
}

std::optional<std::vector<double>> written(const own::feature_shift& values) { return values; }

std::optional<std::vector<std::vector<double>>> written(const std::optional<Matrix>& matrix) {
  if (!matrix) return std::nullopt;
  std::vector<std::vector<double>> rows;
  for (Index i = 0; i < matrix->rows; ++i) {
    const auto begin = matrix->values.begin() + i * matrix->columns;
    rows.emplace_back(begin, begin + matrix->columns);
  }
  return rows;
}

// Those with a form of their own are read by the rules.
#define SCHEMA(version)
#define NAMES(name, ...)
#define ROW(name, ...)                                   \
  {#name,                                                \
   [](Config& config, const Json& json) {                \
     static_cast<void>(config), static_cast<void>(json); \
     __VA_ARGS__;                                        \
   },                                                    \
   [](const Config& config, JsonText& text) { text.entry(#name, written(config.name)); }},
#define INTEGER(name, value, limits) ROW(name, read_integer(config.name, #name, json, limits))
#define OPTIONAL_INTEGER(name, value, limits)                                \
  ROW(name, if (!json.is_null()) config.name = integer(#name, json, limits); \
      else config.name.reset())
#define NUMBER(name, value, limits) ROW(name, config.name = number(#name, json, limits))
#define OPTIONAL_NUMBER(name, value, limits)                                \
  ROW(name, if (!json.is_null()) config.name = number(#name, json, limits); \
      else config.name.reset())
#define FLAG(name, value) ROW(name, config.name = flag(#name, json))
#define CHOICE(name, value, ...) ROW(name, config.name = choice(#name, json, {__VA_ARGS__}))
#define NUMBER_OR_NAME(name, value, limits, ...) \
  ROW(name, config.name = number_or_name(#name, json, limits, {__VA_ARGS__}))
#define OWN(name, value) ROW(name, {})
constexpr Parameter parameters[] = {
#include "parameters.inc"
};
#include "undefine_parameters.inc"
#undef ROW

const JsonObject& checked_object(const Json& json) {
  const auto* object = json.as<JsonObject>();
  if (object == nullptr) refuse("text must be a JSON object; got " + brief(json));
  return *object;
}

void check_schema(const JsonObject& object) {
  const Json* json = find(object, "schema");
  if (json == nullptr || json->as<bool>() != nullptr) {
    if (json == nullptr || *json->as<bool>()) return;
  }
  const auto* schema = json->as<JsonInteger>();
  const std::string known = std::to_string(Config::schema);
  if (schema == nullptr || schema->negative || schema->magnitude < 1) {
    refuse(given("schema", *json) + " must be a number from 1 to " + known);
  }
  if (schema->magnitude > std::uint64_t{Config::schema}) {
    refuse(given("schema", *json) +
           ": a newer fastmel wrote this; fastmel " FASTMEL_VERSION " reads schema " + known +
           " and older");
  }
}

void check_names(const JsonObject& object) {
  std::vector<std::string_view> known, unknown, near;
  for (const Parameter& parameter : parameters) known.push_back(parameter.name);
  for (const auto& entry : object) {
    const std::string_view name = entry.first;
    if (name == "schema" || name == "name" || name == "fastmel") continue;
    if (std::find(known.begin(), known.end(), name) == known.end()) unknown.push_back(name);
  }
  if (unknown.empty()) return;
  std::sort(unknown.begin(), unknown.end());
  for (const std::string_view name : unknown) {
    for (const std::string_view one : close_names(name, known, 1, 0.5)) near.push_back(one);
  }
  const std::string advice = near.empty() ? "" : "; did you mean " + join(near, ", ") + "?";
  refuse("unknown parameters: " + brief(join(unknown, ", ")) + advice +
         " (a newer fastmel may have written it)");
}

}  // namespace

Config Config::from_json(const Json& json) {
  const JsonObject& object = checked_object(json);
  check_schema(object);
  check_names(object);
  return from_values(object);
}

Config Config::from_values(const JsonObject& values) {
  Config config;
  if (const Json* steps = find(values, "before")) config.before = sample_steps("before", *steps);
  if (const Json* steps = find(values, "after")) config.after = feature_steps("after", *steps);
  for (const Parameter& parameter : parameters) {
    if (const Json* given = find(values, parameter.name)) parameter.read(config, *given);
  }
  apply_rules(values, config);
  return config;
}

std::string Config::to_json(std::string_view name) const {
  JsonText text;
  text.entry("schema", Index{schema});
  text.entry("name", name);
  for (const Parameter& parameter : parameters) parameter.write(*this, text);
  return text.finished();
}

std::vector<double> Config::window_values() const {
  return make_window(window, win_length.value_or(n_fft));
}

double Config::upper_frequency() const {
  return fmax.value_or(mel_sample_rate.value_or(static_cast<double>(sample_rate)) / 2);
}

double Config::vtln_upper_frequency() const {
  const double rate = mel_sample_rate.value_or(static_cast<double>(sample_rate));
  return vtln_high + (vtln_high < 0 ? rate / 2 : 0);
}

double Config::smallest() const { return precision == "single" ? 0x1p-149 : 0x1p-1074; }

Index Config::n_leveled() const { return n_mels ? *n_mels + use_energy : 1 + n_fft / 2; }

Index Config::n_chained() const { return product("stack", n_mfcc.value_or(n_leveled()), stack); }

Index Config::n_features() const {
  Index width = n_chained();
  for (const FeatureStep& step : after) width = width_after(step, width);
  return width;
}

FrameRule Config::frame_rule() const {
  FrameRule rule;
  rule.count = named("frame_count", frame_count, frame_counts);
  rule.frame_length =
      frame_length.value_or(window_position == "left" ? win_length.value_or(n_fft) : n_fft);
  rule.hop_length = hop_length;
  const Index half = padding.name == "center" ? center_padding(rule.frame_length) : 0;
  rule.before = padding.name.empty() ? padding.before : half;
  rule.after = padding.name.empty() ? padding.after : half;
  return rule;
}

bool Config::stacks() const { return stack > 1 || stack_stride.value_or(1) > 1; }

Stacking Config::stacking() const {
  return {stack, stack_stride.value_or(stack), stack_left, stack_tail.is("drop")};
}

}  // namespace fastmel
