#include "mel.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "../elementary.h"
#include "../errors.h"
#include "../float_environment.h"
#include "../framing.h"

namespace fastmel {

namespace {

using Values = std::vector<double>;

std::size_t to_size(Index n) { return static_cast<std::size_t>(n); }

// --- scales

// Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above, 27 mels for a
// factor 6.4.
constexpr double hz_per_mel = 200.0 / 3;
constexpr double log_start_hz = 1000;
constexpr double log_start_mel = log_start_hz / hz_per_mel;
constexpr double log_step = 1.8562979903656263 / 27;  // log(6.4)

double to_mels(double hz, MelScale scale) {
  switch (scale) {
    case MelScale::kaldi: return 1127 * exact_log(1 + hz / 700);
    case MelScale::htk: return 2595 * exact_log10(1 + hz / 700);
    case MelScale::slaney: break;
  }
  if (hz < log_start_hz) return hz / hz_per_mel;
  return log_start_mel + exact_log(hz / log_start_hz) / log_step;
}

double to_hz(double mels, MelScale scale) {
  switch (scale) {
    case MelScale::kaldi: return 700 * (exact_exp(mels / 1127) - 1);
    case MelScale::htk: return 700 * (exact_exp10(mels / 2595) - 1);
    case MelScale::slaney: break;
  }
  if (mels < log_start_mel) return hz_per_mel * mels;
  return log_start_hz * exact_exp(log_step * (mels - log_start_mel));
}

template <class F>
Values each(Values values, F&& f) {
  for (double& v : values) v = f(v);
  return values;
}

// As numpy.linspace rounds.
Values equally_spaced(double first, double last, Index n) {
  Values values(to_size(n));
  const double span = last - first, steps = static_cast<double>(n - 1), step = span / steps;
  for (Index i = 0; i < n; ++i) {
    const double x = static_cast<double>(i);
    values[to_size(i)] = (step == 0 ? x / steps * span : x * step) + first;
  }
  values.back() = last;
  return values;
}

// As numpy.fft.rfftfreq rounds.
Values bin_frequencies(double sample_rate, Index n_fft) {
  Values values(to_size(n_fft / 2 + 1));
  const double step = 1 / (static_cast<double>(n_fft) * (1 / sample_rate));
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<double>(k) * step;
  return values;
}

// Divides the middle of the range by the warp; straight lines join it to the fixed ends. The middle
// is as wide as it can be while neither it nor what becomes of it leaves the range from vtln_low to
// vtln_high.
double warped(double hz, const MelSpec& spec, double fmax, double vtln_high) {
  const double first = spec.vtln_low * std::max(1.0, spec.vtln_warp);
  const double last = vtln_high * std::min(1.0, spec.vtln_warp);
  const double from[] = {spec.fmin, first, last, fmax};
  const double to[] = {spec.fmin, first / spec.vtln_warp, last / spec.vtln_warp, fmax};
  if (!(hz >= from[0])) return to[0];
  if (hz >= from[3]) return to[3];
  const auto i = std::upper_bound(from, from + 4, hz) - from - 1;
  if (hz == from[i]) return to[i];
  const double slope = (to[i + 1] - to[i]) / (from[i + 1] - from[i]);
  return slope * (hz - from[i]) + to[i];
}

// --- bands

// Bins and the corners of bands, on the axis on which the sides are straight.
struct Triangles {
  Values bins, lower, centre, upper;

