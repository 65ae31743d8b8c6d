// Mel filters: triangles between frequencies that are equally spaced in mels.
#pragma once

#include <limits>
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

// What the weights of a band are divided by: nothing; half its width ("slaney": equal areas); or
// their p-norm (p = 1, "sum"; infinity, "max"; 0, how many they are; -infinity, the least).
struct MelNorm {
  bool area = false;
  std::optional<double> p;

  static MelNorm none() { return {}; }
  static MelNorm slaney() { return {true, std::nullopt}; }
  static MelNorm of_power(double p) { return {false, p}; }
};

struct MelSpec {
  double sample_rate = 22050;
  Index n_fft = 2048;
  Index n_mels = 128;
  double fmin = 0;
  std::optional<double> fmax;  // half the sample rate
  MelScale scale = MelScale::slaney;
  MelShape shape = MelShape::hz;
  MelNorm norm = MelNorm::slaney();
  MelExclude exclude = MelExclude::none;
  double vtln_warp = 1, vtln_low = 100, vtln_high = -500;  // vtln_high < 0: below the Nyquist
  std::optional<Rounding> rounding;  // float32 where the shape is in Hz, else float64
};

struct MelFilters {
  Index n_mels = 0, n_bins = 0;
  std::vector<double> weights;  // n_mels rows of n_bins
  std::string warning;          // about bands that cover no bin; else empty
};

// Throws std::invalid_argument for what is out of range.
MelFilters mel_filters(const MelSpec& spec);

// The same of the n_mels + 2 edges in Hz, equally spaced or not, with triangles in Hz.
MelFilters mel_triangles(const std::vector<double>& edges, double sample_rate, Index n_fft,
                         MelNorm norm, Rounding rounding);

}  // namespace fastmel
