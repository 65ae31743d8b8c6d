#include "calls.h"

#include <algorithm>
#include <cmath>

#include "elementary.h"
#include "errors.h"
#include "float_environment.h"
#include "framing.h"
#include "frontend/block.h"
#include "frontend/sliding.h"
#include "unit_circle.h"

namespace fastmel {

namespace {

void require_axes(const Array& array, int least) {
  require(array.n_axes >= least && array.n_axes <= Array::most_axes, array.name,
          least == 1 ? "must have at least one axis" : "must have at least two axes");
}

// The first item of (..., n_features, n_frames).
Features features_of(const Array& array, Real type) {
  Features features;
  features.data = array.data;
  features.type = type;
  features.feature_stride = array.stride(2);
  features.frame_stride = array.stride(1);
  return features;
}

// The first item of y (..., n_samples) and out (..., n_features, n_frames).
Item item_of(const Plan& plan, const Array& y, const Array& out) {
  require_axes(y, 1);
  require_axes(out, 2);
  const bool complex = plan.spec().spectrum == Spectrum::complex;
  Item item;
  item.signal.type = sample_of(y);
  item.signal.data = y.data;
  item.signal.stride = y.stride(1);
  item.signal.n_samples = item.signal.end = y.extent(1);
  item.features = features_of(out, complex ? complex_of(out) : real_of(out));
  item.n_frames = out.extent(1);
  require_output(out);
  require(out.extent(2) == plan.n_features(), "out", "must have as many rows as the plan features");
  return item;
}

Item single_item_of(const Plan& plan, const Array& y, const Array& out) {
  const Item item = item_of(plan, y, out);
  require(y.n_axes == 1, "y", "must have one axis");
  require(out.n_axes == 2, "out", "must have two axes");
  return item;
}

// That no item of `out` shares memory with the item of `in` that it is made of.
void require_apart(const Items& in, const Array& in_array, int in_axes, const Items& out,
                   const Array& out_array, int out_axes) {
  for (Index i = 0; i < in.size(); ++i) {
    require(!may_overlap(lattice_of(in_array, in.at(i), in_axes),
                         lattice_of(out_array, out.at(i), out_axes)),
            out_array.name, "overlaps the input");
  }
}

// Of arrays without holes.
bool apart(const Array& a, const Array& b, Index unit_a, Index unit_b) {
  const char *end_a = a.data + a.size() * unit_a, *end_b = b.data + b.size() * unit_b;
  return end_a <= b.data || end_b <= a.data;
}

}  // namespace

bool run(const Plan& plan, const Array& y, const Array& out, const RunOptions& how) {
  const Item first = item_of(plan, y, out);
  const Items signals(y, 1), outputs(out, 2);
  require(signals.same_shape(outputs), "out", "must have y's leading axes");
  if (signals.size() == 1) return plan.run(&first, 1, how) >= 0;
  std::vector<Item> items(static_cast<std::size_t>(signals.size()), first);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].signal.data = signals.at(static_cast<Index>(i));
    items[i].features.data = outputs.at(static_cast<Index>(i));
  }
  return plan.run(items.data(), signals.size(), how) >= 0;
}

bool run_range(const Plan& plan, const Array& y, const Array& out, Index first, Index begin,
               Index n_samples, const RunOptions& how) {
  Item item = single_item_of(plan, y, out);
  require(begin >= 0 && begin <= unknown_length, "begin", "must be a position in the signal");
  require(first >= 0, "first", "must not be negative");
  item.first = first;
  item.signal.n_samples = n_samples;
  item.signal.begin = begin;
  item.signal.end = begin + y.extent(1);
  return plan.run(&item, 1, how) >= 0;
}

Index run_items(const Plan& plan, const std::vector<Array>& y, const std::vector<Array>& out,
                RunOptions how) {
  require(y.size() == out.size(), "out", "must have as many arrays as y");
  std::vector<Item> items(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) items[i] = single_item_of(plan, y[i], out[i]);
  how.one_batch = false;
  return plan.run(items.data(), static_cast<Index>(items.size()), how);
}

void invert(const Plan& plan, const Array& spectrum, const Array& out, double smallest,
            const RunOptions& how) {
  const PlanSpec& spec = plan.spec();
  require_axes(spectrum, 2);
  require_axes(out, 1);
  require(spec.inverse, "plan", "was made for the forward transform");
  const Features first = features_of(spectrum, complex_of(spectrum));
  require(real_of(out) == first.type, "out", "must be the real counterpart of the spectrum");
  require((spec.precision == Precision::f64) == (first.type == Real::f64), "spectrum",
          "must have the plan's precision");
  require_output(out);
  require(out.size() == 0 || out.extent(1) == 1 || out.stride(1) == size_of(first.type), "out",
          "must be contiguous in time");
  require(spectrum.extent(2) == spec.framing.n_fft / 2 + 1, "spectrum",
          "must have n_fft // 2 + 1 bins");
  const Index n_frames = spectrum.extent(1), n_out = out.extent(1);
  require(positions_fit(spec.framing, n_frames), "spectrum",
          "has more frames than positions in a signal");
  const Items spectra(spectrum, 2), signals(out, 1);
  require(spectra.same_shape(signals), "out", "must have the spectrum's leading axes");
  require_apart(spectra, spectrum, 2, signals, out, 1);
  parallel(spectra.size(), how.workers, how.interrupt, [&](Units units) {
    Features features = first;
    for (Index i = units.next(); i < spectra.size(); i = units.next()) {
      features.data = spectra.at(i);
      plan.invert(features, n_frames, smallest, signals.at(i), n_out);
    }
  });
}

