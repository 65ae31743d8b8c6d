// The binding, and the only file that knows Python: views of arrays, the GIL, nothing else.
//
// It expects what fastmel's Python layer has already validated, and refuses what would be unsafe:
// wrong dtypes, shapes that do not match, misaligned strides, read-only outputs.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "dispatch.h"
#include "elementary.h"
#include "float_environment.h"
#include "parallel.h"
#include "plan.h"
#include "unit_circle.h"

namespace py = pybind11;

namespace fastmel {
namespace {

template <class Value>
Value lookup(const std::map<std::string, Value>& table, const char* what, const std::string& name) {
  const auto found = table.find(name);
  if (found != table.end()) return found->second;
  std::string accepted;
  for (const auto& entry : table) accepted += (accepted.empty() ? "" : ", ") + entry.first;
  throw std::invalid_argument(std::string(what) + "='" + name + "'; accepted: " + accepted);
}

Real precision_named(const std::string& name) {
  return lookup<Real>({{"single", Real::f32}, {"double", Real::f64}}, "precision", name);
}

// Compared by kind and size: making a dtype to compare with costs more than a short call's share.
bool is(const py::dtype& dtype, char kind, index size) {
  return dtype.kind() == kind && dtype.itemsize() == size && dtype.byteorder() == '=';
}

Sample sample_of(const py::array& array) {
  const py::dtype dtype = array.dtype();
  if (is(dtype, 'f', 4)) return Sample::f32;
  if (is(dtype, 'f', 8)) return Sample::f64;
  if (is(dtype, 'i', 2)) return Sample::i16;
  if (is(dtype, 'i', 4)) return Sample::i32;
  throw py::type_error("samples must be float32, float64, int16 or int32");
}

Real real_of(const py::array& array, bool complex, const char* name) {
  const py::dtype dtype = array.dtype();
  if (is(dtype, complex ? 'c' : 'f', complex ? 8 : 4)) return Real::f32;
  if (is(dtype, complex ? 'c' : 'f', complex ? 16 : 8)) return Real::f64;
  throw py::type_error(std::string(name) + " must be " +
                       (complex ? "complex64 or complex128" : "float32 or float64"));
}

void require(bool condition, const std::string& message) {
  if (!condition) throw std::invalid_argument(message);
}

void require_aligned(const py::array& array, index unit, const char* name) {
  bool aligned =
      reinterpret_cast<std::uintptr_t>(array.data()) % static_cast<std::uintptr_t>(unit) == 0;
  for (py::ssize_t d = 0; d < array.ndim(); ++d) aligned = aligned && array.strides(d) % unit == 0;
  require(aligned, std::string(name) + " must be aligned, its strides multiples of the item size");
}

// Byte offsets of all items: every index of the leading axes, last of them fastest.
std::vector<index> item_offsets(const py::array& array, py::ssize_t trailing) {
  std::vector<index> offsets{0};
  for (py::ssize_t d = 0; d < array.ndim() - trailing; ++d) {
    std::vector<index> next;
    next.reserve(offsets.size() * static_cast<std::size_t>(array.shape(d)));
    for (index offset : offsets) {
      for (py::ssize_t i = 0; i < array.shape(d); ++i)
        next.push_back(offset + i * array.strides(d));
    }
    offsets = std::move(next);
  }
  return offsets;
}

// (..., n_features, n_frames), real or complex.
Features features_of(const py::array& array, bool complex, const char* name) {
  require(array.ndim() >= 2, std::string(name) + " must have at least two axes");
  const Real real = real_of(array, complex, name);
  require_aligned(array, size_of(real), name);
  const py::ssize_t last = array.ndim() - 1;
  return {const_cast<void*>(array.data()), real, array.strides(last - 1), array.strides(last)};
}

void require_writeable(const py::array& array) {
  require(array.writeable(), "out is read-only; a writeable array is needed");
}

using Window = py::array_t<double, py::array::c_style>;
using Dense = py::array_t<double, py::array::c_style>;

std::shared_ptr<Filterbank> make_filterbank(const Dense& dense, const std::string& precision) {
  require(dense.ndim() == 2, "the filterbank must be a matrix (n_bands, n_inputs)");
  return std::make_shared<Filterbank>(dense.data(), dense.shape(0), dense.shape(1),
                                      precision_named(precision));
}

void apply_filterbank(const Filterbank& filterbank, const py::array& in, const py::array& out,
                      const std::string& variant) {
  const Features from = features_of(in, false, "S");
  const Features to = features_of(out, false, "out");
  require_writeable(out);
  const py::ssize_t rows = in.ndim() - 2;
  require(in.shape(rows) == filterbank.n_inputs() &&
              out.shape(rows) == filterbank.bands().n_bands &&
              in.shape(rows + 1) == out.shape(rows + 1),
          "S and out do not fit the filterbank");
  require(filterbank.precision() == Real::f64 || to.type == Real::f32,
          "single precision writes float32");
  const std::vector<index> in_offset = item_offsets(in, 2), out_offset = item_offsets(out, 2);
  require(in_offset.size() == out_offset.size(), "S and out have different leading axes");
  const Kernels& kernels = kernels_named(variant);
  const index n_frames = in.shape(rows + 1);
  const py::gil_scoped_release release;
  for (std::size_t i = 0; i < in_offset.size(); ++i) {
    filterbank.apply(kernels, item_of(from, in_offset[i]), item_of(to, out_offset[i]), n_frames);
  }
}

LevelSpec make_level(const std::string& log, double scale, double floor, double add,
                     std::optional<double> reference, std::optional<double> range,
                     const std::string& scope, double fixed_peak, double shift, double gain,
                     double low, double high) {
  LevelSpec spec{};
  spec.level = {lookup<Log>({{"none", Log::none},
                             {"ln", Log::ln},
                             {"log10", Log::log10},
                             {"log2", Log::log2},
                             {"ln_above_e", Log::ln_above_e}},
                            "log", log),
                scale,
                floor,
                add,
                0.0,
                range.has_value(),
                range.value_or(0.0),
                0.0,
                shift,
                gain,
                low,
                high};
  spec.reference = reference.value_or(0.0);
  spec.reference_is_peak = !reference.has_value();
  spec.scope = lookup<Scope>(
      {{"item", Scope::item}, {"batch", Scope::batch}, {"fixed", Scope::fixed}}, "scope", scope);
  spec.fixed_peak = fixed_peak;
  return spec;
}

// Whether the elements fill one stretch of memory, in some order of the axes, upwards.
bool without_holes(const py::array& array) {
  std::vector<std::pair<index, index>> axes;  // stride, extent
  for (py::ssize_t d = 0; d < array.ndim(); ++d) {
    if (array.shape(d) != 1) axes.emplace_back(array.strides(d), array.shape(d));
  }
  std::sort(axes.begin(), axes.end());
  index expected = array.itemsize();
  for (const auto& [stride, extent] : axes) {
    if (stride != expected) return false;
    expected *= extent;
  }
  return true;
}

// Elementwise over two arrays of equal layout without holes. `reference` and `peak` are feature
// values; the constants of the spec's own reference and scope are not used.
void apply_level(const LevelSpec& spec, const py::array& in, const py::array& out, double reference,
                 double peak, const std::string& precision, const std::string& variant) {
  const Real compute = precision_named(precision);
  const Real type = real_of(in, false, "S");
  require(type == real_of(out, false, "out"), "S and out must have one dtype");
  require(compute == Real::f64 || type == Real::f32, "single precision writes float32");
  require_writeable(out);
  bool same = in.ndim() == out.ndim();
  for (py::ssize_t d = 0; same && d < in.ndim(); ++d) {
    same = in.shape(d) == out.shape(d) && (in.strides(d) == out.strides(d) || in.shape(d) <= 1);
  }
  require(same && (in.size() == 0 || without_holes(in)),
          "S and out must have one layout, without holes");
  require_aligned(in, size_of(type), "S");
  require_aligned(out, size_of(type), "out");
  const Kernels& kernels = kernels_named(variant);
  const index n = in.size();
  const void* from = in.data();
  void* to = const_cast<void*>(out.data());
  const py::gil_scoped_release release;
  Level level = spec.level;
  level.add = 0;
  level.reference = kernels.level_of(level, compute, type, reference);
  level.add = spec.level.add;
  level.peak = kernels.level_of(level, compute, type, peak);
  kernels.apply_level(level, compute, type, from, to, n, 1);
}

Pad pad_named(const std::string& name) {
  return lookup<Pad>({{"constant", Pad::constant},
                      {"edge", Pad::edge},
                      {"reflect", Pad::reflect},
                      {"symmetric", Pad::symmetric},
                      {"linear_ramp", Pad::linear_ramp}},
                     "pad_mode", name);
}

FrameSteps make_steps(index begin, index length, double dither, std::uint64_t dither_seed,
                      bool remove_mean, double preemphasis, const std::string& energy,
                      double energy_floor, bool energy_last, double energy_gain) {
  const Energy kind = lookup<Energy>({{"none", Energy::none},
                                      {"raw", Energy::raw},
                                      {"windowed", Energy::windowed},
                                      {"spectrum", Energy::spectrum}},
                                     "energy", energy);
  require(begin >= 0 && length >= 1, "the window must begin in the frame and not be empty");
  return {true,        begin, length,      dither,       dither_seed, remove_mean,
          preemphasis, kind,  energy_gain, energy_floor, energy_last};
}

std::shared_ptr<Plan> make_plan(index n_fft, index hop_length, index offset, const std::string& pad,
                                const std::optional<std::string>& pad_after, const Window& window,
                                const std::string& precision, std::optional<double> power,
                                double scale, double emphasis, bool first_has_previous,
                                std::optional<FrameSteps> steps, double floor, double add,
                                bool inverse, std::shared_ptr<const Filterbank> filterbank,
                                std::optional<LevelSpec> level, const std::string& engine,
                                const std::string& variant) {
  PlanSpec spec{};
  spec.precision = precision_named(precision);
  // Larger hops and offsets would overflow positions; no signal is that long.
  constexpr index longest = index{1} << 40;
  require(n_fft >= 1 && hop_length >= 1 && hop_length <= longest && window.ndim() == 1 &&
              window.size() == n_fft && offset >= -longest && offset <= longest,
          "n_fft must be positive, hop_length in [1, 2**40], offset within 2**40, window of n_fft "
          "values");
  spec.inverse = inverse;
  spec.pocketfft = lookup<bool>({{"rule", false}, {"pocketfft", true}}, "engine", engine);
  spec.framing = {n_fft, hop_length, offset, pad_named(pad), pad_named(pad_after.value_or(pad))};
  spec.scale = scale;
  spec.emphasis = {emphasis, first_has_previous};
  require(emphasis == 0 ||
              (spec.framing.before != Pad::linear_ramp && spec.framing.after != Pad::linear_ramp),
          "pre-emphasis of the signal goes with any padding but linear_ramp");
  if (steps) spec.steps = *steps;
  require(!steps || steps->length <= n_fft - steps->begin, "the window must lie in the frame");
  spec.floor = floor;
  spec.offset = add;
  spec.window.assign(window.data(), window.data() + n_fft);
  spec.spectrum = power ? Spectrum::power : Spectrum::complex;
  spec.power = power.value_or(0.0);
  require(power || (!filterbank && !level && spec.steps.energy == Energy::none),
          "a complex spectrum has neither filterbank nor level nor energy");
  require(!filterbank || (filterbank->n_inputs() == n_fft / 2 + 1 &&
                          filterbank->precision() == spec.precision),
          "the filterbank does not fit n_fft and precision");
  spec.filterbank = std::move(filterbank);
  spec.level = level;
  return std::make_shared<Plan>(std::move(spec), kernels_named(variant));
}

Stage stage_named(const std::string& name) {
  static const std::map<std::string, Stage> stages{{"window", Stage::window},
                                                   {"spectrum", Stage::spectrum},
                                                   {"mel", Stage::mel},
                                                   {"log", Stage::log},
                                                   {"store", Stage::store}};
  return lookup(stages, "last_stage", name);
}

bool run_plan(const Plan& plan, const py::array& y, const py::array& out, index workers,
              const std::string& last_stage) {
  const bool complex = plan.spec().spectrum == Spectrum::complex;
  const Sample sample = sample_of(y);
  require(y.ndim() >= 1, "y must have at least one axis");
  require(!plan.spec().inverse, "the plan was made for the inverse transform");
  require_aligned(y, size_of(sample), "y");
  require_writeable(out);
  Batch batch{};
  batch.features = features_of(out, complex, "out");
  require(plan.spec().precision == Real::f64 || batch.features.type == Real::f32,
          "single precision writes float32 or complex64");
  const py::ssize_t time = y.ndim() - 1;
  batch.signal = {y.data(), sample, y.shape(time), y.strides(time)};
  batch.n_frames = out.shape(out.ndim() - 1);
  batch.signal_offset = item_offsets(y, 1);
  batch.features_offset = item_offsets(out, 2);
  require(batch.signal_offset.size() == batch.features_offset.size() &&
              out.shape(out.ndim() - 2) == plan.n_features(),
          "out does not fit y and the plan");
  const Stage stage = stage_named(last_stage);
  const py::gil_scoped_release release;
  return plan.run(batch, workers, stage);
}

// Writes what the frames cover; the caller clears `out` if it is longer.
void invert(const Plan& plan, const py::array& spectrum, const py::array& out, double smallest,
            index workers) {
  const Features features = features_of(spectrum, true, "stft_matrix");
  const PlanSpec& spec = plan.spec();
  require(real_of(out, false, "out") == features.type && out.ndim() >= 1,
          "out must be the real counterpart of stft_matrix");
  require(spec.precision == features.type, "the plan was made for another precision");
  require(spec.inverse, "the plan was made for the forward transform");
  require_writeable(out);
  const py::ssize_t last = out.ndim() - 1;
  require_aligned(out, size_of(features.type), "out");
  require(out.size() == 0 || out.strides(last) == size_of(features.type),
          "out must be contiguous in time");
  require(spectrum.shape(spectrum.ndim() - 2) == spec.framing.n_fft / 2 + 1,
          "stft_matrix does not fit n_fft");
  const std::vector<index> from = item_offsets(spectrum, 2), to = item_offsets(out, 1);
  require(from.size() == to.size(), "stft_matrix and out have different leading axes");
  const index n_frames = spectrum.shape(spectrum.ndim() - 1), n_out = out.shape(last);
  char* target = static_cast<char*>(const_cast<void*>(out.data()));
  const py::gil_scoped_release release;
  parallel(static_cast<index>(from.size()), workers, [&](auto next) {
    const index n_items = static_cast<index>(from.size());
    for (index i = next(); i < n_items; i = next()) {
      const std::size_t item = static_cast<std::size_t>(i);
      plan.invert(item_of(features, from[item]), n_frames, smallest, target + to[item], n_out);
    }
  });
}

void run_pcen(const py::array& s, const py::array& r, const py::array_t<double>& out,
              const py::array_t<double>& state, double b, double gain, double bias, double power,
              double eps, const std::string& variant) {
  const Real type = real_of(s, false, "S");
  require(type == real_of(r, false, "ref"), "S and ref must have one dtype");
  require(s.ndim() == 2 && r.ndim() == 2 && out.ndim() == 2 && s.shape(0) == r.shape(0) &&
              s.shape(1) == r.shape(1) && s.shape(0) == out.shape(0) &&
              s.shape(1) == out.shape(1) && state.size() == s.shape(0),
          "S, ref, out and state do not fit together");
  const int c_order = py::array::c_style;
  require((s.flags() & r.flags() & out.flags() & state.flags() & c_order) != 0,
          "S, ref, out and state must be contiguous");
  require_writeable(out);
  require_writeable(state);
  require_aligned(s, size_of(type), "S");
  require_aligned(r, size_of(type), "ref");
  require_aligned(out, size_of(Real::f64), "out");
  require_aligned(state, size_of(Real::f64), "state");
  const Kernels& kernels = kernels_named(variant);
  const Pcen pcen{b, gain, bias, power, eps};
  double* to = const_cast<double*>(out.data());
  double* zi = const_cast<double*>(state.data());
  const void *from = s.data(), *smooth_from = r.data();
  const index n_rows = s.shape(0), n_frames = s.shape(1);
  const py::gil_scoped_release release;
  kernels.pcen(pcen, type, from, smooth_from, to, n_rows, n_frames, zi);
}

// In place, each item on its own.
void normalize(const py::array& features, bool divide, bool all, index ddof, double eps,
               const std::string& eps_to, const std::string& variant) {
  const Normalization how{
      divide, all, ddof, eps,
      lookup<EpsTo>(
          {{"std", EpsTo::deviation}, {"variance", EpsTo::variance}, {"floor", EpsTo::floor}},
          "eps_to", eps_to)};
  require(ddof >= 0, "ddof must not be negative");
  const Features first = features_of(features, false, "features");
  require_writeable(features);
  const py::ssize_t rows = features.ndim() - 2;
  const index n_features = features.shape(rows), n_frames = features.shape(rows + 1);
  const std::vector<index> offsets = item_offsets(features, 2);
  const Kernels& kernels = kernels_named(variant);
  const py::gil_scoped_release release;
  const Scratch scratch(kernels.normalize_bytes(n_features));
  for (index offset : offsets) {
    if (n_features > 0 && n_frames > 0) {
      kernels.normalize(how, item_of(first, offset), n_features, n_frames, scratch.data());
    }
  }
}

void fill_noise(std::uint64_t seed, const py::array_t<double>& out, const std::string& variant) {
  require((out.flags() & py::array::c_style) != 0, "out must be contiguous");
  require_writeable(out);
  require_aligned(out, size_of(Real::f64), "out");
  const Kernels& kernels = kernels_named(variant);
  double* to = const_cast<double*>(out.data());
  const index n = out.size();
  const py::gil_scoped_release release;
  kernels.noise(seed, to, n);
}

// cos and sin of 2 pi x / n, each rounded correctly where x and n are integers.
void circle(const Window& x, double n, const py::array_t<double>& cos,
            const py::array_t<double>& sin) {
  require(n > 0 && n <= 0x1p50, "n must be positive, and at most 2**50");
  require(x.ndim() == 1 && cos.ndim() == 1 && sin.ndim() == 1 && cos.size() == x.size() &&
              sin.size() == x.size() && (cos.flags() & sin.flags() & py::array::c_style) != 0,
          "x, cos and sin must be contiguous, of one axis and size");
  require_writeable(cos);
  require_writeable(sin);
  const double *from = x.data(), *end = from + x.size();
  double *to_cos = const_cast<double*>(cos.data()), *to_sin = const_cast<double*>(sin.data());
  require(std::all_of(from, end, [](double v) { return std::fabs(v) <= 0x1p50; }),
          "x must lie within 2**50");
  const auto whole = [](double v) { return v == std::floor(v); };
  const FloatEnvironment environment;
  const py::gil_scoped_release release;
  const auto fill = [&](auto point) {
    for (; from != end; ++from, ++to_cos, ++to_sin) {
      const CirclePoint p = point(*from);
      *to_cos = p.cos.high;
      *to_sin = p.sin.high;
    }
  };
  if (whole(n) && std::all_of(from, end, whole)) {
    const UnitCircle points(static_cast<index>(n));
    fill([&](double v) { return points[static_cast<index>(v)]; });
  } else {
    fill([&](double v) { return circle_point(v, n); });
  }
}

// Elementwise, each value rounded correctly.
void run_exact(const std::string& name, const Window& x, const py::array_t<double>& out,
               double exponent) {
  using Function = double (*)(double);
  const Function f = lookup<Function>({{"exp", exact_exp},
                                       {"exp10", exact_exp10},
                                       {"expm1", exact_expm1},
                                       {"log", exact_log},
                                       {"log10", exact_log10},
                                       {"bessel_i0", exact_bessel_i0},
                                       {"power", nullptr}},
                                      "name", name);
  require(x.size() == out.size() && (out.flags() & py::array::c_style) != 0,
          "x and out must be contiguous and of one size");
  require_writeable(out);
  double* to = const_cast<double*>(out.data());
  const FloatEnvironment environment;
  const py::gil_scoped_release release;
  std::transform(x.data(), x.data() + x.size(), to,
                 [=](double v) { return f != nullptr ? f(v) : exact_power(v, exponent); });
}

// What NumPy computes inside of it does not depend on the caller's floating-point environment.
py::object in_float_environment(const py::function& function, const py::args& arguments,
                                const py::kwargs& named) {
  const FloatEnvironment environment;
  return function(*arguments, **named);
}

// For the tests of the vector functions.
void run_function(const std::string& name, const py::array& x, const py::array& out,
                  const std::string& variant) {
  const int which = lookup<int>(
      {{"ln", 0}, {"log10", 1}, {"log2", 2}, {"exp", 3}, {"log1p", 4}, {"expm1", 5}}, "name", name);
  const Real type = real_of(x, false, "x");
  require(type == real_of(out, false, "out") && x.size() == out.size() &&
              (x.flags() & out.flags() & py::array::c_style) != 0 &&
              (which < 3 || type == Real::f64),
          "x and out must be contiguous, of one size and dtype (float64 for exp and its kin)");
  require_writeable(out);
  require_aligned(x, size_of(type), "x");
  require_aligned(out, size_of(type), "out");
  kernels_named(variant).function(which, type, x.data(), const_cast<void*>(out.data()), x.size());
}

py::dict build_info() {
  py::dict info;
#if defined(__clang__)
  info["compiler"] = "clang " __clang_version__;
#elif defined(__GNUC__)
  info["compiler"] = "gcc " __VERSION__;
#else
  info["compiler"] = "unknown";
#endif
  info["build_type"] = FASTMEL_BUILD_TYPE;
  info["flags"] = FASTMEL_FLAGS;
#ifdef NDEBUG
  info["assertions"] = false;
#else
  info["assertions"] = true;
#endif
  info["pybind11"] =
      std::to_string(PYBIND11_VERSION_MAJOR) + "." + std::to_string(PYBIND11_VERSION_MINOR);
  return info;
}

}  // namespace

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "The compiled core of fastmel. Use the functions of the package instead.";
  m.attr("__version__") = FASTMEL_VERSION;

