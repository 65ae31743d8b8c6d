// What one chain computes, as plain structs: the vocabulary that the plan, the kernels and the
// binding share. Nothing here owns memory; all sizes are 64-bit.
#pragma once

#include <cstdint>

namespace fastmel {

using index = std::int64_t;

enum class Sample { f32, f64, i16, i32 };  // integers are PCM: full scale is 1
enum class Real { f32, f64 };
enum class Pad { constant, edge, reflect, symmetric, linear_ramp };
enum class Spectrum { complex, power };
// ln_above_e: t = ln x where x > e, else x; then t where t > e, else t / e.
enum class Log { none, ln, log10, log2, ln_above_e };
enum class Energy { none, raw, windowed, spectrum };

constexpr index size_of(Sample s) { return s == Sample::i16 ? 2 : s == Sample::f64 ? 8 : 4; }
constexpr index size_of(Real r) { return r == Real::f64 ? 8 : 4; }

// Frame t covers samples t*hop_length - offset ... + n_fft - 1; what lies outside the signal
// follows `before` and `after`.
struct Framing {
  index n_fft;
  index hop_length;
  index offset;
  Pad before, after;
};

// Pre-emphasis over the signal: y[i] = x[i] - coefficient * x[i - 1]. The first sample is as it is
// unless one precedes it in memory.
struct Emphasis {
  double coefficient;
  bool first_has_previous;
};

// What happens to each frame before its window: noise, subtraction of the mean, pre-emphasis whose
// first sample precedes itself. `begin` and `length` say where in the frame the window lies.
// Amplitudes are those of the samples as they come, before PCM and other scales.
struct FrameSteps {
  bool any;
  index begin, length;
  double dither;
  std::uint64_t dither_seed;
  bool remove_mean;
  double preemphasis;
  Energy energy;        // a further feature: the sum of squares before or after pre-emphasis and
                        // window, or of the bins
  double energy_scale;  // its factor
  double energy_floor;  // its least value
  bool energy_last;     // after the bands; else before them. Without bands it replaces bin 0.
};

// A filterbank as runs of nonzero weights: band m is the sum over j < count[m] of
// weights[first[m] + j] * spectrum[start[m] + j].
struct Bands {
  index n_bands;
  index begin, end;  // the inputs that have weight in some band
  const index* start;
  const index* count;
  const index* first;
  const void* weights;  // in the compute precision

  // The same for four bands together, made as wide as the widest of them by zeros: group g has
  // packed_count[g] times four weights from packed_first[g] on, one of each band, for the inputs
  // from packed_start[4 g + b] on. Without count where the zeros would be too many; what is left
  // of the bands after the last four is in no group.
  const index* packed_start;
  const index* packed_count;
  const index* packed_first;
  const void* packed_weights;
};

// The logarithm and what follows it:
//   v = scale * log(max(x, floor) + add) - reference    (a level already, as is the peak)
//   v = max(v, peak - range)        when has_range; peak is v at the item's maximum x
//   y = (v + shift) * gain, within low and high
struct Level {
  Log log;
  double scale;
  double floor;
  double add;
  double reference;
  bool has_range;
  double range;
  double peak;
  double shift;
  double gain;
  double low, high;
};

// One item: samples a fixed number of bytes apart.
struct Signal {
  const void* data;
  Sample type;
  index n_samples;
  index stride;
};

// One item's features: feature i of frame t lies at data + i*feature_stride + t*frame_stride
// (bytes). For complex spectra a feature is a (re, im) pair.
struct Features {
  void* data;
  Real type;
  index feature_stride;
  index frame_stride;
};

// Where a run may stop, so that benchmarks can tell the stages apart.
enum class Stage { window, spectrum, mel, log, store };

struct Chain {
  Real precision;  // of everything between the samples and the result
  Framing framing;
  Emphasis emphasis;
  FrameSteps steps;
  const void* window;  // n_fft values in the compute precision, times the transform's scale
  const void* arranged_window;  // the same as the transform reads it
  const void* fft;              // the variant's own transform
  Spectrum spectrum;
  double power;        // exponent of |X|
  double floor;        // |X|^2 is at least this,
  double offset;       // and this more
  const Bands* bands;  // null: the spectrum itself
  const Level* level;  // null: neither logarithm nor post-processing while in registers
  bool find_maximum;
  Stage last_stage = Stage::store;
};

// Blocks of frames that one call of a kernel computes at most: enough to write whole cache lines,
// and few enough for threads to share the work evenly.
constexpr index blocks_per_run = 8;

// What a run of frames reports beside its output.
struct Statistics {
  double maximum;   // of the features before the logarithm, if wanted
  bool not_finite;  // some frame sums to NaN or infinity
};

// Normalisation of features by their statistics; see stages/normalize.h.
enum class EpsTo { deviation, variance, floor };

struct Normalization {
  bool divide;  // by the standard deviation
  bool all;     // statistics of all features together, not of each over time
  index ddof;
  double eps;
  EpsTo eps_to;
};

// Ready-made coefficients of per-channel energy normalisation; see stages/pcen.h.
struct Pcen {
  double b, gain, bias, power, eps;
};

}  // namespace fastmel
