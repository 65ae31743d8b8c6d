#include "post.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "../design/cepstra.h"
#include "../errors.h"
#include "../float_environment.h"
#include "feature_steps.h"
#include "sliding.h"

namespace fastmel {

namespace {

constexpr Named<EpsTo> eps_names[] = {
    {"std", EpsTo::deviation}, {"variance", EpsTo::variance}, {"floor", EpsTo::least}};

std::unique_ptr<Filterbank> cepstra_of(const Config& config) {
  if (!config.n_mfcc) return nullptr;
  CepstraSpec spec;
  spec.n_bands = config.n_mels.value_or(0);
  spec.n_mfcc = *config.n_mfcc;
  spec.norm = named("mfcc_norm", config.mfcc_norm, dct_norms);
  spec.lifter = config.lifter;
  spec.lifter_offset = config.lifter_offset;
  spec.use_energy = config.use_energy;
  spec.htk_compat = config.htk_compat;
  const std::vector<double> matrix = cepstral_matrix(spec);
  return std::make_unique<Filterbank>(matrix.data(), spec.n_mfcc, spec.n_bands + spec.use_energy,
                                      Precision::f64);
}

Normalization normalization_of(const Config& config) {
  Normalization how;
  how.divide = config.normalize == "mean_std";
  how.all = config.normalize_axis == "all";
  how.ddof = config.normalize_ddof;
  how.eps = config.normalize_eps;
  how.eps_to = named("normalize_eps_to", config.normalize_eps_to, eps_names);
  return how;
}

// librosa's (sqrt(1 + 4 t^2) - 1) / (2 t^2), without its cancellation for small t.
Pcen pcen_of(const Config& config) {
  const double t = config.pcen_time_constant * static_cast<double>(config.sample_rate) /
                   static_cast<double>(config.hop_length);
  Pcen made;
  made.b = 2 / (std::sqrt(1 + 4 * (t * t)) + 1);
  made.gain = config.pcen_gain;
  made.bias = config.pcen_bias;
  made.power = config.pcen_power;
  made.eps = config.pcen_eps;
  return made;
}

template <class T, class Operation>
void per_feature(Grid<T> grid, const std::vector<double>& values, Operation operation) {
  for (Index f = 0; f < grid.width; ++f) {
    const T value = static_cast<T>(values[static_cast<std::size_t>(f)]);
    for (Index t = 0; t < grid.frames; ++t) grid.at(t, f) = operation(grid.at(t, f), value);
  }
}

template <class Operation>
void per_feature(const Block& features, const std::optional<std::vector<double>>& values,
                 Operation operation) {
  if (!values) return;
  if (features.type() == Type::f64)
    per_feature(features.grid<double>(), *values, operation);
  else
    per_feature(features.grid<float>(), *values, operation);
}

Block halved(const Block& features) {
  Block out(Type::f16, features.frames(), features.width(), features.time_first());
  const Grid<Half> to = out.grid<Half>();
  const float* from = features.grid<float>().data;
  each(to, [&](Half& x) { x = Half(*from++); });
  return out;
}

}  // namespace

Post::Post(const Config& config) : config_(config), cepstra_(cepstra_of(config)) {}

bool Post::frame_by_frame() const {
  return config_.normalize.empty() && !config_.stacks() && config_.after.empty();
}

bool Post::in_place(Type type) const {
  const auto kept = [](const FeatureStep& s) {
    return std::holds_alternative<FloorBelowMaximum>(s);
  };
  return cepstra_ == nullptr && !config_.stacks() && type_after(type) == type &&
         std::all_of(config_.after.begin(), config_.after.end(), kept);
}

Type Post::type_after(Type type) const {
  if (config_.dtype == "float16") type = Type::f16;
  for (const FeatureStep& step : config_.after) type = fastmel::type_after(step, type);
  return type;
}

Index Post::frames_after(Index frames) const {
  frames = n_stacked(config_.stacking(), frames);
  for (const FeatureStep& step : config_.after) frames = length_after(step, frames);
  return frames;
}

void Post::check(Index frames) const {
  if (config_.normalize != "mean_std" || frames == 0) return;
  const Index width = config_.n_mfcc.value_or(config_.n_leveled());
  const Index values = config_.normalize_axis == "all" ? product("n_mels", frames, width) : frames;
  if (values > config_.normalize_ddof) return;
  refuse("samples are too few: their standard deviation over " + std::to_string(frames) +
         " frames is not defined");
}

Block Post::apply(Block features, const Kernels& kernels) const {
  const FloatEnvironment environment;
  if (cepstra_ != nullptr) features = cepstra(features, kernels);
  if (config_.normalize == "pcen")
    pcen(features, kernels);
  else if (!config_.normalize.empty())
    normalize(features, kernels);
  if (config_.stacks()) features = stacked(features);
  per_feature(features, config_.feature_shift, [](auto x, auto v) { return x + v; });
  per_feature(features, config_.feature_gain, [](auto x, auto v) { return x * v; });
  if (config_.dtype == "float16") features = halved(features);
  for (const FeatureStep& step : config_.after) {
    features = fastmel::apply(step, std::move(features), kernels);
  }
  return features;
}

Block Post::cepstra(const Block& features, const Kernels& kernels) const {
  Block out(features.type(), features.frames(), *config_.n_mfcc, features.time_first());
  cepstra_->apply(kernels, features.features(), out.features(), features.frames());
  return out;
}

// The kernel takes rows of adjacent frames and returns doubles.
void Post::pcen(const Block& features, const Kernels& kernels) const {
  const Pcen how = pcen_of(config_);
  const Index n_rows = features.width(), n_frames = features.frames();
  if (n_rows * n_frames == 0) return;
  Block rows(features.type(), n_frames, n_rows, false), out(Type::f64, n_frames, n_rows, false);
  copy(features, rows, {});
  std::vector<double> state(static_cast<std::size_t>(n_rows), 1 - how.b);
  const Real type = features.type() == Type::f64 ? Real::f64 : Real::f32;
  kernels.pcen(how, type, rows.data(), rows.data(), static_cast<double*>(out.data()), n_rows,
               n_frames, state.data());
  const Grid<double> made = out.grid<double>();
  const auto write = [&](auto grid) {
    for (Index f = 0; f < n_rows; ++f) {
      for (Index t = 0; t < n_frames; ++t) {
        grid.at(t, f) = static_cast<std::decay_t<decltype(grid.at(t, f))>>(made.at(t, f));
      }
    }
  };
  if (type == Real::f64)
    write(features.grid<double>());
  else
    write(features.grid<float>());
}

void Post::normalize(const Block& features, const Kernels& kernels) const {
  const Normalization how = normalization_of(config_);
  if (config_.normalize_window) {
    const auto [before, after] = *config_.normalize_window;
    normalize_in_windows(features, how, {before, after, config_.normalize_min_window});
    return;
  }
  if (features.frames() * features.width() == 0) return;
  const Scratch scratch(kernels.normalize_bytes(features.width()));
  kernels.normalize(how, features.features(), features.width(), features.frames(), scratch.data());
}

Block Post::stacked(const Block& features) const {
  const Stacking stacking = config_.stacking();
  Block out(features.type(), n_stacked(stacking, features.frames()),
            product("stack", features.width(), stacking.size), features.time_first());
  Copy how;
  how.step = stacking.stride;
  how.edge_before = true;
  how.edge_after = config_.stack_tail.is("edge");
  how.value = config_.stack_tail.number.value_or(0);
  for (Index i = 0; i < stacking.size; ++i) {
    how.first = i - stacking.left;
    how.column = i * features.width();
    copy(features, out, how);
  }
  return out;
}

}  // namespace fastmel
