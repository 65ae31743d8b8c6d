#include <algorithm>
#include <memory>
#include <utility>

#include "../design/mel.h"
#include "../errors.h"
#include "../float_environment.h"
#include "specifications.h"

namespace fastmel {

namespace {

constexpr Named<Precision> precisions[] = {{"single", Precision::f32}, {"double", Precision::f64}};
constexpr Named<Pad> pads[] = {{"constant", Pad::constant},   {"edge", Pad::edge},
                               {"reflect", Pad::reflect},     {"reflect_repeatedly", Pad::reflect},
                               {"symmetric", Pad::symmetric}, {"linear_ramp", Pad::linear_ramp}};
constexpr Named<Energy> energies[] = {
    {"raw", Energy::raw}, {"windowed", Energy::windowed}, {"spectrum", Energy::spectrum}};
constexpr Named<Log> logs[] = {{"none", Log::none},   {"ln", Log::ln},
                               {"log10", Log::log10}, {"dB", Log::log10},
                               {"log2", Log::log2},   {"ln_above_e", Log::ln_above_e}};

MelNorm norm_of(const NumberOrName& norm) {
  if (norm.number) return {false, norm.number};
  return norm.name.empty() ? MelNorm() : named("mel_norm", norm.name, mel_norms);
}

MelFilters filters_of(const Config& config) {
  MelSpec spec;
  spec.sample_rate = config.mel_sample_rate.value_or(static_cast<double>(config.sample_rate));
  spec.n_fft = config.n_fft;
  spec.n_mels = *config.n_mels;
  spec.fmin = config.fmin;
  spec.fmax = config.fmax;
  spec.scale = named("mel_scale", config.mel_scale, mel_scales);
  spec.shape = named("mel_shape", config.mel_shape, mel_shapes);
  spec.norm = norm_of(config.mel_norm);
  const std::string_view exclude = config.mel_exclude.empty() ? "none" : config.mel_exclude;
  spec.exclude = named("mel_exclude", exclude, mel_exclusions);
  spec.vtln_warp = config.vtln_warp;
  spec.vtln_low = config.vtln_low;
  spec.vtln_high = config.vtln_high;
  return mel_filters(spec);
}

Preparation preparation_of(const Config& config, Index begin, Index length) {
  Preparation made;
  made.begin = begin;
  made.length = length;
  made.dither = config.dither_scope == "frame" ? config.dither : 0;
  made.dither_seed = config.dither_seed;
  made.remove_mean = config.remove_dc_offset;
  made.preemphasis = config.preemphasis_scope == "frame" ? config.preemphasis : 0;
  made.any = made.dither != 0 || made.remove_mean || made.preemphasis != 0 || config.use_energy;
  if (!made.any) return {};
  if (config.use_energy) made.energy = named("energy_of", config.energy_of, energies);
  made.energy_gain = config.energy_of == "spectrum" ? config.mel_gain : 1;
  made.energy_floor = config.energy_floor;
  made.energy_last = config.htk_compat;
  return made;
}

// With its maximum as reference every item has the peak 0.
Scope scope_of(const Config& config) {
  if (config.peak.number) return Scope::fixed;
  return config.peak.is("batch") && !config.ref.is("max") ? Scope::batch : Scope::item;
}

std::optional<LevelSpec> level_of(const Config& config) {
  const bool plain = config.log == "none";
  if (plain && config.shift == 0 && config.gain == 1 && !config.clip) return std::nullopt;
  LevelSpec made;
  Level& level = made.level;
  level.log = named("log", config.log, logs);
  level.shift = config.shift;
  level.gain = config.gain;
  std::tie(level.low, level.high) = config.clip.value_or(std::pair(-infinity, infinity));
  if (plain) {
    made.reference = 0;
    return made;
  }
  level.scale = config.log == "dB" ? 10 : 1;
  level.floor = config.log_floor;
  level.add = config.log_offset;
  level.has_range = config.dynamic_range.has_value();
  level.range = config.dynamic_range.value_or(0);
  made.reference = config.ref.number;
  made.scope = scope_of(config);
  made.fixed_peak = config.peak.number.value_or(0);
  return made;
}

}  // namespace

Weights weights_of(const Config& config) {
  if (config.mel_weights) return {config.mel_weights->values, ""};
  const MelFilters filters = filters_of(config);
  return {filters.dense(), filters.warning};
}

Bank bank_of(const Config& config) {
  if (!config.n_mels) return {};
  const FloatEnvironment environment;
  Weights weights = weights_of(config);
  for (double& weight : weights.dense) weight *= config.mel_gain;
  const auto precision = named("precision", config.precision, precisions);
  return {std::make_shared<Filterbank>(weights.dense.data(), *config.n_mels, 1 + config.n_fft / 2,
                                       precision),
          weights.warning};
}

PlanSpec plan_of(const Config& config, const std::vector<double>& window,
                 std::shared_ptr<const Filterbank> filterbank) {
  PlanSpec spec;
  const auto length = static_cast<Index>(window.size());
  require(length == config.win_length.value_or(config.n_fft), "window",
          "must have win_length values");
  const Index begin = config.window_position == "center" ? (config.n_fft - length) / 2 : 0;
  spec.precision = named("precision", config.precision, precisions);
  spec.framing.n_fft = config.n_fft;
  spec.framing.hop_length = config.hop_length;
  spec.framing.offset = config.frame_rule().before;
  spec.framing.before = named("pad_mode", config.pad_mode.before, pads);
  spec.framing.after = named("pad_mode", config.pad_mode.after, pads);
  spec.emphasis.coefficient = config.preemphasis_scope == "frame" ? 0 : config.preemphasis;
  spec.emphasis.first_has_previous = config.preemphasis_scope == "valid";
  spec.preparation = preparation_of(config, begin, length);
  spec.scale = config.scale;
  spec.window.assign(static_cast<std::size_t>(config.n_fft), 0.0);
  std::copy(window.begin(), window.end(), spec.window.begin() + begin);
  spec.power = config.power;
  spec.spectrum_floor = config.spectrum_floor;
  spec.spectrum_add = config.spectrum_offset;
  spec.filterbank = std::move(filterbank);
  spec.level = level_of(config);
  return spec;
}

}  // namespace fastmel
