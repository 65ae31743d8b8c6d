// The module of the binding, and what tests and the package ask of the core beside its stages.
#include "bindings.h"

#include "calls.h"
#include "dispatch.h"
#include "elementary.h"
#include "float_environment.h"

namespace fastmel {
namespace {

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

  bind_plans(m);
  bind_streams(m);
  bind_post(m);
  bind_design(m);
  bind_configurations(m);
  m.def("noise", &fill_noise, py::arg("seed"), py::arg("out").noconvert(), py::arg("variant") = "",
        py::arg("first") = 0);
  m.def("function", &run_function, py::arg("name"), py::arg("x"), py::arg("out"),
        py::arg("variant") = "");
  m.def("exact", &run_exact, py::arg("name"), py::arg("x"), py::arg("out").noconvert(),
        py::arg("exponent") = 0.0);
  m.def("circle", &fill_circle, py::arg("x"), py::arg("n"), py::arg("cos").noconvert(),
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
