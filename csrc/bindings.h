// What the files of the binding share, which alone know Python: its objects become those of the
// core, which checks them; the GIL is released; the core's errors become Python's.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <string>
#include <vector>

#include "array.h"
#include "errors.h"
#include "gil.h"
#include "names.h"
#include "plan.h"

namespace py = pybind11;

namespace fastmel {

using Window = py::array_t<double, py::array::c_style>;
using Dense = py::array_t<double, py::array::c_style>;

void bind_plans(py::module_& m);
void bind_streams(py::module_& m);
void bind_post(py::module_& m);
void bind_design(py::module_& m);
void bind_configurations(py::module_& m);

inline Precision precision_named(const std::string& name) {
  return named<Precision>("precision", name,
                          {{"single", Precision::f32}, {"double", Precision::f64}});
}

// By kind and size: making a dtype to compare with costs more than a short call's share.
inline Element element_of(const py::dtype& dtype) {
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

inline Array array_of(const py::array& of, const char* name) {
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

inline std::vector<Array> arrays_of(const std::vector<py::array>& of, const char* name) {
  std::vector<Array> arrays;
  arrays.reserve(of.size());
  for (const py::array& array : of) arrays.push_back(array_of(array, name));
  return arrays;
}

// Ctrl-C, and whatever else has a handler in Python: the handler's error becomes that of the call.
inline bool python_interrupts(void*) {
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

}  // namespace fastmel
