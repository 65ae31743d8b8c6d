// The binding of the chain: filterbanks, levels, plans and their calls.
#include <utility>

#include "bindings.h"
#include "calls.h"
#include "dispatch.h"

namespace fastmel {
namespace {

Pad pad_named(const char* what, const std::string& name) {
  return named<Pad>(what, name,
                    {{"constant", Pad::constant},
                     {"edge", Pad::edge},
                     {"reflect", Pad::reflect},
                     {"symmetric", Pad::symmetric},
                     {"linear_ramp", Pad::linear_ramp}});
}

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

void apply_level(const LevelSpec& spec, const py::array& s, const py::array& out,
                 std::optional<double> reference, std::optional<double> peak,
                 const std::string& precision, const std::string& variant) {
  const Array from = array_of(s, "S"), to = array_of(out, "out");
  const Precision compute = precision_named(precision);
  released(
      [&] { apply(spec, from, to, reference, peak, compute, kernels_named(variant), interrupt); });
}

}  // namespace

void bind_plans(py::module_& m) {
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
}

}  // namespace fastmel
