// The binding, which with bindings_stream.cpp alone knows Python: its objects become those of the
// core, which checks them; the GIL is released; the core's errors become Python's.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "calls.h"
#include "design/cepstra.h"
#include "design/mel.h"
#include "design/window.h"
#include "dispatch.h"
#include "elementary.h"
#include "errors.h"
#include "float_environment.h"
#include "framing.h"
#include "gil.h"
#include "names.h"

namespace py = pybind11;

namespace fastmel {

void bind_streams(py::module_& m);  // bindings_stream.cpp

namespace {

// --- conversion
// -----------------------------------------------------------------------------------

Precision precision_named(const std::string& name) {
  return named<Precision>("precision", name,
                          {{"single", Precision::f32}, {"double", Precision::f64}});
}

Pad pad_named(const char* what, const std::string& name) {
  return named<Pad>(what, name,
                    {{"constant", Pad::constant},
                     {"edge", Pad::edge},
                     {"reflect", Pad::reflect},
                     {"symmetric", Pad::symmetric},
                     {"linear_ramp", Pad::linear_ramp}});
}

// By kind and size: making a dtype to compare with costs more than a short call's share.
Element element_of(const py::dtype& dtype) {
  if (dtype.byteorder() != '=') return Element::other;
  const auto size = dtype.itemsize();
  switch (dtype.kind()) {
    case 'f':
      return size == 2   ? Element::f16
             : size == 4 ? Element::f32
             : size == 8 ? Element::f64
                         : Element::other;
    case 'c': return size == 8 ? Element::c64 : size == 16 ? Element::c128 : Element::other;
    case 'i': return size == 2 ? Element::i16 : size == 4 ? Element::i32 : Element::other;
    default: return Element::other;
  }
}

Array array_of(const py::array& of, const char* name) {
  Array array;
  array.name = name;
  array.data = static_cast<char*>(const_cast<void*>(of.data()));
  array.element = element_of(of.dtype());
  array.writeable = of.writeable();
  array.n_axes = static_cast<int>(std::min<py::ssize_t>(of.ndim(), Array::most_axes));
  std::copy_n(of.shape(), array.n_axes, array.shape);
  std::copy_n(of.strides(), array.n_axes, array.strides);
  return array;
}

std::vector<Array> arrays_of(const std::vector<py::array>& of, const char* name) {
  std::vector<Array> arrays;
  arrays.reserve(of.size());
  for (const py::array& array : of) arrays.push_back(array_of(array, name));
  return arrays;
}

// Ctrl-C, and whatever else has a handler in Python: the handler's error becomes that of the call.
bool python_interrupts(void*) {
  const PyGILState_STATE state = take_gil(PyGILState_Ensure);
  const bool interrupted = PyErr_CheckSignals() != 0;
  PyGILState_Release(state);
  return interrupted;
}

constexpr Interrupt interrupt{python_interrupts, nullptr};

// Calls f() without the GIL.
template <class F>
auto released(F&& f) {
  try {
    const WithoutGil released_gil;
    return f();
  } catch (const Interrupted&) {
    throw py::error_already_set();
  }
}

// --- objects
// --------------------------------------------------------------------------------------

using Window = py::array_t<double, py::array::c_style>;
using Dense = py::array_t<double, py::array::c_style>;

std::shared_ptr<Filterbank> make_filterbank(const Dense& dense, const std::string& precision) {
  require(dense.ndim() == 2, "dense", "must be a matrix (n_bands, n_inputs)");
  const double* weights = dense.data();
  const Index n_bands = dense.shape(0), n_inputs = dense.shape(1);
  return released([&, compute = precision_named(precision)] {
    return std::make_shared<Filterbank>(weights, n_bands, n_inputs, compute);
  });
}

LevelSpec make_level(const std::string& log, double scale, double floor, double add,
                     std::optional<double> reference, std::optional<double> range,
                     const std::string& scope, double fixed_peak, double shift, double gain,
                     double low, double high) {
  LevelSpec spec;
  Level& level = spec.level;
  level.log = named<Log>("log", log,
                         {{"none", Log::none},
                          {"ln", Log::ln},
                          {"log10", Log::log10},
                          {"log2", Log::log2},
                          {"ln_above_e", Log::ln_above_e}});
  level.scale = scale;
  level.floor = floor;
  level.add = add;
  level.has_range = range.has_value();
  level.range = range.value_or(0.0);
  level.shift = shift;
  level.gain = gain;
  level.low = low;
  level.high = high;
  spec.reference = reference;
  spec.scope = named<Scope>(
      "scope", scope, {{"item", Scope::item}, {"batch", Scope::batch}, {"fixed", Scope::fixed}});
  spec.fixed_peak = fixed_peak;
  return spec;
}

Preparation make_preparation(Index begin, Index length, double dither, std::uint64_t dither_seed,
                             bool remove_mean, double preemphasis, const std::string& energy,
                             double energy_floor, bool energy_last, double energy_gain) {
  Preparation made;
  made.any = true;
  made.begin = begin;
  made.length = length;
  made.dither = dither;
  made.dither_seed = dither_seed;
  made.remove_mean = remove_mean;
  made.preemphasis = preemphasis;
  made.energy = named<Energy>("energy", energy,
                              {{"none", Energy::none},
                               {"raw", Energy::raw},
                               {"windowed", Energy::windowed},
                               {"spectrum", Energy::spectrum}});
  made.energy_floor = energy_floor;
  made.energy_last = energy_last;
  made.energy_gain = energy_gain;
  check(made);
  return made;
}

std::shared_ptr<Plan> make_plan(Index n_fft, Index hop_length, Index offset, const std::string& pad,
                                const std::optional<std::string>& pad_after, const Window& window,
                                const std::string& precision, std::optional<double> power,
                                double scale, double emphasis, bool first_has_previous,
                                const std::optional<Preparation>& preparation,
                                double spectrum_floor, double spectrum_offset, bool inverse,
                                std::shared_ptr<const Filterbank> filterbank,
                                const std::optional<LevelSpec>& level, const std::string& engine,
                                const std::string& variant) {
  PlanSpec spec;
  spec.precision = precision_named(precision);
  spec.framing.n_fft = n_fft;
  spec.framing.hop_length = hop_length;
  spec.framing.offset = offset;
  spec.framing.before = pad_named("pad_mode", pad);
  spec.framing.after = pad_named("pad_mode_after", pad_after.value_or(pad));
  spec.emphasis.coefficient = emphasis;
  spec.emphasis.first_has_previous = first_has_previous;
  if (preparation) spec.preparation = *preparation;
  spec.scale = scale;
  require(window.ndim() == 1, "window", "must have one axis");
  spec.window.assign(window.data(), window.data() + window.size());
  spec.inverse = inverse;
  spec.pocketfft = named<bool>("engine", engine, {{"pocketfft", true}, {"rule", false}});
  spec.spectrum = power ? Spectrum::power : Spectrum::complex;
  spec.power = power.value_or(0.0);
  spec.spectrum_floor = spectrum_floor;
  spec.spectrum_add = spectrum_offset;
  spec.filterbank = std::move(filterbank);
  spec.level = level;
  return released([&] { return std::make_shared<Plan>(std::move(spec), kernels_named(variant)); });
}

// --- design
// ---------------------------------------------------------------------------------------

template <class T>
py::array_t<T> vector_of(const std::vector<T>& values) {
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

auto window(const std::string& name, const std::vector<std::optional<double>>& parameters,
            Index length, bool periodic) {
  return vector_of(released([&] { return make_window(name, parameters, length, periodic); }));
}

// The bands, bins and values of weights, and what there is to warn of.
py::tuple filters_of(const MelFilters& made) {
  std::optional<std::string> warning;
  if (!made.warning.empty()) warning = made.warning;
  return py::make_tuple(vector_of(made.bands), vector_of(made.bins), vector_of(made.values),
                        warning);
}

py::tuple filters(double sample_rate, Index n_fft, Index n_mels, double fmin,
                  std::optional<double> fmax, const std::string& scale, const std::string& shape,
                  const std::optional<std::variant<double, std::string>>& norm,
                  const std::optional<std::string>& exclude, double vtln_warp, double vtln_low,
                  double vtln_high, const std::optional<std::string>& rounding) {
  MelSpec spec;
  spec.sample_rate = sample_rate;
  spec.n_fft = n_fft;
  spec.n_mels = n_mels;
  spec.fmin = fmin;
  spec.fmax = fmax;
  spec.scale = named("mel_scale", scale, mel_scales);
  spec.shape = named("mel_shape", shape, mel_shapes);
  spec.norm = MelNorm();
  if (norm && norm->index() == 0) {
    spec.norm.p = std::get<double>(*norm);
  } else if (norm) {
    spec.norm = named("mel_norm", std::get<std::string>(*norm), mel_norms);
  }
  spec.exclude = named("mel_exclude", exclude.value_or("none"), mel_exclusions);
  spec.vtln_warp = vtln_warp;
  spec.vtln_low = vtln_low;
  spec.vtln_high = vtln_high;
  if (rounding) spec.rounding = named("rounding", *rounding, roundings);
  return filters_of(released([&] { return mel_filters(spec); }));
}

py::tuple triangles(const Window& edges, double sample_rate, Index n_fft,
                    const std::string& rounding) {
  const Rounding to = named("rounding", rounding, roundings);
  const std::vector<double> values(edges.data(), edges.data() + edges.size());
  return filters_of(released([&] { return mel_triangles(values, sample_rate, n_fft, to); }));
}

Dense cepstra(Index n_bands, Index n_mfcc, int dct_type, const std::string& norm, double lifter,
              Index lifter_offset, bool use_energy, bool htk_compat) {
  CepstraSpec spec;
  spec.n_bands = n_bands;
  spec.n_mfcc = n_mfcc;
  spec.dct_type = dct_type;
  spec.norm = named("norm", norm, dct_norms);
  spec.lifter = lifter;
  spec.lifter_offset = lifter_offset;
  spec.use_energy = use_energy;
  spec.htk_compat = htk_compat;
  const auto made = released([&] { return cepstral_matrix(spec); });
  return Dense({n_mfcc, n_bands + use_energy}, made.data());
}

FrameRule rule_of(Index frame_length, Index hop_length, const std::pair<Index, Index>& padding,
                  const std::string& frame_count) {
  return {named("frame_count", frame_count, frame_counts), frame_length, hop_length, padding.first,
          padding.second};
}

Index count_frames(Index n_samples, Index frame_length, Index hop_length,
                   const std::pair<Index, Index>& padding, const std::string& frame_count) {
  return n_frames(rule_of(frame_length, hop_length, padding, frame_count), n_samples);
}

Index least_samples(Index frame_length, Index hop_length, const std::pair<Index, Index>& padding,
                    const std::string& frame_count) {
  return shortest_signal(rule_of(frame_length, hop_length, padding, frame_count));
}

Index count_stacked(Index n_frames, Index size, Index stride, Index left, bool drop) {
  return n_stacked({size, stride, left, drop}, n_frames);
}

// --- calls
// ----------------------------------------------------------------------------------------

RunOptions options(Index workers) {
  RunOptions how;
  how.workers = workers;
  how.interrupt = interrupt;
  return how;
}

bool run_plan(const Plan& plan, const py::array& y, const py::array& out, Index workers,
              const std::string& last_stage) {
  RunOptions how = options(workers);
  how.last_stage = named<Stage>("last_stage", last_stage,
                                {{"store", Stage::store},
                                 {"window", Stage::window},
                                 {"spectrum", Stage::spectrum},
                                 {"mel", Stage::mel},
                                 {"log", Stage::log}});
  const Array from = array_of(y, "y"), to = array_of(out, "out");
  return released([&] { return run(plan, from, to, how); });
}

bool run_plan_range(const Plan& plan, const py::array& y, const py::array& out, Index first,
                    Index begin, std::optional<Index> n_samples, Index workers) {
  const Array from = array_of(y, "y"), to = array_of(out, "out");
  return released([&] {
    return run_range(plan, from, to, first, begin, n_samples.value_or(unknown_length),
                     options(workers));
  });
}

std::pair<Index, Index> samples_of_plan(const Plan& plan, Index n_frames, Index first,
                                        std::optional<Index> n_samples) {
  const Span span = plan.samples_of(n_samples.value_or(unknown_length), first, n_frames);
  return span.empty() ? std::pair<Index, Index>{0, 0} : std::pair{span.begin, span.end};
}

Index run_plan_items(const Plan& plan, const std::vector<py::array>& y,
                     const std::vector<py::array>& out, Index workers) {
  const std::vector<Array> from = arrays_of(y, "y"), to = arrays_of(out, "out");
  return released([&] { return run_items(plan, from, to, options(workers)); });
}

void invert_plan(const Plan& plan, const py::array& spectrum, const py::array& out, double smallest,
                 Index workers) {
  const Array from = array_of(spectrum, "spectrum"), to = array_of(out, "out");
  released([&] { invert(plan, from, to, smallest, options(workers)); });
}

void apply_filterbank(const Filterbank& filterbank, const py::array& s, const py::array& out,
                      const std::string& variant) {
  const Array from = array_of(s, "S"), to = array_of(out, "out");
  released([&] { apply(filterbank, from, to, kernels_named(variant), interrupt); });
}

void apply_level(const LevelSpec& spec, const py::array& s, const py::array& out, double reference,
                 double peak, const std::string& precision, const std::string& variant) {
  const Array from = array_of(s, "S"), to = array_of(out, "out");
  const Precision compute = precision_named(precision);
  released(
      [&] { apply(spec, from, to, reference, peak, compute, kernels_named(variant), interrupt); });
}

Normalization normalization(bool divide, bool all, Index ddof, double eps,
                            const std::string& eps_to) {
  Normalization how;
  how.divide = divide;
  how.all = all;
  how.ddof = ddof;
  how.eps = eps;
  how.eps_to = named("eps_to", eps_to, eps_names);
  return how;
}

void normalize_features(const py::array& features, bool divide, bool all, Index ddof, double eps,
                        const std::string& eps_to, const std::string& variant) {
  const Normalization how = normalization(divide, all, ddof, eps, eps_to);
  const Array in_place = array_of(features, "features");
  released([&] { normalize(in_place, how, kernels_named(variant)); });
}

using Spans = std::vector<std::pair<Index, Index>>;

void normalize_windows(const py::array& features, const Spans& spans, Index size, bool divide,
                       Index ddof, double eps, const std::string& eps_to, Index first,
                       std::vector<double> origin) {
  const Normalization how = normalization(divide, false, ddof, eps, eps_to);
  const Array in_place = array_of(features, "features");
  Windows windows;
  for (const auto& [begin, end] : spans) windows.spans.push_back({begin, end});
  windows.size = size;
  windows.first = first;
  windows.origin = std::move(origin);
  released([&] { normalize(in_place, how, windows); });
}

Spans spans_of(Index before, Index after, Index least, Index n_frames, Index first, Index stop) {
  Spans spans;
  for (const Span& span : windows_of({before, after, least}, n_frames, first, stop)) {
    spans.emplace_back(span.begin, span.end);
  }
  return spans;
}

std::unique_ptr<Post> make_post(std::shared_ptr<const Filterbank> cepstra,
                                const std::optional<std::string>& normalize, bool all, Index ddof,
                                double eps, const std::string& eps_to,
                                const std::optional<std::array<Index, 3>>& window,
                                const std::optional<std::map<std::string, double>>& pcen,
                                Index stack, Index stride, Index left, bool drop,
                                const std::optional<double>& filler, std::vector<double> shift,
                                std::vector<double> gain, bool half) {
  PostSpec spec;
  spec.cepstra = std::move(cepstra);
  if (normalize) {
    constexpr Named<bool> divides[] = {{"mean", false}, {"mean_std", true}};
    const bool divide = named("normalize", *normalize, divides);
    spec.normalization = normalization(divide, all, ddof, eps, eps_to);
  }
  if (window) spec.window = {(*window)[0], (*window)[1], (*window)[2]};
  if (pcen) {
    spec.pcen.emplace();
    spec.pcen->b = pcen->at("b");
    spec.pcen->gain = pcen->at("gain");
    spec.pcen->bias = pcen->at("bias");
    spec.pcen->power = pcen->at("power");
    spec.pcen->eps = pcen->at("eps");
  }
  spec.stacking = {stack, stride, left, drop};
  spec.edge = !filler.has_value();
  spec.filler = filler.value_or(0);
  spec.shift = std::move(shift);
  spec.gain = std::move(gain);
  spec.half = half;
  return std::make_unique<Post>(std::move(spec));
}

void apply_post(const Post& post, const py::array& features, const py::array& out,
                const std::string& variant) {
  const Array from = array_of(features, "features"), to = array_of(out, "out");
  released([&] { apply(post, from, to, kernels_named(variant)); });
}

void run_pcen(const py::array& s, const py::array& ref, const py::array& out,
              const py::array& state, double b, double gain, double bias, double power, double eps,
              const std::string& variant) {
  Pcen how;
  how.b = b;
  how.gain = gain;
  how.bias = bias;
  how.power = power;
  how.eps = eps;
  const Array from = array_of(s, "S"), smoothed = array_of(ref, "ref");
  const Array to = array_of(out, "out"), kept = array_of(state, "state");
  released([&] { pcen(from, smoothed, to, kept, how, kernels_named(variant)); });
}

void fill_noise(std::uint64_t seed, const py::array& out, const std::string& variant, Index first) {
  const Array to = array_of(out, "out");
  released([&] { noise(seed, first, to, kernels_named(variant)); });
}

// For the tests of the functions that tables are made with, as `exact` is.
void fill_circle(const py::array& x, double n, const py::array& cos, const py::array& sin) {
  const Array from = array_of(x, "x"), to_cos = array_of(cos, "cos"), to_sin = array_of(sin, "sin");
  released([&] { circle(from, n, to_cos, to_sin); });
}

void run_exact(const std::string& name, const py::array& x, const py::array& out, double exponent) {
  using Function = double (*)(double);
  const Function f = named<Function>("name", name,
                                     {{"bessel_i0", exact_bessel_i0},
                                      {"exp", exact_exp},
                                      {"exp10", exact_exp10},
                                      {"log", exact_log},
                                      {"log10", exact_log10},
                                      {"power", nullptr}});
  const Array from = array_of(x, "x"), to = array_of(out, "out");
  released([&] { exact(f, exponent, from, to); });
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
  const int which = named<int>(
      "name", name, {{"ln", 0}, {"log10", 1}, {"log2", 2}, {"exp", 3}, {"log1p", 4}, {"expm1", 5}});
  function(which, array_of(x, "x"), array_of(out, "out"), kernels_named(variant));
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
  py::register_exception_translator([](std::exception_ptr failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const WrongType& error) {
      PyErr_SetString(PyExc_TypeError, error.what());
    }
  });

  py::class_<Filterbank, std::shared_ptr<Filterbank>>(m, "Filterbank")
      .def(py::init(&make_filterbank), py::arg("dense").noconvert(), py::arg("precision"))
      .def("apply", &apply_filterbank, py::arg("S"), py::arg("out"), py::arg("variant") = "")
      .def_property_readonly("n_bands", [](const Filterbank& f) { return f.bands().n_bands; });

  py::class_<LevelSpec>(m, "Level")
      .def(py::init(&make_level), py::kw_only(), py::arg("log"), py::arg("scale") = 1.0,
           py::arg("floor"), py::arg("add") = 0.0, py::arg("reference") = py::none(),
           py::arg("range") = py::none(), py::arg("scope") = "item", py::arg("fixed_peak") = 0.0,
           py::arg("shift") = 0.0, py::arg("gain") = 1.0, py::arg("low") = -infinity,
           py::arg("high") = infinity)
      .def("apply", &apply_level, py::arg("S"), py::arg("out"), py::arg("reference"),
           py::arg("peak"), py::arg("precision"), py::arg("variant") = "");

  py::class_<Preparation>(m, "Preparation")
      .def(py::init(&make_preparation), py::kw_only(), py::arg("begin"), py::arg("length"),
           py::arg("dither") = 0.0, py::arg("dither_seed") = 0, py::arg("remove_mean") = false,
           py::arg("preemphasis") = 0.0, py::arg("energy") = "none", py::arg("energy_floor") = 0.0,
           py::arg("energy_last") = false, py::arg("energy_gain") = 1.0);

  py::class_<Plan, std::shared_ptr<Plan>>(m, "Plan")
      .def(py::init(&make_plan), py::kw_only(), py::arg("n_fft"), py::arg("hop_length"),
           py::arg("offset"), py::arg("pad_mode"), py::arg("pad_mode_after") = py::none(),
           py::arg("window").noconvert(), py::arg("precision"), py::arg("power"),
           py::arg("scale") = 1.0, py::arg("preemphasis") = 0.0,
           py::arg("first_has_previous") = false, py::arg("preparation") = py::none(),
           py::arg("spectrum_floor") = 0.0, py::arg("spectrum_offset") = 0.0,
           py::arg("inverse") = false, py::arg("filterbank") = py::none(),
           py::arg("level") = py::none(), py::arg("engine") = "rule", py::arg("variant") = "")
      .def("run", &run_plan, py::arg("y"), py::arg("out"), py::arg("workers") = 1,
           py::arg("last_stage") = "store")
      .def("samples_of", &samples_of_plan, py::arg("n_frames"), py::kw_only(), py::arg("first"),
           py::arg("n_samples") = py::none())
      .def("run_range", &run_plan_range, py::arg("y"), py::arg("out"), py::kw_only(),
           py::arg("first"), py::arg("begin"), py::arg("n_samples") = py::none(),
           py::arg("workers") = 1)
      .def("run_items", &run_plan_items, py::arg("y"), py::arg("out"), py::arg("workers") = 1)
      .def("invert", &invert_plan, py::arg("spectrum"), py::arg("out"), py::arg("smallest"),
           py::arg("workers") = 1)
      .def_property_readonly("n_features", &Plan::n_features)
      .def_property_readonly("engine",
                             [](const Plan& plan) { return plan.fused() ? "fused" : "pocketfft"; })
      .def_property_readonly("variant",
                             [](const Plan& plan) { return std::string(plan.kernels().name); });

  bind_streams(m);

  py::class_<Post>(m, "Post")
      .def(py::init(&make_post), py::kw_only(), py::arg("cepstra") = py::none(),
           py::arg("normalize") = py::none(), py::arg("all") = false, py::arg("ddof") = 0,
           py::arg("eps") = 0.0, py::arg("eps_to") = "std", py::arg("window") = py::none(),
           py::arg("pcen") = py::none(), py::arg("stack") = 1, py::arg("stride") = 1,
           py::arg("left") = 0, py::arg("drop") = true, py::arg("filler") = py::none(),
           py::arg("shift") = std::vector<double>(), py::arg("gain") = std::vector<double>(),
           py::arg("half") = false)
      .def("apply", &apply_post, py::arg("features"), py::arg("out"), py::arg("variant") = "")
      .def("frames_after", &Post::frames_after, py::arg("frames"))
      .def("width_after", &Post::width_after, py::arg("width"))
      .def_property_readonly("in_place", &Post::in_place)
      .def_property_readonly("any", &Post::any);

  m.def("normalize_in_windows", &normalize_windows, py::arg("features"), py::arg("windows"),
        py::kw_only(), py::arg("size"), py::arg("divide"), py::arg("ddof") = 0,
        py::arg("eps") = 0.0, py::arg("eps_to") = "std", py::arg("first") = 0,
        py::arg("origin") = std::vector<double>());
  m.def("windows_of", &spans_of, py::kw_only(), py::arg("before"), py::arg("after"),
        py::arg("least"), py::arg("n_frames"), py::arg("first"), py::arg("stop"));
  m.def("normalize", &normalize_features, py::arg("features"), py::kw_only(), py::arg("divide"),
        py::arg("all") = false, py::arg("ddof") = 0, py::arg("eps") = 0.0,
        py::arg("eps_to") = "std", py::arg("variant") = "");
  m.def("pcen", &run_pcen, py::kw_only(), py::arg("S"), py::arg("ref"), py::arg("out").noconvert(),
        py::arg("state").noconvert(), py::arg("b"), py::arg("gain"), py::arg("bias"),
        py::arg("power"), py::arg("eps"), py::arg("variant") = "");
  m.def("noise", &fill_noise, py::arg("seed"), py::arg("out").noconvert(), py::arg("variant") = "",
        py::arg("first") = 0);
  m.def("function", &run_function, py::arg("name"), py::arg("x"), py::arg("out"),
        py::arg("variant") = "");
  m.def("exact", &run_exact, py::arg("name"), py::arg("x"), py::arg("out").noconvert(),
        py::arg("exponent") = 0.0);
  m.def("circle", &fill_circle, py::arg("x"), py::arg("n"), py::arg("cos").noconvert(),
        py::arg("sin").noconvert());
  m.def("window", &window, py::arg("name"), py::arg("parameters"), py::arg("length"),
        py::arg("periodic") = true);
  m.def("mel_filters", &filters, py::kw_only(), py::arg("sample_rate"), py::arg("n_fft"),
        py::arg("n_mels"), py::arg("fmin") = 0.0, py::arg("fmax") = py::none(),
        py::arg("scale") = "slaney", py::arg("shape") = "hz", py::arg("norm") = "slaney",
        py::arg("exclude") = py::none(), py::arg("vtln_warp") = 1.0, py::arg("vtln_low") = 100.0,
        py::arg("vtln_high") = -500.0, py::arg("rounding") = py::none());
  m.def("mel_triangles", &triangles, py::arg("edges"), py::kw_only(), py::arg("sample_rate"),
        py::arg("n_fft"), py::arg("rounding"));
  m.def("cepstral_matrix", &cepstra, py::kw_only(), py::arg("n_bands"), py::arg("n_mfcc"),
        py::arg("dct_type") = 2, py::arg("norm") = "ortho", py::arg("lifter") = 0.0,
        py::arg("lifter_offset") = 0, py::arg("use_energy") = false, py::arg("htk_compat") = false);
  m.def("center_padding", &center_padding, py::arg("frame_length"));
  m.def("n_frames", &count_frames, py::arg("n_samples"), py::arg("frame_length"),
        py::arg("hop_length"), py::arg("padding"), py::arg("frame_count") = "whole");
  m.def("shortest_signal", &least_samples, py::arg("frame_length"), py::arg("hop_length"),
        py::arg("padding"), py::arg("frame_count") = "whole");
  m.def("n_stacked", &count_stacked, py::arg("n_frames"), py::kw_only(), py::arg("size"),
        py::arg("stride"), py::arg("left") = 0, py::arg("drop") = true);
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
