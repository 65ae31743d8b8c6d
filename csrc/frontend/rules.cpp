#include "rules.h"

#include <algorithm>
#include <cmath>

namespace fastmel {

namespace {

std::string text(double x) { return json_number(x); }
std::string text(Index x) { return std::to_string(x); }
std::string text(std::string_view x) { return x.empty() ? "None" : "'" + std::string(x) + "'"; }

void samples(const Config& c) {
  if (c.scale == 0) refuse("scale=0 leaves nothing of the samples");
  if (c.dtype == "float64" && c.precision == "single") {
    refuse("dtype=\"float64\" needs precision=\"double\", and precision=\"single\"");
  }
}

// The same view as in the list, which outlives the JSON.
template <std::size_t n>
std::string_view one_of(const char* name, const Json& json, const std::string_view (&names)[n]) {
  const auto* given = json.as<std::string>();
  const auto* known = given ? std::find(names, names + n, *given) : names + n;
  if (known != names + n) return *known;
  std::string accepted;
  for (const std::string_view one : names) {
    accepted += (accepted.empty() ? "\"" : ", \"") + std::string(one) + "\"";
  }
  refuse(fastmel::given(name, json) + " is unknown; accepted: " + accepted);
}

void read_padding(const Json& json, Config& c) {
  if (json.as<std::string>() != nullptr) {
    c.padding = Padding(one_of("padding", json, Config::padding_names), 0, 0);
    return;
  }
  const JsonArray& two = pair("padding", json, "a name or a pair");
  const IntegerLimits limits = integers(-longest_padding, longest_padding);
  const Index before = integer("padding", two[0], limits);
  c.padding = Padding({}, before, integer("padding", two[1], limits));
}

void read_pad_mode(const Json& json, Config& c) {
  if (json.as<JsonArray>() == nullptr) {
    const std::string_view mode = one_of("pad_mode", json, Config::pad_mode_names);
    c.pad_mode = {mode, mode};
    return;
  }
  const JsonArray& two = pair("pad_mode", json, "a name or a pair");
  const std::string_view before = one_of("pad_mode", two[0], Config::pad_mode_names);
  c.pad_mode = {before, one_of("pad_mode", two[1], Config::pad_mode_names)};
}

void read_window(const Json& json, Index length, Config& c) {
  std::vector<double> values = make_window(json, length);
  const auto* items = json.as<JsonArray>();
  if (items == nullptr || items->front().as<std::string>() != nullptr) {
    static_cast<Json&>(c.window) = json;
    return;
  }
  JsonArray plain(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) plain[i].value = values[i];
  c.window.value = std::move(plain);
}

void framing(const JsonObject& given, Config& c) {
  if (c.win_length > c.n_fft) {
    refuse("win_length=" + text(*c.win_length) + " exceeds n_fft=" + text(c.n_fft));
  }
  const Index length = c.win_length.value_or(c.n_fft);
  if (c.frame_length && *c.frame_length < length) {
    refuse("frame_length=" + text(*c.frame_length) + " is shorter than the window");
  }
  if (const Json* json = find(given, "window")) read_window(*json, length, c);
  if (const Json* json = find(given, "padding")) read_padding(*json, c);
  if (const Json* json = find(given, "pad_mode")) read_pad_mode(*json, c);
  const bool ramp = c.pad_mode.before == "linear_ramp" || c.pad_mode.after == "linear_ramp";
  if (ramp && !(c.padding.name == "center" && c.preemphasis_scope == "frame")) {
    refuse("pad_mode=\"linear_ramp\" needs padding=\"center\" and no pre-emphasis");
  }
}

Matrix matrix(const Json& json) {
  Matrix made;
  const auto* rows = json.as<JsonArray>();
  const auto wrong = [&] {
    refuse("mel_weights must be rows of numbers, of one length; got " + brief(json));
  };
  if (rows == nullptr || rows->empty()) wrong();
  for (const Json& row : *rows) {
    const auto* items = row.as<JsonArray>();
    if (items == nullptr) wrong();
    const auto width = static_cast<Index>(items->size());
    if (made.rows++ == 0) made.columns = width;
    if (width != made.columns) wrong();
    for (const Json& item : *items) {
      const auto* integer = item.as<JsonInteger>();
      if (integer != nullptr && integer->beyond) wrong();
      if (integer == nullptr && item.as<double>() == nullptr && item.as<bool>() == nullptr) wrong();
      if (const auto* real = item.as<double>()) {
        if (!std::isfinite(*real)) refuse("mel_weights must be finite");
      }
      made.values.push_back(number("mel_weights", item, numbers()));
    }
  }
  return made;
}

void bands(const JsonObject& given, Config& c) {
  const Json* json = find(given, "mel_weights");
  if (json != nullptr && !json->is_null()) {
    const Index bins = 1 + c.n_fft / 2;
    Matrix weights = matrix(*json);
    if (weights.columns != bins) {
      refuse("mel_weights has shape (" + text(weights.rows) + ", " + text(weights.columns) +
             "); (n_mels, " + text(bins) + ") is needed");
    }
    if (weights.rows != c.n_mels) {
      refuse("mel_weights has " + text(weights.rows) +
             " rows, and n_mels=" + (c.n_mels ? text(*c.n_mels) : "None"));
    }
    c.mel_weights = std::move(weights);
  }
  if (c.n_mels.value_or(1) > most_weights / (1 + c.n_fft / 2)) {
    refuse("n_mels=" + text(*c.n_mels) + " and n_fft=" + text(c.n_fft) +
           " make filters of more than " + text(most_weights) + " weights");
  }
  if (!(c.fmin < c.upper_frequency())) {
    refuse("fmin=" + text(c.fmin) + " must lie below fmax=" + text(c.upper_frequency()));
  }
  if (!c.n_mels && (c.mel_gain != 1 || c.mel_weights)) {
    refuse("mel_gain and mel_weights need bands, and n_mels is None");
  }
}

void warping(const Config& c) {
  const double warp = c.vtln_warp, low = c.vtln_low, high = c.vtln_upper_frequency();
  if (warp == 1) return;
  if (c.mel_scale != "kaldi" || c.mel_shape != "mel") {
    refuse("vtln_warp needs mel_scale=\"kaldi\" and mel_shape=\"mel\"");
  }
  const std::string range = "vtln_low=" + text(low) + " and vtln_high=" + text(c.vtln_high) +
                            " (that is, " + text(high) + " Hz)";
  if (!(c.fmin < low && low < high && high < c.upper_frequency())) {
    refuse(range + " must lie in this order between fmin=" + text(c.fmin) +
           " and fmax=" + text(c.upper_frequency()));
  }
  if (!(low * std::max(1.0, warp) < high * std::min(1.0, warp))) {
    refuse("vtln_warp=" + text(warp) + " leaves nothing between " + range);
  }
}

void energy(const Config& c) {
  if (!c.use_energy) return;
  if (c.energy_floor < c.smallest()) {
    refuse("energy_floor=" + text(c.energy_floor) + " must be above 0 in " +
           std::string(c.precision) + " precision: the logarithm of 0 is no number");
  }
  if (c.ref.is("max") || c.dynamic_range) {
    refuse("use_energy goes with neither ref='max' nor dynamic_range");
  }
  if (c.energy_of != "spectrum") return;
  const auto plain = [](const char* name, double value, int needed) {
    if (value == needed) return;
    refuse("energy_of=\"spectrum\" needs " + std::string(name) + "=" + std::to_string(needed) +
           "; got " + text(value));
  };
  plain("power", c.power, 2);
  plain("spectrum_floor", c.spectrum_floor, 0);
  plain("spectrum_offset", c.spectrum_offset, 0);
}

void read_clip(const Json& json, Config& c) {
  const JsonArray& two = pair("clip", json, "None or a pair of numbers");
  const double low = number("clip", two[0], numbers()), high = number("clip", two[1], numbers());
  if (!(low < high)) {
    refuse(fastmel::given("clip", json) + ": the first must lie below the second");
  }
  c.clip = {low, high};
}

void level(const JsonObject& given, Config& c) {
  if (c.log == "none") {
    if (!c.ref.is(1.0) || c.dynamic_range) {
      refuse("ref and dynamic_range need a logarithm, and log=\"none\"");
    }
  } else if (c.log_floor + c.log_offset < c.smallest()) {
    refuse("log_floor=" + text(c.log_floor) + " and log_offset=" + text(c.log_offset) +
           " must add up to more than 0 in " + std::string(c.precision) +
           " precision: the logarithm of 0 is no number");
  }
  if (c.log == "ln_above_e" && !c.ref.is(1.0)) {
    const std::string ref = c.ref.number ? text(*c.ref.number) : std::string(c.ref.name);
    refuse("ref=" + ref + " does not go with log=\"ln_above_e\"");
  }
  const Json* json = find(given, "clip");
  if (json != nullptr && !json->is_null()) read_clip(*json, c);
}

void read_per_feature(const JsonObject& given, const char* name, const Config& c,
                      std::optional<std::vector<double>>& values) {
  const Json* json = find(given, name);
  if (json == nullptr || json->is_null()) return;
  const auto* items = json->as<JsonArray>();
  if (items == nullptr || static_cast<Index>(items->size()) != c.n_chained()) {
    refuse(std::string(name) + " needs " + text(c.n_chained()) + " values, one per feature");
  }
  values.emplace();
  for (const Json& item : *items) values->push_back(number(name, item, numbers()));
}

void post(const JsonObject& given, Config& c) {
  if (c.n_mfcc && *c.n_mfcc > c.n_mels.value_or(0)) {
    refuse("n_mfcc=" + text(*c.n_mfcc) + " needs as many bands, and " +
           (c.n_mels ? "n_mels=" + text(*c.n_mels) : "n_mels is None"));
  }
  if (c.stack_left != 0 && !c.stacks()) {
    refuse("stack_left=" + text(c.stack_left) + " needs stack, and stack=1");
  }
  read_per_feature(given, "feature_shift", c, c.feature_shift);
  read_per_feature(given, "feature_gain", c, c.feature_gain);
}

void pcen_is_alone(const Config& c) {
  const auto needs = [](const char* what, const std::string& got) {
    refuse("normalize=\"pcen\" needs " + std::string(what) + "; got " + got);
  };
  if (c.log != "none") needs("log='none'", text(c.log));
  if (c.n_mfcc) needs("n_mfcc=None", text(*c.n_mfcc));
  if (c.use_energy) needs("use_energy=False", "True");
}

void statistics(const JsonObject& given, Config& c) {
  if (c.normalize == "pcen") pcen_is_alone(c);
  const char* name = "normalize_window";
  const Json* json = find(given, name);
  if (json == nullptr || json->is_null()) return;
  const JsonArray& two = pair(name, *json, "None or two numbers");
  const Index before = integer(name, two[0], integers(0)),
              after = integer(name, two[1], integers(0));
  const std::string window = "(" + text(before) + ", " + text(after) + ")";
  if ((c.normalize != "mean" && c.normalize != "mean_std") || c.normalize_axis != "time") {
    refuse("normalize_window=" + window +
           " needs normalize=\"mean\" or \"mean_std\" and normalize_axis=\"time\"; got " +
           text(c.normalize) + " and " + text(c.normalize_axis));
  }
  const Index least = c.normalize_min_window, frames = before + 1 + after;
  if (!(c.normalize_ddof < least && least <= frames)) {
    refuse("normalize_min_window=" + text(least) +
           " must be above normalize_ddof=" + text(c.normalize_ddof) + " and at most the " +
           text(frames) + " frames of normalize_window=" + window);
  }
  c.normalize_window = {before, after};
}

void steps(const Config& c) {
  for (std::size_t i = 0; i + 1 < c.after.size(); ++i) {
    if (std::holds_alternative<Patches>(c.after[i])) {
      refuse("after: Patches adds an axis, and must be the last step");
    }
  }
}

}  // namespace

void apply_rules(const JsonObject& given, Config& config) {
  samples(config);
  framing(given, config);
  bands(given, config);
  warping(config);
  energy(config);
  level(given, config);
  post(given, config);
  statistics(given, config);
  steps(config);
}

}  // namespace fastmel