  // Bands that reach from the centre of one neighbour to that of the other.
  Triangles(const Values& edges, Values of)
      : bins(std::move(of)),
        lower(edges.begin(), edges.end() - 2),
        centre(edges.begin() + 1, edges.end() - 1),
        upper(edges.begin() + 2, edges.end()) {}
};

Values widths_of(const Values& edges) {
  Values widths(edges.size() - 2);
  for (std::size_t m = 0; m < widths.size(); ++m) widths[m] = edges[m + 2] - edges[m];
  return widths;
}

double round_to(Rounding rounding, double x) {
  if (rounding == Rounding::f64 || x == 0) return x;
  if (rounding == Rounding::f32) return static_cast<float>(x);
  const double unit = std::ldexp(1.0, std::max(std::ilogb(x), -14) - 10);
  const double rounded = std::nearbyint(x / unit) * unit;
  return std::fabs(rounded) > 65504 ? std::copysign(infinity, x) : rounded;
}

double least_normal(Rounding rounding) {
  return rounding == Rounding::f64 ? 0x1p-1022 : rounding == Rounding::f32 ? 0x1p-126 : 0x1p-14;
}

constexpr Index no_bin = -1;

// The bin without weight, if it is one.
Index excluded_bin(const MelSpec& spec) {
  if (spec.exclude == MelExclude::dc) return 0;
  const bool nyquist = spec.exclude == MelExclude::nyquist && spec.n_fft % 2 == 0;
  return nyquist ? spec.n_fft / 2 : no_bin;
}

// Adds a triangle's weights, rounded, times `gain`: of the bins from its lower to below its upper
// corner. The lower corner belongs to a band whose centre coincides with it.
void add_band(const Triangles& t, std::size_t m, double gain, Index excluded, Rounding rounding,
              MelFilters& to) {
  const double lower = t.lower[m], centre = t.centre[m], upper = t.upper[m];
  const auto begin = std::lower_bound(t.bins.begin(), t.bins.end(), lower) - t.bins.begin();
  const auto end = std::lower_bound(t.bins.begin(), t.bins.end(), upper) - t.bins.begin();
  for (auto k = begin; k < end; ++k) {
    if (k == excluded) continue;
    const double bin = t.bins[to_size(k)], foot = bin < centre ? lower : upper;
    const double weight = round_to(rounding, (bin - foot) / (centre - foot));
    to.bands.push_back(static_cast<Index>(m));
    to.bins.push_back(k);
    to.values.push_back(gain == 1 ? weight : round_to(rounding, weight * gain));
  }
}

// In the order of numpy.sum: by pairs, of runs of at most 128 numbers with eight sums each.
double sum(const double* x, std::size_t n) {
  if (n > 128) {
    const std::size_t half = n / 2 - n / 2 % 8;
    return sum(x, half) + sum(x + half, n - half);
  }
  double total = 0;
  if (n >= 8) {
    double r[8];
    std::copy_n(x, 8, r);
    const std::size_t whole = n - n % 8;
    for (std::size_t i = 8; i < whole; ++i) r[i % 8] += x[i];
    total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    x += whole;
    n -= whole;
  }
  for (std::size_t i = 0; i < n; ++i) total += x[i];
  return total;
}

double power(double x, double p) {
  return p == 1 ? x : p == 2 ? x * x : p == 0.5 ? std::sqrt(x) : exact_power(x, p);
}

double p_norm(const Values& row, double p) {
  if (p == infinity) return *std::max_element(row.begin(), row.end());
  if (p == -infinity) return *std::min_element(row.begin(), row.end());
  if (p == 0) {
    const auto positive = [](double v) { return v > 0; };
    return static_cast<double>(std::count_if(row.begin(), row.end(), positive));
  }
  const Values powers = each(row, [=](double v) { return power(v, p); });
  return power(sum(powers.data(), powers.size()), 1 / p);
}

// Divides the weights of the last band, which begin at `first`, by their norm, unless that
// underflows.
void normalize(MelFilters& filters, std::size_t first, double p, Rounding rounding) {
  Values row(to_size(filters.n_bins));
  for (std::size_t i = first; i < filters.values.size(); ++i) {
    row[to_size(filters.bins[i])] = filters.values[i];
  }
  const double length = p_norm(row, p);
  if (length < least_normal(rounding)) return;
  for (std::size_t i = first; i < filters.values.size(); ++i) {
    filters.values[i] = round_to(rounding, filters.values[i] / length);
  }
}

// `edges` are in Hz: a band that starts at 0 Hz may cover no bin, as in librosa.
std::string about_empty_bands(const Values& edges, const std::vector<bool>& filled) {
  std::size_t empty = 0, first = 0;
  for (std::size_t m = filled.size(); m-- > 0;) {
    if (filled[m] || edges[m] == 0) continue;
    ++empty;
    first = m;
  }
  if (empty == 0) return "";
  return std::to_string(empty) + " of " + std::to_string(filled.size()) +
         " mel bands cover no FFT bin and will always be zero (first: band " +
         std::to_string(first) +
         "): use fewer bands (n_mels), a longer FFT (n_fft), or a lower fmax";
}

// `widths` are what areas are measured in.
MelFilters bank(const Triangles& triangles, const Values& edges, const Values& widths,
                const MelNorm& norm, Index excluded, Rounding rounding) {
  MelFilters made;
  made.n_mels = static_cast<Index>(widths.size());
  made.n_bins = static_cast<Index>(triangles.bins.size());
  std::vector<bool> filled(widths.size());
  for (std::size_t m = 0; m < widths.size(); ++m) {
    const std::size_t first = made.values.size();
    add_band(triangles, m, norm.area ? 2 / widths[m] : 1, excluded, rounding, made);
    filled[m] = std::any_of(made.values.begin() + static_cast<std::ptrdiff_t>(first),
                            made.values.end(), [](double v) { return v > 0; });
    if (norm.p) normalize(made, first, *norm.p, rounding);
  }
  made.warning = about_empty_bands(edges, filled);
  return made;
}

// --- the whole

double upper_frequency(const MelSpec& spec) { return spec.fmax.value_or(spec.sample_rate / 2); }

double vtln_upper_frequency(const MelSpec& spec) {
  return spec.vtln_high + (spec.vtln_high < 0 ? spec.sample_rate / 2 : 0);
}

void check_warp(const MelSpec& spec) {
  const double warp = spec.vtln_warp, low = spec.vtln_low, high = vtln_upper_frequency(spec);
  const double fmax = upper_frequency(spec);
  const std::string vtln_high =
      "vtln_high=" + shown(spec.vtln_high) + " (that is, " + shown(high) + " Hz)";
  if (!(warp > 0 && std::isfinite(warp))) {
    throw std::invalid_argument("vtln_warp=" + shown(warp) + " must be finite and above 0");
  }
  if (spec.scale != MelScale::kaldi || spec.shape != MelShape::mel) {
    throw std::invalid_argument("vtln_warp needs mel_scale=\"kaldi\" and mel_shape=\"mel\"");
  }
  if (!(spec.fmin < low && low < high && high < fmax)) {
    throw std::invalid_argument("vtln_low=" + shown(low) + " and " + vtln_high +
                                " must lie in this order between fmin=" + shown(spec.fmin) +
                                " and fmax=" + shown(fmax));
  }
  if (!(low * std::max(1.0, warp) < high * std::min(1.0, warp))) {
    throw std::invalid_argument("vtln_warp=" + shown(warp) + " leaves nothing between vtln_low=" +
                                shown(low) + " and " + vtln_high);
  }
}

void check_transform(double sample_rate, Index n_fft) {
  if (!(sample_rate > 0 && std::isfinite(sample_rate))) {
    throw std::invalid_argument("sample_rate=" + shown(sample_rate) +
                                " must be finite and above 0");
  }
  require(n_fft >= 1 && n_fft <= longest_hop, "n_fft", "must be in [1, 2**40]");
}

void check(const MelSpec& spec) {
  check_transform(spec.sample_rate, spec.n_fft);
  require(spec.n_mels >= 1 && spec.n_mels <= longest_hop, "n_mels", "must be in [1, 2**40]");
  const double fmin = spec.fmin, fmax = upper_frequency(spec), p = spec.norm.p.value_or(0);
  if (!(std::isfinite(fmin) && std::isfinite(fmax) && fmin < fmax)) {
    throw std::invalid_argument("fmin=" + shown(fmin) + " must lie below fmax=" + shown(fmax) +
                                ", both finite");
  }
  if (spec.scale != MelScale::slaney && fmin <= -700) {
    throw std::invalid_argument("fmin=" + shown(fmin) +
                                " must lie above -700 Hz, where this mel_scale begins");
  }
  if (!(p >= 0 || p == -infinity)) {
    throw std::invalid_argument("mel_norm=" + shown(p) +
                                " is unknown: give 'slaney', None or a number p >= 0");
  }
  if (spec.vtln_warp != 1) check_warp(spec);
}

// Not inline, so that nothing of it is computed before the environment is set.
[[gnu::noinline]] MelFilters made(const MelSpec& spec) {
  const double fmax = upper_frequency(spec);
  const auto mels_of = [&](double hz) { return to_mels(hz, spec.scale); };
  Values mels = equally_spaced(mels_of(spec.fmin), mels_of(fmax), spec.n_mels + 2);
  Values edges = each(mels, [&](double m) { return to_hz(m, spec.scale); });
  if (spec.vtln_warp != 1) {
    const double vtln_high = vtln_upper_frequency(spec);
    edges = each(edges, [&](double hz) { return warped(hz, spec, fmax, vtln_high); });
    mels = each(edges, mels_of);
  }
  const Values frequencies = bin_frequencies(spec.sample_rate, spec.n_fft);
  const Index excluded = excluded_bin(spec);
  const Rounding rounding =
      spec.rounding.value_or(spec.shape == MelShape::hz ? Rounding::f32 : Rounding::f64);
  const auto banked = [&](const Triangles& triangles, const Values& widths) {
    return bank(triangles, edges, widths, spec.norm, excluded, rounding);
  };
  switch (spec.shape) {
    case MelShape::hz: break;
    case MelShape::mel: return banked({mels, each(frequencies, mels_of)}, widths_of(edges));
    case MelShape::bins: {
      const double size = static_cast<double>(spec.n_fft + 1);
      const Values whole =
          each(edges, [&](double hz) { return std::floor(size * hz / spec.sample_rate); });
      Values bins(frequencies.size());
      for (std::size_t k = 0; k < bins.size(); ++k) bins[k] = static_cast<double>(k);
      // An empty band has a width of 0, and no weight.
      return banked({whole, bins},
                    each(widths_of(whole), [](double w) { return std::max(w, 1.0); }));
    }
    case MelShape::symmetric: {
      Triangles triangles(edges, frequencies);
      Values widths(triangles.lower.size());
      for (std::size_t m = 0; m < widths.size(); ++m) {
        widths[m] = 2 * (triangles.centre[m] - triangles.lower[m]);
        triangles.upper[m] = triangles.lower[m] + widths[m];
      }
      return banked(triangles, widths);
    }
  }
  return banked({edges, frequencies}, widths_of(edges));
}

[[gnu::noinline]] MelFilters made(const Values& edges, double sample_rate, Index n_fft,
                                  Rounding rounding) {
  return bank({edges, bin_frequencies(sample_rate, n_fft)}, edges, widths_of(edges), MelNorm(),
              no_bin, rounding);
}

}  // namespace

std::vector<double> MelFilters::dense() const {
  std::vector<double> weights;
  if (n_mels > 0 && to_size(n_bins) > weights.max_size() / to_size(n_mels)) throw std::bad_alloc();
  weights.resize(to_size(n_mels) * to_size(n_bins));
  for (std::size_t i = 0; i < values.size(); ++i) {
    weights[to_size(bands[i] * n_bins + bins[i])] = values[i];
  }
  return weights;
}

MelFilters mel_filters(const MelSpec& spec) {
  const FloatEnvironment environment;
  check(spec);
  return made(spec);
}

MelFilters mel_triangles(const Values& edges, double sample_rate, Index n_fft, Rounding rounding) {
  check_transform(sample_rate, n_fft);
  require(edges.size() >= 3, "edges", "must be at least 3: those of a band");
  const FloatEnvironment environment;
  return made(edges, sample_rate, n_fft, rounding);
}

}  // namespace fastmel
