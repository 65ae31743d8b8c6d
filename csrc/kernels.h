// The table of one instruction set: everything that csrc/stages compiles once per target.
#pragma once

#include "chain.h"

namespace fastmel {

struct Kernels {
  const char* name;

  index (*lanes)(Real precision);

  // The variant's transform of n_fft points: the fused one, which is forward only, whose length
  // must be one that is_fused (fft_rule.h), and whose window must be scaled by 1/2; or pocketfft's.
  // Null when memory runs out.
  void* (*make_fft)(index n_fft, Real precision, bool fused);
  void (*free_fft)(void* fft, Real precision);

  // A window of n_fft values as the transform reads it, and how many values that is. All are of the
  // transform's precision.
  index (*arranged_size)(const void* fft, Real precision);
  void (*arrange)(const void* fft, Real precision, const void* window, void* out);

  // Frames first ... first + n_frames - 1 of one item (blocks_per_run * lanes at most), into
  // `features` (whose data is frame 0). `scratch` holds scratch_bytes(), aligned to 64, and belongs
  // to the calling thread.
  index (*scratch_bytes)(const Chain& chain, Sample sample);
  void (*run_frames)(const Chain& chain, const Signal& signal, const Features& features,
                     index first, index n_frames, void* scratch, Statistics* statistics);

  // n values `stride` elements apart, from `in` to `out` (which may be equal).
  void (*apply_level)(const Level& level, Real precision, Real type, const void* in, void* out,
                      index n, index stride);
  // The logarithm that apply_level would use for a peak of x, before the range and affine map.
  double (*level_of)(const Level& level, Real precision, Real type, double x);

  // scratch: (n_in + n_bands) vectors of 64 bytes.
  void (*project)(const Bands& bands, Real precision, index n_in, const Features& in,
                  const Features& out, index n_frames, void* scratch);

  // In place, over features of n_features x n_frames. scratch: normalize_bytes().
  index (*normalize_bytes)(index n_features);
  void (*normalize)(const Normalization& how, const Features& features, index n_features,
                    index n_frames, void* scratch);

  // In the precision of the spectrum, which is that of the transform and of `out`.
  index (*overlap_scratch_bytes)(const Framing& framing, Real precision);
  void (*overlap_add)(const Framing& framing, const double* window, const void* fft,
                      const Features& spectrum, index n_frames, double smallest, void* out,
                      index n_out, void* scratch);

  // Rows of n_frames values, one after another.
  void (*pcen)(const Pcen& pcen, Real type, const void* s, const void* r, double* out, index n_rows,
               index n_frames, double* state);

  // n normal deviates of a seed: those that dither makes of the counters 0 ... n - 1.
  void (*noise)(std::uint64_t seed, double* out, index n);

  // Elementwise functions for the tests of accuracy: 0 ln, 1 log10, 2 log2, 3 exp, 4 log1p,
  // 5 expm1 (3 to 5 in double only).
  void (*function)(int which, Real type, const void* in, void* out, index n);
};

}  // namespace fastmel
