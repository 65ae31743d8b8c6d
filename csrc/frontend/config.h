// The parameters of a front end: those of Python's MelConfig, which documents them, with its
// defaults, limits and choices. parameters.inc is written from there.
#pragma once

#include <type_traits>

#include "../framing.h"
#include "steps.h"
#include "values.h"

namespace fastmel {

// As the limits of parameters.inc: nobody comes near, and a wrong number is no full memory.
constexpr Index longest_padding = Index{1} << 30;
constexpr Index most_weights = Index{1} << 27;  // of bands: a GiB

struct Padding {
  std::string_view name;        // "center" or "none"; else
  Index before = 0, after = 0;  // these
  Padding(const char* one) : name(one) {}
  Padding(std::string_view one, Index b = 0, Index a = 0) : name(one), before(b), after(a) {}
};

struct PadModes {
  std::string_view before, after;
  PadModes(const char* both) : before(both), after(both) {}
  PadModes(std::string_view b, std::string_view a) : before(b), after(a) {}
};

struct Matrix {
  Index rows = 0, columns = 0;
  std::vector<double> values;
};

// The types of the parameters that have a form of their own.
namespace own {
using before = std::vector<SampleStep>;
using after = std::vector<FeatureStep>;
struct window : Json {  // a name, an array of a name and parameters, or one of values
  window(const char* name) : Json{std::string(name)} {}
};
using padding = Padding;
using pad_mode = PadModes;
using mel_weights = std::optional<Matrix>;
using clip = std::optional<std::pair<double, double>>;
using normalize_window = std::optional<std::pair<Index, Index>>;
using feature_shift = std::optional<std::vector<double>>;
using feature_gain = std::optional<std::vector<double>>;
}  // namespace own

// Of integers that may be so large.
template <std::uint64_t most>
using IntegerUpTo = std::conditional_t<(most > std::uint64_t{INT64_MAX}), std::uint64_t, Index>;

struct Config {
#define SCHEMA(version) static constexpr int schema = version;
#define NAMES(name, ...) static constexpr std::string_view name##_names[] = {__VA_ARGS__};
#define INTEGER(name, value, limits) IntegerUpTo<limits.most> name = value;
#define OPTIONAL_INTEGER(name, value, limits) std::optional<Index> name = value;
#define NUMBER(name, value, limits) double name = value;
#define OPTIONAL_NUMBER(name, value, limits) std::optional<double> name = value;
#define FLAG(name, value) bool name = value;
#define CHOICE(name, value, ...) std::string_view name = value;
#define NUMBER_OR_NAME(name, value, limits, ...) NumberOrName name = value;
#define OWN(name, value) own::name name = value;
#include "parameters.inc"
#include "undefine_parameters.inc"

  // Throws std::invalid_argument for what is no configuration, or one of a newer schema. Parameters
  // that are left out have their defaults; "schema", "name" and "fastmel" are none.
  static Config from_json(const Json& json);
  // The same of values by their names; other names are passed over.
  static Config from_values(const JsonObject& values);
  // All parameters, after the schema and the name, which may be empty.
  std::string to_json(std::string_view name) const;

  std::vector<double> window_values() const;
  double upper_frequency() const;       // of the bands
  double vtln_upper_frequency() const;  // of the warped range
  double smallest() const;              // number above 0 in the precision of the computation
  Index n_leveled() const;              // features that leave the logarithm
  Index n_chained() const;              // and the stacking
  Index n_features() const;             // and the last step
  FrameRule frame_rule() const;
  bool stacks() const;
  Stacking stacking() const;
};

}  // namespace fastmel
