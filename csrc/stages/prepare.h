// Prepare: what Kaldi does to each frame before its transform (chain.h, Preparation), and the
// window.
#pragma once

#include "mathfun.h"
#include "reduce.h"
#include "window.h"

namespace fastmel::FASTMEL_VARIANT {

// Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014), their output function.
inline std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Normal deviates, one for each counter (Box and Muller, 1958); those of frame f are counted from
// f * length, so that they depend on the seed and on nothing else. The mixed seed is where the
// generator starts: 0 for the seed 0, and for others so far apart that no two share numbers.
inline vec<double> normal_deviates(std::uint64_t start, const std::uint64_t* counter) {
  constexpr index lanes = vec<double>::lanes;
  double u[lanes], v[lanes];
  for (index f = 0; f < lanes; ++f) {
    const std::uint64_t bits = mixed(start + (counter[f] + 1) * 0x9e3779b97f4a7c15u);
    u[f] = (static_cast<double>(bits >> 32) + 0.5) * 0x1p-32;
    v[f] = static_cast<double>(bits & 0xffffffffu) * 0x1p-32 - 0.5;
  }
  const vec<double> radius =
      sqrt(vec<double>(-2.0) * log(vec<double>::load(u), log_base<double>(Log::ln)));
  return radius * cos_of_turns(vec<double>::load(v));
}

// Those of the counters first, first + distance, ...
template <class T>
inline vec<T> normal_deviates_at(std::uint64_t start, index first, index distance) {
  constexpr index lanes = vec<T>::lanes, step = vec<double>::lanes;
  T lane[lanes];
  for (index f = 0; f < lanes; f += step) {
    std::uint64_t counter[step];
    for (index j = 0; j < step; ++j) {
      counter[j] = static_cast<std::uint64_t>(first + (f + j) * distance);
    }
    store_as(normal_deviates(start, counter), lane + f);
  }
  return vec<T>::load(lane);
}

// Asks for what the frames of the next block add to the samples of this one: rows of a tile lie too
// far apart for the hardware to foresee. It need not exist.
template <class T, class S>
inline void ask_for_next_block(FrameBlock<S> frames, index n) {
  constexpr index lanes = vec<T>::lanes, line = 64 / static_cast<index>(sizeof(S));
  if (frames.pitch > n) return;
  const S* next = frames.data + (lanes - 1) * frames.pitch + n;
  for (index i = 0; i < lanes * frames.pitch; i += line) __builtin_prefetch(next + i, 0, 2);
}

// The frames of a block, windowed: sample i of n_fft to x[place[i]], zeros where no window is.
// Returns the sums of squares.
template <class S, class T, class Index>
inline vec<T> prepare_frames(const Preparation& how, FrameBlock<S> frames, index first_frame,
                             const T* window, index n_fft, const Index* place, vec<T>* x) {
  const index n = how.length;
  for (index i = 0; i < how.begin; ++i) x[place[i]] = vec<T>(T(0));
  for (index i = how.begin + n; i < n_fft; ++i) x[place[i]] = vec<T>(T(0));
  frames.data += how.begin;
  window += how.begin;
  place += how.begin;
  ask_for_next_block<T>(frames, n);
  vec<T> part[4] = {T(0), T(0), T(0), T(0)};  // of their sum, as sum_of has it
  const auto keep = [&](index i, index count, const vec<T>* tile) __attribute__((always_inline)) {
    const bool whole = count == vec<T>::lanes && count % 4 == 0;  // known where it is inlined
    for (index j = 0; j < count; ++j) part[(whole ? j : i + j) % 4] += tile[j];
    if (place[i + count - 1] == place[i] + count - 1) {
      vec<T>* to = x + place[i];
      for (index j = 0; j < count; ++j) to[j] = tile[j];
    } else {
      for (index j = 0; j < count; ++j) x[place[i + j]] = tile[j];
    }
  };
  each_tile<T>(frames, n, keep);
  vec<T> sum = (part[0] + part[1]) + (part[2] + part[3]);
  if (how.dither != 0) {
    const vec<T> amplitude(static_cast<T>(how.dither));
    const std::uint64_t start = mixed(how.dither_seed);
    for (index i = 0; i < n; ++i) {
      x[place[i]] += amplitude * normal_deviates_at<T>(start, first_frame * n + i, n);
    }
    sum = sum_of<T>(n, [=](index i) { return x[place[i]]; });
  }
  const vec<T> mean = how.remove_mean ? sum / vec<T>(static_cast<T>(n)) : vec<T>(T(0));
  vec<T> energy(T(0));
  if (how.energy == Energy::raw) {
    energy = sum_of<T>(n, [=](index i) { return (x[place[i]] - mean) * (x[place[i]] - mean); });
  }
  const vec<T> coefficient(static_cast<T>(how.preemphasis));
  vec<T> previous = x[place[0]] - mean;
  // Of adjacent samples, whose operations the compiler may mix.
  const auto emphasize = [&](vec<T>* y, const T* w, auto count) __attribute__((always_inline)) {
    vec<T> sample[count.value];
    for (index j = 0; j < count.value; ++j) sample[j] = y[j] - mean;
    for (index j = 0; j < count.value; ++j) {
      const vec<T> before = j == 0 ? previous : sample[j - 1];
      y[j] = (sample[j] - coefficient * before) * vec<T>(w[j]);
    }
    previous = sample[count.value - 1];
  };
  constexpr std::integral_constant<index, 1> one{};
  constexpr std::integral_constant<index, 8> eight{};
  index i = 0;
  for (; i + 8 <= n; i += 8) {
    if (place[i + 7] == place[i] + 7) {
      emphasize(x + place[i], window + i, eight);
    } else {
      for (index j = i; j < i + 8; ++j) emphasize(x + place[j], window + j, one);
    }
  }
  for (; i < n; ++i) emphasize(x + place[i], window + i, one);
  if (how.energy == Energy::windowed) {
    energy = sum_of<T>(n, [=](index k) { return x[place[k]] * x[place[k]]; });
  }
  return energy;
}

// The energies of a block as they are stored.
template <class T>
inline vec<T> log_energy(const Preparation& how, vec<T> energy) {
  const vec<T> floor(static_cast<T>(how.energy_floor));
  const vec<T> scaled = energy * vec<T>(static_cast<T>(how.energy_gain));
  return log(max_keep_nan(floor, scaled), log_base<T>(Log::ln));
}

}  // namespace fastmel::FASTMEL_VARIANT