void apply(const Filterbank& filterbank, const Array& s, const Array& out, const Kernels& kernels,
           const Interrupt& interrupt) {
  require_axes(s, 2);
  require_axes(out, 2);
  Features from = features_of(s, real_of(s)), to = features_of(out, real_of(out));
  require_output(out);
  require(s.extent(2) == filterbank.n_inputs(), "S",
          "must have as many rows as the matrix columns");
  require(out.extent(2) == filterbank.bands().n_bands, "out",
          "must have as many rows as the matrix");
  require(s.extent(1) == out.extent(1), "out", "must have as many frames as S");
  require(filterbank.precision() == Precision::f64 || to.type == Real::f32, "out",
          "must be float32: the matrix's precision is single");
  const Items inputs(s, 2), outputs(out, 2);
  require(inputs.same_shape(outputs), "out", "must have S's leading axes");
  require_apart(inputs, s, 2, outputs, out, 2);
  constexpr Index at_once = 4096;  // frames
  const Index n_frames = s.extent(1), pieces = (n_frames + at_once - 1) / at_once;
  parallel(inputs.size() * pieces, 1, interrupt, [&](Units units) {
    for (Index u = units.next(); u < inputs.size() * pieces; u = units.next()) {
      const Index t = u % pieces * at_once;
      from.data = inputs.at(u / pieces) + t * from.frame_stride;
      to.data = outputs.at(u / pieces) + t * to.frame_stride;
      filterbank.apply(kernels, from, to, std::min(at_once, n_frames - t));
    }
  });
}

void apply(const LevelSpec& spec, const Array& s, const Array& out, std::optional<double> reference,
           std::optional<double> peak, Precision precision, const Kernels& kernels,
           const Interrupt& interrupt) {
  const Real type = real_of(s);
  require(type == real_of(out), "out", "must have the dtype of S");
  require(precision == Precision::f64 || type == Real::f32, "out",
          "must be float32: the precision is single");
  require_output(out);
  bool same = s.n_axes == out.n_axes;
  for (int d = 0; same && d < s.n_axes; ++d) {
    same = s.shape[d] == out.shape[d] && (s.strides[d] == out.strides[d] || s.shape[d] <= 1);
  }
  const Index n = s.size(), size = size_of(type);
  require(same && (n == 0 || without_holes(s)), "out", "must have the layout of S, without holes");
  require(s.data == out.data || apart(s, out, size, size), "out", "overlaps S");
  const double maximum = reference && peak ? 0 : kernels.maximum(type, s.data, n);
  Level level = spec.level;
  level.add = 0;
  level.reference = kernels.level_of(level, precision, type, reference.value_or(maximum));
  level.add = spec.level.add;
  level.peak = kernels.level_of(level, precision, type, peak.value_or(maximum));
  constexpr Index at_once = Index{1} << 18;  // a multiple of all lanes
  const Index pieces = (n + at_once - 1) / at_once;
  parallel(pieces, 1, interrupt, [&](Units units) {
    for (Index u = units.next(); u < pieces; u = units.next()) {
      const Index i = u * at_once;
      kernels.apply_level(level, precision, type, s.data + i * size, out.data + i * size,
                          std::min(at_once, n - i), 1);
    }
  });
}

void normalize(const Array& features, const Normalization& how, const Kernels& kernels) {
  require_axes(features, 2);
  require(how.ddof >= 0, "ddof", "must not be negative");
  Features item = features_of(features, real_of(features));
  require_output(features);
  const Index n_features = features.extent(2), n_frames = features.extent(1);
  const Items items(features, 2);
  if (features.size() == 0) return;
  const Scratch scratch(kernels.normalize_bytes(n_features));
  for (Index i = 0; i < items.size(); ++i) {
    item.data = items.at(i);
    kernels.normalize(how, item, n_features, n_frames, scratch.data());
  }
}

void normalize(const Array& features, const Normalization& how, const Windows& windows) {
  require_axes(features, 2);
  require(how.ddof >= 0, "ddof", "must not be negative");
  const Type type = type_of(real_of(features));
  require_output(features);
  const Index n_frames = features.extent(1), n_features = features.extent(2);
  require(windows.size >= 1, "size", "must be positive");
  require(static_cast<Index>(windows.spans.size()) <= n_frames, "windows",
          "must be one for each frame at most");
  for (const Span& window : windows.spans) {
    require(0 <= window.begin && window.begin < window.end && window.end <= n_frames, "windows",
            "must hold frames that there are");
  }
  const Items items(features, 2);
  for (Index i = 0; i < items.size(); ++i) {
    normalize_in_windows(Block(type, items.at(i), n_frames, n_features, features.stride(1),
                               features.stride(2), false),
                         how, windows);
  }
}

