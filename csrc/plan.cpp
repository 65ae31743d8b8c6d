#include "plan.h"

#include <algorithm>
#include <new>

#include "errors.h"
#include "fft_rule.h"
#include "float_environment.h"

namespace fastmel {

namespace {

// Samples of one scale share a window.
Index scale_index(Sample sample) {
  return sample == Sample::i16 ? 1 : sample == Sample::i32 ? 2 : 0;
}

constexpr double pcm_scales[] = {1.0, 1.0 / 32768, 1.0 / 2147483648.0};

double pcm_scale_of(Sample sample) { return pcm_scales[scale_index(sample)]; }

PlanSpec checked(PlanSpec spec) {
  const Framing& framing = spec.framing;
  const Preparation& preparation = spec.preparation;
  const bool power = spec.spectrum == Spectrum::power;
  require(framing.n_fft >= 1 && framing.n_fft <= longest_hop, "n_fft", "must be in [1, 2**40]");
  require(framing.hop_length >= 1 && framing.hop_length <= longest_hop, "hop_length",
          "must be in [1, 2**40]");
  require(framing.offset >= -longest_hop && framing.offset <= longest_hop, "offset",
          "must be within 2**40");
  require(static_cast<Index>(spec.window.size()) == framing.n_fft, "window",
          "must have n_fft values");
  require(spec.emphasis.coefficient == 0 ||
              (framing.before != Pad::linear_ramp && framing.after != Pad::linear_ramp),
          "preemphasis", "of the signal goes with any pad_mode but linear_ramp");
  if (preparation.any) {
    check(preparation);
    require(preparation.begin < framing.n_fft &&
                preparation.length <= framing.n_fft - preparation.begin,
            "length", "of the window must end in the frame");
  }
  require(power || !spec.filterbank, "filterbank", "cannot follow a complex spectrum");
  require(power || !spec.level, "level", "cannot follow a complex spectrum");
  require(power || preparation.energy == Energy::none, "energy",
          "cannot accompany a complex spectrum");
  if (spec.filterbank) {
    require(spec.filterbank->n_inputs() == framing.n_fft / 2 + 1, "filterbank",
            "must have n_fft // 2 + 1 inputs");
    require(spec.filterbank->precision() == spec.precision, "filterbank",
            "must have the plan's precision");
  }
  return spec;
}

}  // namespace

void check(const Preparation& preparation) {
  require(preparation.begin >= 0, "begin", "of the window must not be negative");
  require(preparation.length >= 1, "length", "of the window must be positive");
}

Plan::Plan(PlanSpec spec, const Kernels& kernels)
    : spec_(checked(std::move(spec))),
      kernels_(kernels),
      fft_(kernels.make_fft(spec_.framing.n_fft, spec_.precision, fused()),
           FreeFft{&kernels, spec_.precision}) {
  if (!fft_) throw std::bad_alloc();
  scale_windows();
  // Kaldi's places of the energy: before the bands or after them, or that of bin 0.
  const bool energy = spec_.preparation.energy != Energy::none;
  n_features_ = spec_.framing.n_fft / 2 + 1;
  if (energy) energy_at_ = 0;
  if (spec_.filterbank) {
    const Index n_bands = spec_.filterbank->bands().n_bands;
    n_features_ = n_bands + (energy ? 1 : 0);
    if (energy && spec_.preparation.energy_last) energy_at_ = n_bands;
    if (energy_at_ == 0) first_value_ = 1;
  }
  if (spec_.level) {
    two_passes_ = !spec_.level->reference ||
                  (spec_.level->level.has_range && spec_.level->scope != Scope::fixed);
  }
}

// The window for each kind of samples, as it is and as the transform reads it.
void Plan::scale_windows() {
  const FloatEnvironment environment;
  const double scale = fft_scale() * spec_.scale;
  const auto arranged = [&](const auto& window) {
    auto out = window;
    out.resize(static_cast<std::size_t>(kernels_.arranged_size(fft_.get(), spec_.precision)));
    kernels_.arrange(fft_.get(), spec_.precision, window.data(), out.data());
    return out;
  };
  for (Index i = 0; i < 3; ++i) {
    const auto scaled = [&](double w) { return w * (scale * pcm_scales[i]); };
    if (spec_.precision == Precision::f64) {
      window64_[i].resize(spec_.window.size());
      std::transform(spec_.window.begin(), spec_.window.end(), window64_[i].begin(), scaled);
      arranged64_[i] = arranged(window64_[i]);
    } else {
      window32_[i].resize(spec_.window.size());
      std::transform(spec_.window.begin(), spec_.window.end(), window32_[i].begin(),
                     [&](double w) { return static_cast<float>(scaled(w)); });
      arranged32_[i] = arranged(window32_[i]);
    }
  }
}

Level Plan::level_for(Real type, double maximum) const {
  const LevelSpec& spec = *spec_.level;
  Level level = spec.level;
  level.reference = 0;
  // The peak is a feature, with floor and offset like the others; a number is taken as it is.
  if (!spec.reference) {
    level.reference = kernels_.level_of(level, spec_.precision, type, maximum);
  } else {
    level.floor = -infinity;
    level.add = 0;
    level.reference = kernels_.level_of(level, spec_.precision, type, *spec.reference);
    level.floor = spec.level.floor;
    level.add = spec.level.add;
  }
  if (level.log == Log::ln_above_e) level.reference = 0;  // the only one it has
  level.peak = spec.scope == Scope::fixed
                   ? spec.fixed_peak
                   : kernels_.level_of(level, spec_.precision, type, maximum);
  return level;
}

bool Plan::fused() const {
  return is_fused(spec_.framing.n_fft) && !spec_.inverse && !spec_.pocketfft;
}

double Plan::fft_scale() const { return fused() ? 0.5 : 1.0; }

// What precedes the window, which carries the scale of the samples.
Preparation Plan::preparation_for(Sample sample) const {
  Preparation preparation = spec_.preparation;
  const double scale = spec_.scale * pcm_scale_of(sample);
  preparation.dither /= scale;
  if (preparation.energy == Energy::raw) preparation.energy_gain *= scale * scale;
  if (preparation.energy == Energy::windowed) {
    preparation.energy_gain /= fft_scale() * fft_scale();
  }
  return preparation;
}

const void* Plan::window_for(Sample sample) const {
  const Index i = scale_index(sample);
  return spec_.precision == Precision::f64 ? static_cast<const void*>(window64_[i].data())
                                           : static_cast<const void*>(window32_[i].data());
}

const void* Plan::arranged_for(Sample sample) const {
  const Index i = scale_index(sample);
  return spec_.precision == Precision::f64 ? static_cast<const void*>(arranged64_[i].data())
                                           : static_cast<const void*>(arranged32_[i].data());
}

void Plan::invert(const Features& spectrum, Index n_frames, double smallest, void* out,
                  Index n_out) const {
  const SpareScratch::Loan scratch(spare_,
                                   kernels_.overlap_scratch_bytes(spec_.framing, spec_.precision));
  kernels_.overlap_add(spec_.framing, spec_.window.data(), fft_.get(), spectrum, n_frames, smallest,
                       out, n_out, scratch.data());
}

}  // namespace fastmel
