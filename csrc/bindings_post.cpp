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
                       Index ddof, double eps, const std::string& eps_to) {
  const Normalization how = normalization(divide, false, ddof, eps, eps_to);
  const Array in_place = array_of(features, "features");
  Windows windows;
  for (const auto& [begin, end] : spans) windows.spans.push_back({begin, end});
  windows.size = size;
  released([&] { normalize(in_place, how, windows); });
}

Spans spans_of(Index before, Index after, Index least, Index n_frames) {
  const SlidingWindow window{before, after, least};
  Spans spans;
  for (Index t = 0; t < n_frames; ++t) {
    const Span span = window.of(t, n_frames);
    spans.emplace_back(span.begin, span.end);
  }
  return spans;
}

SlidingNormalizer make_sliding(Index width, Index before, Index after, Index least, bool divide,
                               Index ddof, double eps, const std::string& eps_to) {
  require(width >= 0, "width", "must not be negative");
  require(before >= 0 && after >= 0 && least >= 1 && least <= before + 1 + after, "least",
          "must be from 1 to the frames of a window");
  return SlidingNormalizer(normalization(divide, false, ddof, eps, eps_to), {before, after, least},
                           width);
}

// Frames (n, width) to those that are certain, in the same form.
py::array push_sliding(SlidingNormalizer& sliding, const py::array& frames, bool last) {
  const Array from = array_of(frames, "frames");
  require(frames.ndim() == 2 && frames.shape(1) == sliding.width(), "frames", "must be (n, width)");
  const Type type = type_of(real_of(from));
  const Index n = sliding.frames_of(frames.shape(0), last), width = sliding.width();
  const auto block = [&](const py::array& of) {
    return Block(type, const_cast<void*>(of.data()), of.shape(0), width, of.strides(0),
                 of.strides(1), true);
  };
  py::array out(frames.dtype(), {n, width});
  sliding.push(block(frames), last, block(out));
  return out;
}

py::tuple state_of_sliding(const SlidingNormalizer& sliding) {
  const SlidingNormalizer::State state = sliding.state();
  return py::make_tuple(state.n_frames, state.given, state.held_from, py::cast(state.origins),
                        py::array_t<double>(static_cast<py::ssize_t>(state.differences.size()),
                                            state.differences.data()));
}

void restore_sliding(SlidingNormalizer& sliding, const py::tuple& from) {
  require(from.size() == 5, "state", "must have five entries");
  const Dense x = from[4].cast<Dense>();
  sliding.restore({from[0].cast<Index>(),
                   from[1].cast<Index>(),
                   from[2].cast<Index>(),
                   from[3].cast<std::vector<double>>(),
                   {x.data(), x.data() + x.size()}});
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

  py::class_<SlidingNormalizer>(m, "SlidingNormalizer")
      .def(py::init(&make_sliding), py::kw_only(), py::arg("width"), py::arg("before"),
           py::arg("after"), py::arg("least"), py::arg("divide"), py::arg("ddof") = 0,
           py::arg("eps") = 0.0, py::arg("eps_to") = "std")
      .def("push", &push_sliding, py::arg("frames"), py::arg("last") = false)
      .def("state", &state_of_sliding)
      .def("restore", &restore_sliding, py::arg("state"));

  m.def("normalize_in_windows", &normalize_windows, py::arg("features"), py::arg("windows"),
        py::kw_only(), py::arg("size"), py::arg("divide"), py::arg("ddof") = 0,
        py::arg("eps") = 0.0, py::arg("eps_to") = "std");
  m.def("windows_of", &spans_of, py::kw_only(), py::arg("before"), py::arg("after"),
        py::arg("least"), py::arg("n_frames"));
  m.def("normalize", &normalize_features, py::arg("features"), py::kw_only(), py::arg("divide"),
        py::arg("all") = false, py::arg("ddof") = 0, py::arg("eps") = 0.0,
        py::arg("eps_to") = "std", py::arg("variant") = "");
  m.def("pcen", &run_pcen, py::kw_only(), py::arg("S"), py::arg("ref"), py::arg("out").noconvert(),
        py::arg("state").noconvert(), py::arg("b"), py::arg("gain"), py::arg("bias"),
        py::arg("power"), py::arg("eps"), py::arg("variant") = "");
}

}  // namespace fastmel
