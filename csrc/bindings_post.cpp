// The binding of what follows the chain.
#include <array>
#include <map>
#include <utility>

#include "bindings.h"
#include "calls.h"
#include "dispatch.h"

namespace fastmel {
namespace {

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

}  // namespace

void bind_post(py::module_& m) {
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
}

}  // namespace fastmel
