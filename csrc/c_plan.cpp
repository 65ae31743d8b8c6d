// The C interface of plans: structs of include/fastmel/fastmel.h become those of the core, which
// checks them.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "c_interface.h"
#include "dispatch.h"
#include "errors.h"
#include "plan.h"

struct fastmel_plan {
  fastmel::Plan plan;
};

namespace {

using namespace fastmel;

constexpr Precision precisions[] = {Precision::f32, Precision::f64};
constexpr Pad pads[] = {Pad::constant, Pad::edge, Pad::reflect, Pad::symmetric, Pad::linear_ramp};
constexpr Energy energies[] = {Energy::none, Energy::raw, Energy::windowed, Energy::spectrum};
constexpr Spectrum spectra[] = {Spectrum::complex, Spectrum::power};
constexpr Log logs[] = {Log::none, Log::ln, Log::log10, Log::log2, Log::ln_above_e};
constexpr Scope scopes[] = {Scope::item, Scope::batch, Scope::fixed};
constexpr Real reals[] = {Real::f32, Real::f64};

Preparation preparation_of(const fastmel_spec& spec) {
  Preparation made;
  made.any = spec.prepare != 0;
  made.begin = spec.window_begin;
  made.length = spec.window_length;
  made.dither = spec.dither;
  made.dither_seed = spec.dither_seed;
  made.remove_mean = spec.remove_mean != 0;
  made.preemphasis = spec.frame_preemphasis;
  made.energy = one_of("energy", spec.energy, energies);
  made.energy_gain = spec.energy_gain;
  made.energy_floor = spec.energy_floor;
  made.energy_last = spec.energy_last != 0;
  require(made.any || made.energy == Energy::none, "energy", "needs prepare");
  return made;
}

LevelSpec level_of(const fastmel_spec& spec) {
  LevelSpec made;
  Level& level = made.level;
  level.log = one_of("log", spec.log, logs);
  level.scale = spec.log_scale;
  level.floor = spec.log_floor;
  level.add = spec.log_add;
  level.has_range = spec.has_range != 0;
  level.range = spec.range;
  level.shift = spec.shift;
  level.gain = spec.gain;
  level.low = spec.low;
  level.high = spec.high;
  if (spec.reference_is_peak == 0) made.reference = spec.reference;
  made.scope = one_of("peak", spec.peak, scopes);
  made.fixed_peak = spec.fixed_peak;
  return made;
}

void check_numbers(const fastmel_spec& spec) {
  const std::pair<const char*, double> numbers[] = {
      {"scale", spec.scale},
      {"preemphasis", spec.preemphasis},
      {"dither", spec.dither},
      {"frame_preemphasis", spec.frame_preemphasis},
      {"energy_gain", spec.energy_gain},
      {"energy_floor", spec.energy_floor},
      {"power", spec.power},
      {"spectrum_floor", spec.spectrum_floor},
      {"spectrum_add", spec.spectrum_add},
      {"log_scale", spec.log_scale},
      {"log_floor", spec.log_floor},
      {"log_add", spec.log_add},
      {"reference", spec.reference},
      {"range", spec.range},
      {"fixed_peak", spec.fixed_peak},
      {"shift", spec.shift},
      {"gain", spec.gain},
      {"low", spec.low},
      {"high", spec.high},
  };
  for (const auto& [name, number] : numbers) require(!std::isnan(number), name, "must not be NaN");
}

void check_table(const char* name, const double* table, Index n) {
  const auto finite = [](double x) { return std::isfinite(x); };
  require(std::all_of(table, table + n, finite), name, "must be finite");
}

PlanSpec spec_of(const fastmel_spec& given) {
  check_numbers(given);
  PlanSpec spec;
  spec.precision = one_of("precision", given.precision, precisions);
  Framing& framing = spec.framing;
  framing.n_fft = given.n_fft;
  framing.hop_length = given.hop_length;
  framing.offset = given.offset;
  framing.before = one_of("pad_before", given.pad_before, pads);
  framing.after = one_of("pad_after", given.pad_after, pads);
  spec.emphasis.coefficient = given.preemphasis;
  spec.emphasis.first_has_previous = given.first_has_previous != 0;
  spec.preparation = preparation_of(given);
  spec.scale = given.scale;
  require(given.n_fft >= 1 && given.n_fft <= longest_hop, "n_fft", "must be in [1, 2**40]");
  require(given.window != nullptr, "window", "is null");
  check_table("window", given.window, given.n_fft);
  spec.window.assign(given.window, given.window + given.n_fft);
  spec.spectrum = one_of("spectrum", given.spectrum, spectra);
  spec.power = given.power;
  spec.spectrum_floor = given.spectrum_floor;
  spec.spectrum_add = given.spectrum_add;
  require(given.bands != nullptr || given.n_bands == 0, "bands", "is null, and n_bands is not 0");
  if (given.bands != nullptr) {
    const Index n_bins = given.n_fft / 2 + 1;
    require(given.n_bands >= 0 && given.n_bands <= longest_hop / n_bins, "n_bands",
            "must not be negative, nor make more than 2**40 weights");
    check_table("bands", given.bands, given.n_bands * n_bins);
    spec.filterbank =
        std::make_shared<Filterbank>(given.bands, given.n_bands, n_bins, spec.precision);
  }
  if (given.leveled != 0) spec.level = level_of(given);
  return spec;
}

Item item_of(const fastmel_item& given) {
  Item item;
  require(given.begin >= given.end || given.samples != nullptr, "samples", "is null");
  require(given.n_frames <= 0 || given.features != nullptr, "features", "is null");
  item.signal.data = given.samples;
  item.signal.type = sample_of(given.sample_type);
  item.signal.stride = given.sample_stride;
  item.signal.n_samples = given.n_samples;
  item.signal.begin = given.begin;
  item.signal.end = given.end;
  item.features.data = given.features;
  item.features.type = one_of("feature_type", given.feature_type, reals);
  item.features.feature_stride = given.feature_stride;
  item.features.frame_stride = given.frame_stride;
  item.first = given.first;
  item.n_frames = given.n_frames;
  return item;
}

fastmel_status report(Index bad) {
  if (bad < 0) return FASTMEL_OK;
  return failed(FASTMEL_NOT_FINITE, "samples are not finite, or their sums are not");
}

}  // namespace