  py::class_<Filterbank, std::shared_ptr<Filterbank>>(m, "Filterbank")
      .def(py::init(&make_filterbank), py::arg("dense").noconvert(), py::arg("precision"))
      .def("apply", &apply_filterbank, py::arg("S"), py::arg("out"), py::arg("variant") = "")
      .def_property_readonly("n_bands", [](const Filterbank& f) { return f.bands().n_bands; });

  py::class_<LevelSpec>(m, "Level")
      .def(py::init(&make_level), py::kw_only(), py::arg("log"), py::arg("scale") = 1.0,
           py::arg("floor"), py::arg("add") = 0.0, py::arg("reference") = py::none(),
           py::arg("range") = py::none(), py::arg("scope") = "item", py::arg("fixed_peak") = 0.0,
           py::arg("shift") = 0.0, py::arg("gain") = 1.0,
           py::arg("low") = -std::numeric_limits<double>::infinity(),
           py::arg("high") = std::numeric_limits<double>::infinity())
      .def("apply", &apply_level, py::arg("S"), py::arg("out"), py::arg("reference"),
           py::arg("peak"), py::arg("precision"), py::arg("variant") = "");

  py::class_<FrameSteps>(m, "FrameSteps")
      .def(py::init(&make_steps), py::kw_only(), py::arg("begin"), py::arg("length"),
           py::arg("dither") = 0.0, py::arg("dither_seed") = 0, py::arg("remove_mean") = false,
           py::arg("preemphasis") = 0.0, py::arg("energy") = "none", py::arg("energy_floor") = 0.0,
           py::arg("energy_last") = false, py::arg("energy_gain") = 1.0);

