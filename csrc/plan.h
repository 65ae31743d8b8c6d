// A plan: one configuration made ready to run. Immutable after construction apart from a spare
// block of scratch memory, and shared by all threads.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "filterbank.h"
#include "kernels.h"
#include "scratch.h"

namespace fastmel {

// Over what the peak is taken that `range` (and a reference at the peak) refers to.
enum class Scope { item, batch, fixed };

struct LevelSpec {
  Level level;             // without reference and peak, which the plan finds for each run
  double reference;        // as a feature value, before the logarithm
  bool reference_is_peak;  // take the maximum instead
  Scope scope;
  double fixed_peak;  // of Scope::fixed, in units of the result before shift and gain
};

struct PlanSpec {
  Real precision;
  Framing framing;
  Emphasis emphasis;           // first_has_previous: the signal begins with its second sample
  FrameSteps steps;            // amplitudes as those of scaled samples
  double scale;                // of the samples
  std::vector<double> window;  // framing.n_fft values
  bool inverse;                // for invert() instead of run()
  bool pocketfft;              // also where the rule says fused: for comparisons
  Spectrum spectrum;
  double power;
  double floor, offset;                          // of |X|^2
  std::shared_ptr<const Filterbank> filterbank;  // may be null
  std::optional<LevelSpec> level;
};

// A batch: items of equal shape, the start of each given in bytes.
struct Batch {
  Signal signal;
  Features features;
  index n_frames;
  std::vector<index> signal_offset, features_offset;
};

// The item that begins `offset` bytes after the first.
inline Signal item_of(Signal signal, index offset) {
  signal.data = static_cast<const char*>(signal.data) + offset;
  return signal;
}

inline Features item_of(Features features, index offset) {
  features.data = static_cast<char*>(features.data) + offset;
  return features;
}

class Plan {
 public:
  Plan(PlanSpec spec, const Kernels& kernels);

  index n_features() const;
  bool fused() const;  // whether the transform is the fused one
  const PlanSpec& spec() const { return spec_; }
  const Kernels& kernels() const { return kernels_; }

  // Returns whether something was not finite: a sample, or a sum of samples that overflowed.
  bool run(const Batch& batch, index workers, Stage last_stage = Stage::store) const;

  // The inverse of the transform: n_out samples from `spectrum`, whose window fills the frame.
  // Sums of squared windows up to `smallest` are not divided by.
  void invert(const Features& spectrum, index n_frames, double smallest, void* out,
              index n_out) const;

 private:
  struct FreeFft {
    const Kernels* kernels;
    Real precision;
    void operator()(void* fft) const { kernels->free_fft(fft, precision); }
  };

  double fft_scale() const;  // that the window brings
  const void* window_for(Sample sample) const;
  const void* arranged_for(Sample sample) const;
  FrameSteps steps_for(Sample sample) const;
  Level level_for(Real type, double maximum) const;
  void finish(const Batch& batch, const std::vector<double>& maxima, index workers) const;

  PlanSpec spec_;
  const Kernels& kernels_;
  std::unique_ptr<void, FreeFft> fft_;
  // The window in the compute precision, times the scale of float, int16 and int32 samples.
  std::vector<double> window64_[3];
  std::vector<float> window32_[3];
  std::vector<double> arranged64_[3];
  std::vector<float> arranged32_[3];
  bool two_passes_ = false;  // the level needs the maximum of finished features
  mutable SpareScratch spare_;
};

}  // namespace fastmel
