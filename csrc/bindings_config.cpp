// The binding of configurations: the values of Python's dataclass are read as those of JSON are,
// and checked and understood by the same code.
#include <string>
#include <utility>

#include "bindings.h"
#include "design/cepstra.h"
#include "dispatch.h"
#include "frontend/specifications.h"

namespace fastmel {
namespace {

JsonInteger integer_of(const py::int_& value) {
  JsonInteger made;
  made.negative = value < py::int_(0);
  made.magnitude = py::cast<std::uint64_t>(made.negative ? py::object(-value) : py::object(value));
  made.nearest = py::cast<double>(value);
  return made;
}

Json json_of(const py::handle& value) {
  if (value.is_none()) return {};
  if (py::isinstance<py::bool_>(value)) return {py::cast<bool>(value)};
  if (py::isinstance<py::int_>(value)) return {integer_of(py::cast<py::int_>(value))};
  if (py::isinstance<py::float_>(value)) return {py::cast<double>(value)};
  if (py::isinstance<py::str>(value)) return {py::cast<std::string>(value)};
  JsonArray items;
  for (const py::handle& item : py::cast<py::tuple>(value)) items.push_back(json_of(item));
  return {std::move(items)};
}

// Plain values by the names of parameters. Steps are Python's, and windows may be SciPy's.
Config config_of(const py::dict& values) {
  JsonObject object;
  for (const auto& [key, value] : values) {
    const auto name = py::cast<std::string_view>(key);
    if (name == "before" || name == "after" || name == "window") continue;
    object.emplace_back(name, json_of(value));
  }
  return Config::from_values(object);
}

std::optional<std::string> told(const std::string& warning) {
  return warning.empty() ? std::nullopt : std::optional(warning);
}

// The weights of bands, and what there is to warn of.
py::tuple filters(const Config& config) {
  require(config.n_mels.has_value(), "n_mels", "is None: there are no bands");
  const Weights weights = released([&] { return weights_of(config); });
  const Dense dense({*config.n_mels, 1 + config.n_fft / 2}, weights.dense.data());
  return py::make_tuple(dense, told(weights.warning));
}

// The same ready for a plan.
py::tuple filterbank(const Config& config) {
  const Bank bank = released([&] { return bank_of(config); });
  return py::make_tuple(std::const_pointer_cast<Filterbank>(bank.filterbank), told(bank.warning));
}

// `window` has its own length; the filterbank is that of the configuration.
std::shared_ptr<Plan> plan(const Config& config, const Window& window,
                           std::shared_ptr<const Filterbank> bank) {
  const std::vector<double> values(window.data(), window.data() + window.size());
  return released([&] {
    return std::make_shared<Plan>(plan_of(config, values, std::move(bank)), active_kernels());
  });
}

Dense cepstra(const Config& config) {
  const CepstraSpec spec = cepstra_of(config);
  const auto matrix = released([&] { return cepstral_matrix(spec); });
  return Dense({spec.n_mfcc, spec.n_bands + spec.use_energy}, matrix.data());
}

}  // namespace

void bind_configurations(py::module_& m) {
  m.attr("longest_padding") = longest_padding;
  py::class_<Config>(m, "Config")
      .def(py::init(&config_of), py::arg("values"))
      .def("filters", &filters)
      .def("filterbank", &filterbank)
      .def("plan", &plan, py::arg("window").noconvert(), py::arg("filterbank"))
      .def("post", [](const Config& config) { return std::make_unique<Post>(post_of(config)); })
      .def("cepstral_matrix", &cepstra);
}

}  // namespace fastmel
