#include <cmath>

#include "specifications.h"

namespace fastmel {

namespace {

std::shared_ptr<const Filterbank> transform_of(const Config& config) {
  if (!config.n_mfcc) return nullptr;
  const CepstraSpec spec = cepstra_of(config);
  const std::vector<double> matrix = cepstral_matrix(spec);
  return std::make_shared<Filterbank>(matrix.data(), spec.n_mfcc, spec.n_bands + spec.use_energy,
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

}  // namespace

CepstraSpec cepstra_of(const Config& config) {
  CepstraSpec spec;
  spec.n_bands = config.n_mels.value_or(0);
  spec.n_mfcc = config.n_mfcc.value_or(0);
  spec.norm = named("mfcc_norm", config.mfcc_norm, dct_norms);
  spec.lifter = config.lifter;
  spec.lifter_offset = config.lifter_offset;
  spec.use_energy = config.use_energy;
  spec.htk_compat = config.htk_compat;
  return spec;
}

PostSpec post_of(const Config& config) {
  PostSpec spec;
  spec.cepstra = transform_of(config);
  if (config.normalize == "pcen") {
    spec.pcen = pcen_of(config);
  } else if (!config.normalize.empty()) {
    spec.normalization = normalization_of(config);
  }
  if (config.normalize_window) {
    const auto [before, after] = *config.normalize_window;
    spec.window = {before, after, config.normalize_min_window};
  }
  spec.stacking = config.stacking();
  spec.edge = config.stack_tail.is("edge");
  spec.filler = config.stack_tail.number.value_or(0);
  spec.shift = config.feature_shift.value_or(std::vector<double>());
  spec.gain = config.feature_gain.value_or(std::vector<double>());
  spec.half = config.dtype == "float16";
  return spec;
}

}  // namespace fastmel
