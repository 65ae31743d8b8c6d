// What the chain does to a single frame, up to its spectrum: for runs of fewer frames than lanes
// (frame_fft.h says why).
#pragma once

#include "fft.h"
#include "prepare.h"

namespace fastmel::FASTMEL_VARIANT {

// use(i) for vectors of elements i ... i + lanes - 1, which cover n, being lanes or more: the last
// may overlap the one before.
template <class T, class Use>
FASTMEL_INLINE void each_vector(index n, Use&& use) {
  constexpr index lanes = vec<T>::lanes;
  index i = 0;
  for (; i + lanes <= n; i += lanes) use(i);
  if (i < n) use(n - lanes);
}

// What a frame is in between, in scratch; vectors may read and write `slack` values behind it.
template <class T>
struct OneFrame {
  static constexpr index slack = FramePlan<T>::slack + 4;

  static index bytes(index n_fft, index n_features) {
    return (4 * n_fft + 1 + n_features + 6 * slack) * static_cast<index>(sizeof(T)) + 5 * 64;
  }
  OneFrame(index n_fft, index n_features, Arena& arena)
      : samples(arena.take<T>(n_fft + slack)),
        windowed(arena.take<T>(n_fft + slack)),
        planes(arena.take<T>(n_fft + 2 * slack)),
        power(arena.take<T>(n_fft / 2 + 1 + slack)),
        features(arena.take<T>(n_features + slack)) {}

  T *samples, *windowed, *planes, *power, *features;
};

// window_frames (window.h) of one.
template <class S, class T>
inline void window_frame(const S* frame, index n, const T* window, T* out) {
  each_vector<T>(
      n, [=](index i) { (load_as<T>(frame + i) * vec<T>::load(window + i)).store(out + i); });
  std::fill_n(out + n, FramePlan<T>::slack, T(0));
}

// prepare_frames (prepare.h) of frame number `at`, whose window is not shorter than a vector.
template <class S, class T>
inline T prepare_frame(const Preparation& how, const S* frame, index at, const T* window,
                       index n_fft, const OneFrame<T>& work) {
  constexpr index lanes = vec<T>::lanes;
  const index n = how.length;
  T* x = work.samples + lanes;
  frame += how.begin;
  each_vector<T>(n, [=](index i) { load_as<T>(frame + i).store(x + i); });
  if (how.dither != 0) {
    const vec<T> amplitude(static_cast<T>(how.dither));
    const std::uint64_t start = mixed(how.dither_seed);
    for (index i = 0; i < n; i += lanes) {
      (vec<T>::load(x + i) + amplitude * normal_deviates_at<T>(start, at * n + i, 1)).store(x + i);
    }
  }
  // of quads, with zeros behind the last
  const auto sum = [n](T* values, auto&& of) {
    std::fill_n(values + n, 4, T(0));
    return sum_of_quads<T>(n, [=](index i) { return of(load_quad<T>(values + i)); });
  };
  const auto square = [](Quad<T> v) { return v * v; };
  if (how.remove_mean) {
    const vec<T> mean(sum(x, [](Quad<T> v) { return v; }) / static_cast<T>(n));
    for (index i = 0; i < n; i += lanes) (vec<T>::load(x + i) - mean).store(x + i);
  }
  T energy = how.energy == Energy::raw ? sum(x, square) : T(0);
  x[-1] = x[0];
  T* y = work.windowed + how.begin;
  const vec<T> coefficient(static_cast<T>(how.preemphasis));
  each_vector<T>(n, [=, window = window + how.begin](index i) {
    const vec<T> emphasized = vec<T>::load(x + i) - coefficient * vec<T>::load(x + i - 1);
    (emphasized * vec<T>::load(window + i)).store(y + i);
  });
  std::fill_n(work.windowed, how.begin, T(0));
  std::fill(y + n, work.windowed + n_fft + FramePlan<T>::slack, T(0));
  if (how.energy == Energy::windowed) energy = sum(y, square);
  return energy;
}

}  // namespace fastmel::FASTMEL_VARIANT
