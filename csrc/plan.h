// A plan: one configuration made ready to run. Immutable after construction apart from a spare
// block of scratch memory, and shared by all threads.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "array.h"
#include "filterbank.h"
#include "framing.h"
#include "kernels.h"
#include "parallel.h"
#include "scratch.h"

namespace fastmel {

// Over what the peak is taken that `range` (and a reference at the peak) refers to.
enum class Scope { item, batch, fixed };

struct LevelSpec {
  Level level;                      // without reference and peak, which the plan finds for each run
  std::optional<double> reference;  // as a feature value, before the logarithm; none: the peak
  Scope scope = Scope::item;
  double fixed_peak = 0;  // of Scope::fixed, in units of the result before shift and gain
};

struct PlanSpec {
  Precision precision = Precision::f64;
  Framing framing;
  Emphasis emphasis;           // first_has_previous: the signal begins with its second sample
  Preparation preparation;     // amplitudes as those of scaled samples
  double scale = 1;            // of the samples
  std::vector<double> window;  // framing.n_fft values
  bool inverse = false;        // for invert() instead of run()
  bool pocketfft = false;      // also where the rule says fused: for comparisons
  Spectrum spectrum = Spectrum::power;
  double power = 2;                              // exponent of |X|
  double spectrum_floor = 0, spectrum_add = 0;   // of |X|^2
  std::shared_ptr<const Filterbank> filterbank;  // may be null
  std::optional<LevelSpec> level;
};

// Frames first ... first + n_frames - 1 of a signal, whose data may be a part of it, and where they
// go: the features' frame 0 is frame `first`.
struct Item {
  Signal signal;
  Features features;
  Index first = 0;
  Index n_frames = 0;
};

// The features from a frame on.
inline Features from_frame(Features features, Index frame) {
  features.data = static_cast<char*>(features.data) + frame * features.frame_stride;
  return features;
}

struct RunOptions {
  Index workers = 1;
  bool one_batch = true;      // Scope::batch means all items; else each on its own
  bool known_finite = false;  // samples, of which those that no frame reads are not looked at then
  Stage last_stage = Stage::store;
  Interrupt interrupt;
};

// Throws std::invalid_argument unless it suits some frame.
void check(const Preparation& preparation);

class Plan {
 public:
  // Throws std::invalid_argument, which names what does not fit, or std::bad_alloc.
  Plan(PlanSpec spec, const Kernels& kernels);

  Index n_features() const { return n_features_; }
  bool fused() const;                                      // whether the transform is the fused one
  bool needs_whole_signal() const { return two_passes_; }  // its level refers to a maximum
  const PlanSpec& spec() const { return spec_; }
  const Kernels& kernels() const { return kernels_; }

  // The samples of a signal that frames first ... first + n_frames - 1 are made of.
  Span samples_of(Index n_samples, Index first, Index n_frames) const;

  // Runs items of any lengths as one job. Returns the first of them in which something was not
  // finite (a sample, or a sum of samples that overflowed), or -1. Throws std::invalid_argument for
  // items that the plan cannot run, before it writes anything.
  Index run(const Item* items, Index n_items, const RunOptions& how) const;

  // The inverse of the transform: n_out samples from `spectrum`, whose window fills the frame.
  // Sums of squared windows up to `smallest` are not divided by.
  void invert(const Features& spectrum, Index n_frames, double smallest, void* out,
              Index n_out) const;

 private:
  struct FreeFft {
    const Kernels* kernels;
    Precision precision;
    void operator()(void* fft) const { kernels->free_fft(fft, precision); }
  };
  class ChainOf;
  class Maxima;

  void scale_windows();
  double fft_scale() const;  // that the window brings
  const void* window_for(Sample sample) const;
  const void* arranged_for(Sample sample) const;
  Preparation preparation_for(Sample sample) const;
  Level level_for(Real type, double maximum) const;
  Index frames_per_unit() const;
  Signal seen_by_kernels(Signal signal) const;
  Lattice output_of(const Item& item) const;
  void check_positions(Index n_samples, Index first, Index n_frames) const;
  void check(const Item& item) const;
  void check_apart(const Item* items, Index n_items) const;
  bool unread_samples_finite(const Item& item) const;
  void finish(const Item* items, Index n_items, const Maxima& maxima, const RunOptions& how) const;

  PlanSpec spec_;
  const Kernels& kernels_;
  std::unique_ptr<void, FreeFft> fft_;
  // The window in the compute precision, times the scale of float, int16 and int32 samples.
  std::vector<double> window64_[3];
  std::vector<float> window32_[3];
  // The same as the transform reads it.
  std::vector<double> arranged64_[3];
  std::vector<float> arranged32_[3];
  Index n_features_, first_value_ = 0, energy_at_ = -1;  // as of Chain
  bool two_passes_ = false;  // the level needs the maximum of finished features
  mutable SpareScratch spare_;
};

}  // namespace fastmel
