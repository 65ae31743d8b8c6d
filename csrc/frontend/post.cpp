#include "post.h"

#include <algorithm>
#include <string>
#include <utility>

#include "../errors.h"
#include "../float_environment.h"
namespace fastmel {

namespace {

template <class T, class Operation>
void per_feature(Grid<T> grid, const std::vector<double>& values, Operation operation) {
  for (Index f = 0; f < grid.width; ++f) {
    const T value = static_cast<T>(values[static_cast<std::size_t>(f)]);
    for (Index t = 0; t < grid.frames; ++t) grid.at(t, f) = operation(grid.at(t, f), value);
  }
}

template <class Operation>
void per_feature(const Block& features, const std::vector<double>& values, Operation operation) {
  if (values.empty()) return;
  if (features.type() == Type::f64) {
    per_feature(features.grid<double>(), values, operation);
  } else {
    per_feature(features.grid<float>(), values, operation);
  }
}

Block halved(const Block& features) {
  Block out = features.like(Type::f16, features.frames(), features.width());
  const Grid<Half> to = out.grid<Half>();
  const Grid<float> from = features.grid<float>();
  each(to, [&](Index t, Index f) { to.at(t, f) = Half(from.at(t, f)); });
  return out;
}

}  // namespace

// The kernel takes rows of adjacent frames and returns doubles.
void apply_pcen(const Pcen& how, const Block& features, std::vector<double>& state,
                const Kernels& kernels) {
  const Index n_rows = features.width(), n_frames = features.frames();
  if (n_rows * n_frames == 0) return;
  Block rows(features.type(), n_frames, n_rows, false), out(Type::f64, n_frames, n_rows, false);
  copy(features, rows, {});
  const Real type = features.type() == Type::f64 ? Real::f64 : Real::f32;
  kernels.pcen(how, type, rows.data(), rows.data(), static_cast<double*>(out.data()), n_rows,
               n_frames, state.data());
  const Grid<double> made = out.grid<double>();
  if (type == Real::f64) {
    const Grid<double> to = features.grid<double>();
    each(to, [&](Index t, Index f) { to.at(t, f) = made.at(t, f); });
  } else {
    const Grid<float> to = features.grid<float>();
    each(to, [&](Index t, Index f) { to.at(t, f) = static_cast<float>(made.at(t, f)); });
  }
}

Post::Post(PostSpec spec) : spec_(std::move(spec)) {}

bool Post::in_place() const { return spec_.cepstra == nullptr && !stacks() && !spec_.half; }

bool Post::any() const {
  return !in_place() || !frame_by_frame() || !spec_.shift.empty() || !spec_.gain.empty();
}

Index Post::width_after(Index width) const {
  if (spec_.cepstra != nullptr) {
    require(spec_.cepstra->n_inputs() == width, "features",
            "must have as many rows as the matrix of cepstra columns");
    width = spec_.cepstra->bands().n_bands;
  }
  width = product("stack", width, spec_.stacking.size);
  for (const auto* values : {&spec_.shift, &spec_.gain}) {
    require(values->empty() || static_cast<Index>(values->size()) == width, "features",
            "must become as many rows as there are values of shift and gain");
  }
  return width;
}

void Post::check(const char* signal, Index frames, Index width) const {
  if (!spec_.normalization || !spec_.normalization->divide || frames == 0 || width == 0) return;
  if (spec_.cepstra != nullptr) width = spec_.cepstra->bands().n_bands;
  const Index values = spec_.normalization->all ? product("n_mels", frames, width) : frames;
  if (values > spec_.normalization->ddof) return;
  throw std::invalid_argument(std::string(signal) + " is too short: its standard deviation over " +
                              std::to_string(frames) + " frames is not defined");
}

Span Post::frames_for(Index first, Index n, Index of) const {
  if (!stacks() || n == 0) return {first, first + n};
  const auto [size, stride, left, drop] = spec_.stacking;
  const Index begin = std::max<Index>(first * stride - left, 0);
  const Index end = std::max(begin + 1, (first + n - 1) * stride - left + size);
  return {begin, std::min(end, of)};
}

Block Post::apply(Block features, const Kernels& kernels, const std::optional<Part>& part) const {
  const FloatEnvironment environment;
  if (spec_.cepstra != nullptr) features = cepstra(features, kernels);
  if (spec_.pcen) {
    std::vector<double> state(static_cast<std::size_t>(features.width()), 1 - spec_.pcen->b);
    apply_pcen(*spec_.pcen, features, state, kernels);
  }
  if (spec_.normalization) normalize(features, kernels);
  if (stacks()) {
    features = stacked(features, part.value_or(Part{0, frames_after(features.frames()), 0}));
  }
  per_feature(features, spec_.shift, [](auto x, auto v) { return x + v; });
  per_feature(features, spec_.gain, [](auto x, auto v) { return x * v; });
  return spec_.half ? halved(features) : std::move(features);
}

Block Post::cepstra(const Block& features, const Kernels& kernels) const {
  const Index n_mfcc = spec_.cepstra->bands().n_bands;
  Block out = features.like(features.type(), features.frames(), n_mfcc);
  spec_.cepstra->apply(kernels, features.features(), out.features(), features.frames());
  return out;
}

void Post::normalize(const Block& features, const Kernels& kernels) const {
  const Index n_frames = features.frames(), width = features.width();
  if (spec_.window) {
    Windows windows;
    for (Index t = 0; t < n_frames; ++t) windows.spans.push_back(spec_.window->of(t, n_frames));
    windows.size = spec_.window->size();
    normalize_in_windows(features, *spec_.normalization, windows);
  } else if (n_frames * width > 0) {
    const Scratch scratch(kernels.normalize_bytes(width));
    kernels.normalize(*spec_.normalization, features.features(), width, n_frames, scratch.data());
  }
}

Block Post::stacked(const Block& features, const Part& part) const {
  const Stacking& stacking = spec_.stacking;
  Block out =
      features.like(features.type(), part.n, product("stack", features.width(), stacking.size));
  Copy how;
  how.step = stacking.stride;
  how.edge_before = true;
  how.edge_after = spec_.edge;
  how.value = spec_.filler;
  for (Index i = 0; i < stacking.size; ++i) {
    how.first = part.first * stacking.stride - stacking.left + i - part.from;
    how.column = i * features.width();
    copy(features, out, how);
  }
  return out;
}

}  // namespace fastmel
