// The steps before and after a chain, as Python's fastmel.steps has them: their parameters, and
// what they make of lengths. steps.inc is written from there.
#pragma once

#include <variant>
#include <vector>

#include "values.h"

namespace fastmel {

#define SAMPLE_STEP(step, ...) \
  struct step {                \
    __VA_ARGS__                \
  };
#define FEATURE_STEP SAMPLE_STEP
#define STEP_INTEGER(step, name, need, value, limits) Index name = value;
#define STEP_NUMBER(step, name, need, value, limits) double name = value;
#include "steps.inc"
#undef SAMPLE_STEP
#undef FEATURE_STEP
#undef STEP_INTEGER
#undef STEP_NUMBER

using SampleStep =
    std::variant<PadOrTrim, AppendSamples, PadToMultiple, PadToPatches, RepeatAndPad>;
using FeatureStep =
    std::variant<AppendFrames, PadOrTrimFrames, PadFramesToMultiple, CutFramesToMultiple,
                 FloorBelowMaximum, Deltas, ContextWindow, HalfPrecisionLog, Patches, StackFrames>;

// Reads an array of steps; throws std::invalid_argument for what is none.
std::vector<SampleStep> sample_steps(std::string_view parameter, const Json& json);
std::vector<FeatureStep> feature_steps(std::string_view parameter, const Json& json);

JsonText json_of(const SampleStep& step);
JsonText json_of(const FeatureStep& step);

// How many samples, or frames (of Patches: patches), become of `count`.
Index length_after(const SampleStep& step, Index count);
Index length_after(const FeatureStep& step, Index count);

// How many features per frame become of so many.
Index width_after(const FeatureStep& step, Index features);

}  // namespace fastmel
