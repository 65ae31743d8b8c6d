// The table of one instruction set: everything that csrc/stages compiles once per target.
#pragma once

#include "chain.h"
#include "cpu.h"

namespace fastmel {

struct Kernels {
  const char* name;
  CpuNeeds needs;

  Index (*lanes)(Precision precision);

  // The variant's transform of n_fft points: the fused one, which is forward only, whose length
  // must be one that is_fused (fft_rule.h), and whose window must be scaled by 1/2; or pocketfft's.
  // Null when memory runs out.
  void* (*make_fft)(Index n_fft, Precision precision, bool fused);
  void (*free_fft)(void* fft, Precision precision);

  // A window of n_fft values as the transform reads it, and how many values that is. All are of the
  // transform's precision.
  Index (*arranged_size)(const void* fft, Precision precision);
  void (*arrange)(const void* fft, Precision precision, const void* window, void* out);

  // Frames first ... first + n_frames - 1 of one item (blocks_per_run * lanes at most), into
  // `features` (whose data is frame `first`). `scratch` holds scratch_bytes(), aligned to 64, and
  // belongs to the calling thread.
  Index (*scratch_bytes)(const Chain& chain, Sample sample);
  void (*run_frames)(const Chain& chain, const Signal& signal, const Features& features,
                     Index first, Index n_frames, void* scratch, Statistics* statistics);

  // n values `stride` elements apart, from `in` to `out` (which may be equal).
  void (*apply_level)(const Level& level, Precision precision, Real type, const void* in, void* out,
                      Index n, Index stride);
  // The logarithm that apply_level would use for a peak of x, before the range and affine map.
  double (*level_of)(const Level& level, Precision precision, Real type, double x);

  // The largest of n values; NaN if one is.
  double (*maximum)(Real type, const void* in, Index n);

  // scratch: (n_in + n_bands) vectors of 64 bytes.
  void (*project)(const Bands& bands, Precision precision, Index n_in, const Features& in,
                  const Features& out, Index n_frames, void* scratch);

  // In place, over features of n_features x n_frames. scratch: normalize_bytes().
  Index (*normalize_bytes)(Index n_features);
  void (*normalize)(const Normalization& how, const Features& features, Index n_features,
                    Index n_frames, void* scratch);

  // In the precision of the spectrum, which is that of the transform and of `out`.
  Index (*overlap_scratch_bytes)(const Framing& framing, Precision precision);
  void (*overlap_add)(const Framing& framing, const double* window, const void* fft,
                      const Features& spectrum, Index n_frames, double smallest, void* out,
                      Index n_out, void* scratch);

  // Rows of n_frames values, one after another.
  void (*pcen)(const Pcen& pcen, Real type, const void* s, const void* r, double* out, Index n_rows,
               Index n_frames, double* state);

  // n normal deviates of a seed: those that dither makes of the counters from `first` on.
  void (*noise)(std::uint64_t seed, Index first, double* out, Index n);

  // Elementwise functions for the tests of accuracy: 0 ln, 1 log10, 2 log2, 3 exp, 4 log1p,
  // 5 expm1 (3 to 5 in double only).
  void (*function)(int which, Real type, const void* in, void* out, Index n);
};

}  // namespace fastmel
