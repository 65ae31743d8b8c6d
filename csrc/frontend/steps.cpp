#include "steps.h"

#include <algorithm>

#include "../close_names.h"
#include "../framing.h"

namespace fastmel {

namespace {

template <class Step>
struct Kind {
  std::string_view name;
  std::vector<std::string_view> parameters;
  Step (*read)(const JsonObject& object);
};

constexpr bool needed = true, optional = false;

// The parameter of a step, or null where it is left out and need not be there.
const Json* parameter(const char* step, const JsonObject& object, const char* name, bool need) {
  const Json* json = find(object, name);
  if (json == nullptr && need) refuse(std::string(step) + " needs " + name);
  return json;
}

#define STEP_INTEGER(step, name, need, value, limits)             \
  if (const Json* json = parameter(#step, object, #name, need)) { \
    made.name = integer(#name, *json, limits);                    \
  }
#define STEP_NUMBER(step, name, need, value, limits)              \
  if (const Json* json = parameter(#step, object, #name, need)) { \
    made.name = number(#name, *json, limits);                     \
  }
#define SAMPLE_STEP(step, ...)                     \
  step read(step made, const JsonObject& object) { \
    __VA_ARGS__                                    \
    return made;                                   \
  }
#define FEATURE_STEP SAMPLE_STEP
#include "steps.inc"
#undef SAMPLE_STEP
#undef FEATURE_STEP
#undef STEP_INTEGER
#undef STEP_NUMBER

#define STEP_INTEGER(step, name, need, value, limits) text.entry(#name, made.name);
#define STEP_NUMBER(step, name, need, value, limits) text.entry(#name, made.name);
#define SAMPLE_STEP(step, ...)                   \
  JsonText write(const step& made) {             \
    JsonText text;                               \
    text.entry("step", std::string_view(#step)); \
    __VA_ARGS__                                  \
    return text;                                 \
  }
#define FEATURE_STEP SAMPLE_STEP
#include "steps.inc"
#undef SAMPLE_STEP
#undef FEATURE_STEP
#undef STEP_INTEGER
#undef STEP_NUMBER

#define STEP_INTEGER(step, name, need, value, limits) #name,
#define STEP_NUMBER(step, name, need, value, limits) #name,
#define ROW(Any, step, ...) \
  {#step, {__VA_ARGS__}, [](const JsonObject& object) -> Any { return read(step(), object); }},
const std::vector<Kind<SampleStep>>& sample_kinds() {
  static const std::vector<Kind<SampleStep>> kinds = {
#define SAMPLE_STEP(step, ...) ROW(SampleStep, step, __VA_ARGS__)
#define FEATURE_STEP(step, ...)
#include "steps.inc"
#undef SAMPLE_STEP
#undef FEATURE_STEP
  };
  return kinds;
}

const std::vector<Kind<FeatureStep>>& feature_kinds() {
  static const std::vector<Kind<FeatureStep>> kinds = {
#define SAMPLE_STEP(step, ...)
#define FEATURE_STEP(step, ...) ROW(FeatureStep, step, __VA_ARGS__)
#include "steps.inc"
#undef SAMPLE_STEP
#undef FEATURE_STEP
  };
  return kinds;
}
#undef STEP_INTEGER
#undef STEP_NUMBER
#undef ROW

std::vector<std::string_view> step_names() {
  std::vector<std::string_view> names;
  for (const auto& kind : sample_kinds()) names.push_back(kind.name);
  for (const auto& kind : feature_kinds()) names.push_back(kind.name);
  return names;
}

const JsonObject& step_object(const Json& json, std::string& name) {
  const auto* object = json.as<JsonObject>();
  const Json* step = object != nullptr ? find(*object, "step") : nullptr;
  const auto* text = step != nullptr ? step->as<std::string>() : nullptr;
  if (text == nullptr) {
    refuse("a step must be an object with its name as \"step\"; got " + brief(json));
  }
  name = *text;
  return *object;
}

template <class Step>
void require_known(const Kind<Step>& kind, const JsonObject& object) {
  for (const auto& entry : object) {
    const auto& known = kind.parameters;
    if (entry.first == "step" ||
        std::find(known.begin(), known.end(), entry.first) != known.end()) {
      continue;
    }
    refuse(std::string(kind.name) + " has no parameter '" + brief(entry.first) + "'; " +
           meant(entry.first, known) + "a newer fastmel may have written it");
  }
}

template <class Step>
Step step_of(std::string_view parameter, const Json& json, const std::vector<Kind<Step>>& kinds,
             const char* expected) {
  std::string name;
  const JsonObject& object = step_object(json, name);
  for (const Kind<Step>& kind : kinds) {
    if (kind.name != name) continue;
    require_known(kind, object);
    return kind.read(object);
  }
  const std::vector<std::string_view> names = step_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    refuse("unknown step '" + brief(name) + "'; " + meant(name, names) + "there are " +
           join(names, ", "));
  }
  refuse(std::string(parameter) + " must hold steps of fastmel.steps that are a " + expected +
         "; got " + name);
}

template <class Step>
std::vector<Step> steps_of(std::string_view parameter, const Json& json,
                           const std::vector<Kind<Step>>& kinds, const char* expected) {
  const auto* items = json.as<JsonArray>();
  if (items == nullptr) {
    refuse(std::string(parameter) + " must be a list of steps; got " + brief(json));
  }
  std::vector<Step> steps;
  for (const Json& item : *items) steps.push_back(step_of(parameter, item, kinds, expected));
  return steps;
}

// Up to a multiple.
Index up(Index count, Index multiple) {
  return product("n_samples", (count + multiple - 1) / multiple, multiple);
}

struct Length {
  Index count;

  Index operator()(const PadOrTrim& s) const { return s.n_samples; }
  Index operator()(const AppendSamples& s) const {
    return count % s.every == s.remainder ? count + s.samples : count;
  }
  Index operator()(const PadToMultiple& s) const { return up(std::max(count, s.least), s.samples); }
  Index operator()(const PadToPatches& s) const {
    return s.first + up(std::max<Index>(0, count - s.first), s.hop);
  }
  Index operator()(const RepeatAndPad& s) const { return std::max(count, s.n_samples); }

  Index operator()(const AppendFrames& s) const { return count + s.frames; }
  Index operator()(const PadOrTrimFrames& s) const { return s.n_frames; }
  Index operator()(const PadFramesToMultiple& s) const { return up(count, s.frames); }
  Index operator()(const CutFramesToMultiple& s) const { return count - count % s.frames; }
  Index operator()(const FloorBelowMaximum&) const { return count; }
  Index operator()(const Deltas&) const { return count; }
  Index operator()(const ContextWindow&) const { return count; }
  Index operator()(const HalfPrecisionLog&) const { return count; }
  Index operator()(const Patches& s) const {
    return count < s.frames ? 0 : 1 + (count - s.frames) / s.hop;
  }
  Index operator()(const StackFrames& s) const { return count / s.frames; }
};

struct Width {
  Index features;

  template <class Step>
  Index operator()(const Step&) const {
    return features;
  }
  Index operator()(const Deltas& s) const { return product("after", features, 1 + s.order); }
  Index operator()(const ContextWindow& s) const {
    return product("after", features, s.before + 1 + s.after);
  }
  Index operator()(const StackFrames& s) const { return product("after", features, s.frames); }
};

}  // namespace

std::vector<SampleStep> sample_steps(std::string_view parameter, const Json& json) {
  return steps_of(parameter, json, sample_kinds(), "SampleStep");
}

std::vector<FeatureStep> feature_steps(std::string_view parameter, const Json& json) {
  return steps_of(parameter, json, feature_kinds(), "FeatureStep");
}

JsonText json_of(const SampleStep& step) {
  return std::visit([](const auto& one) { return write(one); }, step);
}

JsonText json_of(const FeatureStep& step) {
  return std::visit([](const auto& one) { return write(one); }, step);
}

Index length_after(const SampleStep& step, Index count) { return std::visit(Length{count}, step); }
Index length_after(const FeatureStep& step, Index count) { return std::visit(Length{count}, step); }

Index width_after(const FeatureStep& step, Index features) {
  return std::visit(Width{features}, step);
}

}  // namespace fastmel