void fastmel_spec_init_of_size(fastmel_spec* spec, size_t struct_size) {
  if (spec == nullptr) return;
  fastmel_spec made;
  std::memset(&made, 0, sizeof made);
  made.struct_size = struct_size;
  made.precision = FASTMEL_DOUBLE;
  made.scale = 1;
  made.energy_gain = 1;
  made.spectrum = FASTMEL_POWER;
  made.power = 2;
  made.log_scale = 1;
  made.log_floor = -infinity;
  made.reference = 1;
  made.gain = 1;
  made.low = -infinity;
  made.high = infinity;
  std::memcpy(spec, &made, std::min(struct_size, sizeof made));
}

fastmel_status fastmel_plan_create(const fastmel_spec* spec, fastmel_plan** plan) {
  if (plan != nullptr) *plan = nullptr;
  return guarded([&] {
    require(spec != nullptr, "spec", "is null");
    require(plan != nullptr, "plan", "is null");
    require(
        spec->struct_size != 0 && spec->struct_size <= sizeof(fastmel_spec), "struct_size",
        "is not one of this version: call fastmel_spec_init, and link the library of the header");
    fastmel_spec known;
    fastmel_spec_init(&known);
    std::memcpy(&known, spec, spec->struct_size);
    *plan = new fastmel_plan{Plan(spec_of(known), active_kernels())};
    return FASTMEL_OK;
  });
}

void fastmel_plan_free(fastmel_plan* plan) { delete plan; }

int64_t fastmel_n_features(const fastmel_plan* plan) {
  return plan == nullptr ? 0 : plan->plan.n_features();
}

fastmel_status fastmel_run(const fastmel_plan* plan, const float* signal, int64_t n_samples,
                           float* features, int64_t size, int64_t n_frames) {
  return guarded([&] {
    require(plan != nullptr, "plan", "is null");
    require(plan->plan.spec().spectrum == Spectrum::power, "plan",
            "has a complex spectrum: fastmel_run_items runs it");
    require(n_samples >= 0, "n_samples", "must not be negative");
    require(n_frames >= 0, "n_frames", "must not be negative");
    const Index n_features = plan->plan.n_features();
    require(n_features == 0 || n_frames <= size / n_features, "size",
            "is less than n_features * n_frames");
    fastmel_item item;
    item.samples = signal;
    item.sample_type = FASTMEL_FLOAT32;
    item.sample_stride = sizeof(float);
    item.n_samples = item.end = n_samples;
    item.begin = item.first = 0;
    item.features = features;
    item.feature_type = FASTMEL_FLOAT32;
    item.frame_stride = sizeof(float);
    item.feature_stride = n_frames * item.frame_stride;
    item.n_frames = n_frames;
    const Item made = item_of(item);
    return report(plan->plan.run(&made, 1, RunOptions()));
  });
}

fastmel_status fastmel_run_items(const fastmel_plan* plan, const fastmel_item* items,
                                 int64_t n_items, int workers, fastmel_interrupt interrupt,
                                 void* context, int64_t* bad_item) {
  if (bad_item != nullptr) *bad_item = -1;
  return guarded([&] {
    require(plan != nullptr, "plan", "is null");
    require(n_items >= 0, "n_items", "must not be negative");
    require(items != nullptr || n_items == 0, "items", "is null");
    require(workers >= 1, "workers", "must be at least 1");
    std::vector<Item> made(static_cast<std::size_t>(n_items));
    std::transform(items, items + n_items, made.begin(), item_of);
    Asked asked{interrupt, context};
    RunOptions how;
    how.workers = workers;
    how.interrupt = asked.interrupt_of_core();
    const Index bad = plan->plan.run(made.data(), n_items, how);
    if (bad_item != nullptr) *bad_item = bad;
    return report(bad);
  });
}

fastmel_status fastmel_samples_of(const fastmel_plan* plan, int64_t n_samples, int64_t first,
                                  int64_t n_frames, int64_t* begin, int64_t* end) {
  return guarded([&] {
    require(plan != nullptr, "plan", "is null");
    require(begin != nullptr && end != nullptr, "begin and end", "must not be null");
    const Span span = plan->plan.samples_of(n_samples, first, n_frames);
    *begin = span.empty() ? 0 : span.begin;
    *end = span.empty() ? 0 : span.end;
    return FASTMEL_OK;
  });
}
