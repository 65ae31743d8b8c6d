// Mel filters: triangles between frequencies that are equally spaced in mels.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../chain.h"
#include "../names.h"

namespace fastmel {

enum class MelScale { slaney, htk, kaldi };
// On which axis the sides of the triangles are straight: Hz (librosa), mels (Kaldi, TensorFlow),
// bins to which the corners are rounded (python_speech_features); or Hz, the right side being the
// mirror of the left one (SpeechBrain).
enum class MelShape { hz, mel, bins, symmetric };
enum class MelExclude { none, dc, nyquist };
// What the weights are rounded to.
enum class Rounding { f16, f32, f64 };

constexpr Named<MelScale> mel_scales[] = {
    {"slaney", MelScale::slaney}, {"htk", MelScale::htk}, {"kaldi", MelScale::kaldi}};
constexpr Named<MelShape> mel_shapes[] = {{"hz", MelShape::hz},
                                          {"mel", MelShape::mel},
                                          {"bins", MelShape::bins},
                                          {"symmetric", MelShape::symmetric}};
constexpr Named<MelExclude> mel_exclusions[] = {
    {"none", MelExclude::none}, {"dc", MelExclude::dc}, {"nyquist", MelExclude::nyquist}};

constexpr Named<Rounding> roundings[] = {
    {"float16", Rounding::f16}, {"float32", Rounding::f32}, {"float64", Rounding::f64}};

// What the weights of a band are divided by: nothing; half its width, so that areas are equal; or
// their p-norm (infinity: the largest; 0: how many there are; -infinity: the least).
struct MelNorm {
  bool area = false;
  std::optional<double> p = std::nullopt;
};

constexpr Named<MelNorm> mel_norms[] = {
    {"slaney", {true}}, {"sum", {false, 1.0}}, {"max", {false, infinity}}};

struct MelSpec {
  double sample_rate = 22050;
  Index n_fft = 2048;
  Index n_mels = 128;
  double fmin = 0;
  std::optional<double> fmax;  // half the sample rate
  MelScale scale = MelScale::slaney;
  MelShape shape = MelShape::hz;
  MelNorm norm = {true};
  MelExclude exclude = MelExclude::none;
  double vtln_warp = 1, vtln_low = 100, vtln_high = -500;  // vtln_high < 0: below the Nyquist
  std::optional<Rounding> rounding;  // float32 where the shape is in Hz, else float64
};

// The weights of a few bins in each band: values[i] is that of bin bins[i] in band bands[i], in the
// order of bands, then bins.
struct MelFilters {
  Index n_mels = 0, n_bins = 0;
  std::vector<Index> bands, bins;
  std::vector<double> values;
  std::string warning;  // about bands that cover no bin; else empty

  std::vector<double> dense() const;  // n_mels rows of n_bins
};

// Throws std::invalid_argument for what is out of range.
MelFilters mel_filters(const MelSpec& spec);

// The same of edges in Hz, equally spaced or not, with triangles in Hz and without a norm: a band
// begins at each edge and ends at the next but one.
MelFilters mel_triangles(const std::vector<double>& edges, double sample_rate, Index n_fft,
                         Rounding rounding);

}  // namespace fastmel
