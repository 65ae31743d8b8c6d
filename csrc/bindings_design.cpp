// The binding of windows, filters, cepstra and frame counts.
#include <utility>
#include <variant>

#include "bindings.h"
#include "design/cepstra.h"
#include "design/mel.h"
#include "design/window.h"
#include "framing.h"

namespace fastmel {
namespace {

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

}  // namespace

void bind_design(py::module_& m) {
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
}

}  // namespace fastmel
