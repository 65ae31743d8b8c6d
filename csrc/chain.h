// What one chain computes, as plain structs: the vocabulary that the plan, the kernels and the
// binding share. Nothing here owns memory; all sizes are 64-bit. Each struct is made by its
// members' names, and its defaults are those of a plain chain.
#pragma once

#include <cstdint>
#include <limits>

namespace fastmel {

using Index = std::int64_t;

enum class Sample { f32, f64, i16, i32 };  // integers are PCM: full scale is 1
enum class Real { f32, f64 };              // of features in memory
enum class Precision { f32, f64 };         // of the arithmetic
enum class Pad { constant, edge, reflect, symmetric, linear_ramp };
enum class Spectrum { complex, power };
// ln_above_e: t = ln x where x > e, else x; then t where t > e, else t / e.
enum class Log { none, ln, log10, log2, ln_above_e };
enum class Energy { none, raw, windowed, spectrum };

constexpr Index size_of(Sample s) { return s == Sample::i16 ? 2 : s == Sample::f64 ? 8 : 4; }
constexpr Index size_of(Real r) { return r == Real::f64 ? 8 : 4; }

constexpr double infinity = std::numeric_limits<double>::infinity();

// Frame t covers samples t*hop_length - offset ... + n_fft - 1; what lies outside the signal
// follows `before` and `after`.
struct Framing {
  Index n_fft = 0;
  Index hop_length = 0;
  Index offset = 0;
  Pad before = Pad::constant, after = Pad::constant;
};

// Pre-emphasis over the signal: y[i] = x[i] - coefficient * x[i - 1]. The first sample is as it is
// unless one precedes it in memory.
struct Emphasis {
  double coefficient = 0;
  bool first_has_previous = false;
};

// What happens to each frame before its window: noise, subtraction of the mean, pre-emphasis whose
// first sample precedes itself. `begin` and `length` say where in the frame the window lies.
// Amplitudes are those of the samples as they come, before PCM and other scales.
struct Preparation {
  bool any = false;
  Index begin = 0, length = 0;
  double dither = 0;
  std::uint64_t dither_seed = 0;
  bool remove_mean = false;
  double preemphasis = 0;
  Energy energy = Energy::none;  // a further feature: the sum of squares before or after
                                 // pre-emphasis and window, or of the bins
  double energy_gain = 1;        // its factor
  double energy_floor = 0;       // its least value
  bool energy_last = false;  // after the bands; else before them. Without bands it replaces bin 0.
};

// A filterbank as runs of nonzero weights: band m is the sum over j < count[m] of
// weights[first[m] + j] * spectrum[start[m] + j].
struct Bands {
  Index n_bands = 0;
  Index begin = 0, end = 0;  // the inputs that have weight in some band
  const Index* start = nullptr;
  const Index* count = nullptr;
  const Index* first = nullptr;
  const void* weights = nullptr;  // in the compute precision

  // The same for four bands together, made as wide as the widest of them by zeros: group g has
  // packed_count[g] times four weights from packed_first[g] on, one of each band, for the inputs
  // from packed_start[4 g + b] on. Without count where the zeros would be too many; what is left
  // of the bands after the last four is in no group.
  const Index* packed_start = nullptr;
  const Index* packed_count = nullptr;
  const Index* packed_first = nullptr;
  const void* packed_weights = nullptr;
};

// The logarithm and what follows it:
//   v = scale * log(max(x, floor) + add) - reference    (a level already, as is the peak)
//   v = max(v, peak - range)        when has_range; peak is v at the item's maximum x
//   y = (v + shift) * gain, within low and high
struct Level {
  Log log = Log::none;
  double scale = 1;
  double floor = -infinity;
  double add = 0;
  double reference = 0;
  bool has_range = false;
  double range = 0;
  double peak = 0;
  double shift = 0;
  double gain = 1;
  double low = -infinity, high = infinity;
};

// A signal of n_samples, of which samples begin ... end - 1 are in memory, a fixed number of bytes
// apart. `begin` is -1 where the sample before the first is there.
struct Signal {
  const void* data = nullptr;  // sample `begin`
  Sample type = Sample::f32;
  Index stride = 0;
  Index n_samples = 0;
  Index begin = 0, end = 0;
};

// One item's features: feature i of frame t lies at data + i*feature_stride + t*frame_stride
// (bytes). For complex spectra a feature is a (re, im) pair.
struct Features {
  void* data = nullptr;
  Real type = Real::f32;
  Index feature_stride = 0;
  Index frame_stride = 0;
};

// Where a run may stop, so that benchmarks can tell the stages apart.
enum class Stage { window, spectrum, mel, log, store };

struct Chain {
  Precision precision = Precision::f64;  // of everything between the samples and the result
  Framing framing;
  Emphasis emphasis;
  Preparation preparation;
  const void* window = nullptr;           // n_fft values in the compute precision, times all scales
  const void* arranged_window = nullptr;  // the same as the transform reads it
  const void* fft = nullptr;              // the variant's own transform
  Spectrum spectrum = Spectrum::power;
  double power = 2;              // exponent of |X|
  double spectrum_floor = 0;     // |X|^2 is at least this,
  double spectrum_add = 0;       // and this more
  const Bands* bands = nullptr;  // null: the spectrum itself
  Index n_features = 0;          // of a frame, all in all
  Index first_value = 0;         // the feature that the first band, or bin, is
  Index energy_at = -1;          // the feature that the energy is; -1: there is none
  const Level* level = nullptr;  // null: neither logarithm nor post-processing while in registers
  bool find_maximum = false;
  Stage last_stage = Stage::store;
};

// Blocks of frames that one call of a kernel computes at most: enough to write whole cache lines,
// and few enough for threads to share the work evenly.
constexpr Index blocks_per_run = 8;

// What a run of frames reports beside its output.
struct Statistics {
  double maximum = -infinity;  // of the features before the logarithm, if wanted
  bool not_finite = false;     // some frame sums to NaN or infinity
};

// Normalisation of features by their statistics; see stages/normalize.h.
enum class EpsTo { deviation, variance, least };

struct Normalization {
  bool divide = false;  // by the standard deviation
  bool all = false;     // statistics of all features together, not of each over time
  Index ddof = 0;
  double eps = 0;
  EpsTo eps_to = EpsTo::deviation;
};

// Ready-made coefficients of per-channel energy normalisation; see stages/pcen.h.
struct Pcen {
  double b = 1, gain = 0, bias = 0, power = 1, eps = 0;
};

}  // namespace fastmel
