// The calls of the library on arrays: each checks its arguments, naming what does not fit, then
// runs.
#pragma once

#include <optional>

#include "array.h"
#include "frontend/post.h"
#include "plan.h"

namespace fastmel {

// y (..., n_samples) to out (..., n_features, n_frames), as one batch. Returns whether something
// was not finite.
bool run(const Plan& plan, const Array& y, const Array& out, const RunOptions& how);

// Frames first ... of a signal of n_samples, to out (n_features, n_frames). y (n,) has its samples
// from `begin` on.
bool run_range(const Plan& plan, const Array& y, const Array& out, Index first, Index begin,
               Index n_samples, const RunOptions& how);

// Item i: y[i] (n_samples,) to out[i] (n_features, n_frames), each a batch of its own. Returns the
// first in which something was not finite, or -1.
Index run_items(const Plan& plan, const std::vector<Array>& y, const std::vector<Array>& out,
                RunOptions how);

// spectrum (..., n_bins, n_frames) to out (..., n_out). Writes what the frames cover; the caller
// clears `out` if it is longer.
void invert(const Plan& plan, const Array& spectrum, const Array& out, double smallest,
            const RunOptions& how);

// S (..., n_inputs, n_frames) to out (..., n_bands, n_frames).
void apply(const Filterbank& filterbank, const Array& s, const Array& out, const Kernels& kernels,
           const Interrupt& interrupt);

// Elementwise over two arrays of equal layout without holes. `reference` and `peak` are feature
// values, by default the largest; the spec's own reference and scope are not used.
void apply(const LevelSpec& spec, const Array& s, const Array& out, std::optional<double> reference,
           std::optional<double> peak, Precision precision, const Kernels& kernels,
           const Interrupt& interrupt);

// features (..., n_features, n_frames) in place, each item on its own.
void normalize(const Array& features, const Normalization& how, const Kernels& kernels);

// The same in double, with statistics of the frames in a window of each.
void normalize(const Array& features, const Normalization& how, const Windows& windows);

// features (..., n_features, n_frames) to out, which may be the same array where the stages work in
// place. `features` is in part overwritten.
void apply(const Post& post, const Array& features, const Array& out, const Kernels& kernels);

// S, ref and out (n_rows, n_frames), state (n_rows,).
void pcen(const Array& s, const Array& ref, const Array& out, const Array& state, const Pcen& how,
          const Kernels& kernels);

// Deviates `first` and on of a seed.
void noise(std::uint64_t seed, Index first, const Array& out, const Kernels& kernels);

// One of the elementwise functions of Kernels::function.
void function(int which, const Array& x, const Array& out, const Kernels& kernels);

// cos and sin of 2 pi x / n, each rounded correctly where x and n are integers. All are (n,).
void circle(const Array& x, double n, const Array& cos, const Array& sin);

// f of each element, or, without f, its power: rounded correctly.
void exact(double (*f)(double), double exponent, const Array& x, const Array& out);

}  // namespace fastmel