  py::class_<Plan, std::shared_ptr<Plan>>(m, "Plan")
      .def(py::init(&make_plan), py::kw_only(), py::arg("n_fft"), py::arg("hop_length"),
           py::arg("offset"), py::arg("pad_mode"), py::arg("pad_mode_after") = py::none(),
           py::arg("window").noconvert(), py::arg("precision"), py::arg("power"),
           py::arg("scale") = 1.0, py::arg("preemphasis") = 0.0,
           py::arg("first_has_previous") = false, py::arg("steps") = py::none(),
           py::arg("spectrum_floor") = 0.0, py::arg("spectrum_offset") = 0.0,
           py::arg("inverse") = false, py::arg("filterbank") = py::none(),
           py::arg("level") = py::none(), py::arg("engine") = "rule", py::arg("variant") = "")
      .def("run", &run_plan, py::arg("y"), py::arg("out"), py::arg("workers") = 1,
           py::arg("last_stage") = "store")
      .def("invert", &invert, py::arg("spectrum"), py::arg("out"), py::arg("smallest"),
           py::arg("workers") = 1)
      .def_property_readonly("n_features", &Plan::n_features)
      .def_property_readonly("engine",
                             [](const Plan& plan) { return plan.fused() ? "fused" : "pocketfft"; })
      .def_property_readonly("variant",
                             [](const Plan& plan) { return std::string(plan.kernels().name); });