void apply(const Post& post, const Array& features, const Array& out, const Kernels& kernels) {
  require_axes(features, 2);
  require_axes(out, 2);
  const Type from = type_of(real_of(features)), to = post.type_after(from);
  const bool half = to == Type::f16;
  require(half ? out.element == Element::f16 : type_of(real_of(out)) == to, "out",
          "must be of the type that becomes of the features");
  require_aligned(out, size_of(to));
  require_output(features);
  require_output(out);
  const Index n_frames = features.extent(1), width = features.extent(2);
  post.check("y", n_frames, width);
  require(out.extent(1) == post.frames_after(n_frames) && out.extent(2) == post.width_after(width),
          "out", "must have the shape that becomes of the features");
  const Items inputs(features, 2), outputs(out, 2);
  require(inputs.same_shape(outputs), "out", "must have the leading axes of the features");
  const bool in_place = post.in_place() && features.data == out.data;
  if (!in_place) require_apart(inputs, features, 2, outputs, out, 2);
  const bool time_first = features.stride(2) <= features.stride(1);
  for (Index i = 0; i < inputs.size(); ++i) {
    const Block result(to, outputs.at(i), out.extent(1), out.extent(2), out.stride(1),
                       out.stride(2), time_first);
    Block given(from, inputs.at(i), n_frames, width, features.stride(1), features.stride(2),
                time_first);
    const Block made = post.apply(std::move(given), kernels);
    if (made.data() != result.data()) copy(made, result, {});
  }
}

void pcen(const Array& s, const Array& ref, const Array& out, const Array& state, const Pcen& how,
          const Kernels& kernels) {
  const Real type = real_of(s);
  require(type == real_of(ref), "ref", "must have the dtype of S");
  for (const Array* array : {&out, &state}) {
    require<WrongType>(real_of(*array) == Real::f64, array->name, "must be float64");
    require_output(*array);
  }
  for (const Array* array : {&s, &ref, &out}) {
    require(array->n_axes == 2 && array->shape[0] == s.shape[0] && array->shape[1] == s.shape[1],
            array->name, "must have the two axes of S");
    require_contiguous(*array);
  }
  require_contiguous(state);
  require(state.size() == s.shape[0], "state", "must have a value for each row of S");
  const Index size = size_of(type), size64 = size_of(Real::f64);
  require(apart(s, out, size, size64) && apart(ref, out, size, size64) &&
              apart(state, out, size64, size64),
          "out", "overlaps another array");
  kernels.pcen(how, type, s.data, ref.data, reinterpret_cast<double*>(out.data), s.shape[0],
               s.shape[1], reinterpret_cast<double*>(state.data));
}

void noise(std::uint64_t seed, Index first, const Array& out, const Kernels& kernels) {
  require(first >= 0 && first <= furthest, "first", "must be in [0, 2**62]");
  require<WrongType>(real_of(out) == Real::f64, out.name, "must be float64");
  require_output(out);
  require_contiguous(out);
  kernels.noise(seed, first, reinterpret_cast<double*>(out.data), out.size());
}

void function(int which, const Array& x, const Array& out, const Kernels& kernels) {
  const Real type = real_of(x);
  require(type == real_of(out) && x.size() == out.size(), "out", "must have x's dtype and size");
  require(which < 3 || type == Real::f64, "x", "must be float64 for exp and its kin");
  require_output(out);
  require_contiguous(x);
  require_contiguous(out);
  kernels.function(which, type, x.data, out.data, x.size());
}

void circle(const Array& x, double n, const Array& cos, const Array& sin) {
  require(n > 0 && n <= 0x1p50, "n", "must be positive, and at most 2**50");
  for (const Array* array : {&x, &cos, &sin}) {
    require<WrongType>(real_of(*array) == Real::f64, array->name, "must be float64");
    require(array->n_axes == 1 && array->size() == x.size(), array->name,
            "must have one axis, and the size of x");
    require_contiguous(*array);
  }
  require_output(cos);
  require_output(sin);
  const double* from = reinterpret_cast<const double*>(x.data);
  require(std::all_of(from, from + x.size(), [](double v) { return std::fabs(v) <= 0x1p50; }), "x",
          "must lie within 2**50");
  const FloatEnvironment environment;
  circle_points(from, x.size(), n, reinterpret_cast<double*>(cos.data),
                reinterpret_cast<double*>(sin.data));
}

void exact(double (*f)(double), double exponent, const Array& x, const Array& out) {
  for (const Array* array : {&x, &out}) {
    require<WrongType>(real_of(*array) == Real::f64, array->name, "must be float64");
    require(array->size() == x.size(), array->name, "must have the size of x");
    require_contiguous(*array);
  }
  require_output(out);
  const double* from = reinterpret_cast<const double*>(x.data);
  const FloatEnvironment environment;
  std::transform(from, from + x.size(), reinterpret_cast<double*>(out.data),
                 [=](double v) { return f != nullptr ? f(v) : exact_power(v, exponent); });
}

}  // namespace fastmel
