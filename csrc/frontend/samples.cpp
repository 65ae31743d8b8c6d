#include "samples.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "../errors.h"
#include "../finite.h"
#include "../float_environment.h"

namespace fastmel {

namespace {

const char* place(const Signal& signal, Index i) {
  return static_cast<const char*>(signal.data) + i * signal.stride;
}

template <class T>
T sample(const Signal& signal, Index i) {
  T x;
  std::memcpy(&x, place(signal, i), sizeof x);
  return x;
}

// n samples of a type, adjacent, in memory of their own.
PreparedSignal room_for(Index n, Sample type) {
  PreparedSignal made;
  const Index bytes = product("samples", n, size_of(type));
  made.memory.emplace(std::max<Index>(bytes, 1));
  made.signal.data = made.memory->data();
  made.signal.type = type;
  made.signal.stride = size_of(type);
  made.signal.n_samples = made.signal.end = n;
  return made;
}

// How many copies of the samples a step begins with.
Index copies(const SampleStep& step, Index count) {
  const auto* repeat = std::get_if<RepeatAndPad>(&step);
  return repeat == nullptr ? 1 : std::max<Index>(1, repeat->n_samples / count);
}

PreparedSignal apply_step(const SampleStep& step, const Signal& in) {
  const Index count = in.n_samples, unit = size_of(in.type);
  if (count == 0 && std::holds_alternative<RepeatAndPad>(step)) {
    refuse("samples are none; there is nothing to repeat");
  }
  PreparedSignal out = room_for(length_after(step, count), in.type);
  char* to = static_cast<char*>(out.memory->data());
  const Index n = out.signal.n_samples;
  const Index taken = std::min(n, count == 0 ? 0 : copies(step, count) * count);
  for (Index i = 0, j = 0; i < taken; ++i) {
    std::memcpy(to + i * unit, place(in, j), static_cast<std::size_t>(unit));
    if (++j == count) j = 0;
  }
  std::memset(to + taken * unit, 0, static_cast<std::size_t>((n - taken) * unit));
  return out;
}

// PCM as fractions of full scale.
double value(const Signal& signal, Index i) {
  switch (signal.type) {
    case Sample::f32: return static_cast<double>(sample<float>(signal, i));
    case Sample::f64: return sample<double>(signal, i);
    case Sample::i16: return static_cast<double>(sample<std::int16_t>(signal, i)) / 0x1p15;
    default: return static_cast<double>(sample<std::int32_t>(signal, i)) / 0x1p31;
  }
}

template <class T>
void add_noise(const Signal& in, double amplitude, const std::vector<double>& noise, void* out) {
  T* to = static_cast<T*>(out);
  for (Index i = 0; i < in.n_samples; ++i) {
    const double one = amplitude * noise[static_cast<std::size_t>(i)];
    to[i] = static_cast<T>(value(in, i)) + static_cast<T>(one);
  }
}

PreparedSignal dithered(const Config& config, const Signal& in, const Kernels& kernels) {
  std::vector<double> noise(static_cast<std::size_t>(in.n_samples));
  kernels.noise(config.dither_seed, 0, noise.data(), in.n_samples);
  const bool wide = in.type == Sample::f64;
  PreparedSignal out = room_for(in.n_samples, wide ? Sample::f64 : Sample::f32);
  const double amplitude = config.dither / config.scale;
  if (wide) {
    add_noise<double>(in, amplitude, noise, out.memory->data());
  } else {
    add_noise<float>(in, amplitude, noise, out.memory->data());
  }
  return out;
}

// A ramp of integers would be one of steps.
PreparedSignal as_doubles(const Signal& in) {
  PreparedSignal out = room_for(in.n_samples, Sample::f64);
  double* to = static_cast<double*>(out.memory->data());
  for (Index i = 0; i < in.n_samples; ++i) to[i] = value(in, i);
  return out;
}

}  // namespace

Index prepared_length(const Config& config, Index n_samples) {
  for (const SampleStep& step : config.before) n_samples = length_after(step, n_samples);
  return n_samples;
}

PreparedSignal prepare(const Config& config, const Signal& signal, const Kernels& kernels) {
  const FloatEnvironment environment;
  PreparedSignal made{signal, std::nullopt};
  for (const SampleStep& step : config.before) made = apply_step(step, made.signal);
  if (config.dither != 0 && config.dither_scope == "signal") {
    made = dithered(config, made.signal, kernels);
  }
  const bool pcm = made.signal.type == Sample::i16 || made.signal.type == Sample::i32;
  const bool ramp =
      config.pad_mode.before == "linear_ramp" || config.pad_mode.after == "linear_ramp";
  if (pcm && ramp) made = as_doubles(made.signal);
  return made;
}

Lattice checked(const Signal& signal) {
  const Lattice made = lattice_of(signal);
  require(signal.begin == signal.end || signal.data != nullptr, "samples", "is null");
  require(is_aligned(made), "samples",
          "must be aligned, their stride a multiple of a sample's size");
  require(fits_memory(made), "samples", "have a stride beyond any memory");
  return made;
}

void check_apart(const std::vector<Lattice>& samples, const std::vector<Lattice>& features) {
  require(lie_apart(features), "features", "overlap another's");
  require(!may_overlap(samples, features), "features", "overlap the samples");
}

std::string not_finite(const Signal& signal) {
  const Index bad = first_not_finite(signal);
  if (bad == signal.end) return {};
  return std::to_string(bad) + " is " + json_number(value(signal, bad - signal.begin));
}

}  // namespace fastmel