  m.def("normalize", &normalize, py::arg("features"), py::kw_only(), py::arg("divide"),
        py::arg("all") = false, py::arg("ddof") = 0, py::arg("eps") = 0.0,
        py::arg("eps_to") = "std", py::arg("variant") = "");
  m.def("pcen", &run_pcen, py::kw_only(), py::arg("S"), py::arg("ref"), py::arg("out").noconvert(),
        py::arg("state").noconvert(), py::arg("b"), py::arg("gain"), py::arg("bias"),
        py::arg("power"), py::arg("eps"), py::arg("variant") = "");
  m.def("noise", &fill_noise, py::arg("seed"), py::arg("out").noconvert(), py::arg("variant") = "");
  m.def("function", &run_function, py::arg("name"), py::arg("x"), py::arg("out"),
        py::arg("variant") = "");
  m.def("exact", &run_exact, py::arg("name"), py::arg("x"), py::arg("out").noconvert(),
        py::arg("exponent") = 0.0);
  m.def("circle", &circle, py::arg("x"), py::arg("n"), py::arg("cos").noconvert(),
        py::arg("sin").noconvert());
  m.def("in_float_environment", &in_float_environment);
  m.def("compiled_variants", &compiled_variants);
  m.def("available_variants", &available_variants);
  m.def("active_variant", [] { return std::string(active_kernels().name); });
  m.def(
      "lanes",
      [](const std::string& variant, const std::string& precision) {
        return kernels_named(variant).lanes(precision_named(precision));
      },
      py::arg("variant"), py::arg("precision"));
  m.def("build_info", &build_info);
}

}  // namespace fastmel
