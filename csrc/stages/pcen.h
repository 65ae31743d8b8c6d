// Per-channel energy normalisation (Wang et al., 2017, "Trainable frontend for robust and
// far-field keyword spotting"), in double precision:
//   M[t] = b * R[t] + (1 - b) * M[t-1],   smooth = exp(-gain * (ln eps + log1p(M / eps))),
//   out  = (S * smooth + bias)^power - bias^power
// R is S itself, or a maximum-filtered S.
#pragma once

#include "mathfun.h"
#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

struct PcenLanes {
  vec<double> gain, log_eps, inverse_eps, bias, inverse_bias, power, bias_power;
  bool no_power, no_bias;

  explicit PcenLanes(const Pcen& p)
      : gain(p.gain),
        log_eps(log(vec<double>(p.eps), log_base<double>(Log::ln))),
        inverse_eps(1.0 / p.eps),
        bias(p.bias),
        inverse_bias(1.0 / p.bias),
        power(p.power),
        bias_power(exp(power * log(bias, log_base<double>(Log::ln)))),
        no_power(p.power == 0),
        no_bias(p.bias == 0) {}

  vec<double> operator()(vec<double> s, vec<double> m) const {
    const vec<double> log_smooth = gain * (log_eps + log1p(m * inverse_eps));
    if (no_power) return log1p(s * exp(-log_smooth));
    if (no_bias) return exp(power * (log(s, log_base<double>(Log::ln)) - log_smooth));
    return bias_power * expm1(power * log1p(s * exp(-log_smooth) * inverse_bias));
  }
};

// The recurrence over N rows at once, which hides its latency. `state` is (1 - b) * M[-1] of each row
// on entry and (1 - b) * M[n - 1] on return, as of a transposed direct-form filter.
template <int N, class I>
inline void smooth_rows(double b, const I* r, index n_frames, double* state, double* smoothed) {
  double z[N];
  for (int j = 0; j < N; ++j) z[j] = state[j];
  for (index t = 0; t < n_frames; ++t) {
    for (int j = 0; j < N; ++j) {
      const double m = b * static_cast<double>(r[j * n_frames + t]) + z[j];
      z[j] = (1.0 - b) * m;
      smoothed[j * n_frames + t] = m;
    }
  }
  for (int j = 0; j < N; ++j) state[j] = z[j];
}

template <class I>
inline void normalise(const PcenLanes& lanes_of, const I* s, const double* smoothed, double* out,
                      index n) {
  constexpr index lanes = vec<double>::lanes;
  index t = 0;
  for (; t + lanes <= n; t += lanes) {
    lanes_of(load_as<double>(s + t), vec<double>::load(smoothed + t)).store(out + t);
  }
  if (t == n) return;
  double a[lanes] = {}, m[lanes] = {};
  for (index j = 0; t + j < n; ++j) {
    a[j] = static_cast<double>(s[t + j]);
    m[j] = smoothed[t + j];
  }
  lanes_of(vec<double>::load(a), vec<double>::load(m)).store(a);
  for (index j = 0; t + j < n; ++j) out[t + j] = a[j];
}

// Rows of n_frames values one after another. The output holds the smoothed rows in between.
template <class I>
inline void pcen_rows(const Pcen& p, const I* s, const I* r, double* out, index n_rows,
                      index n_frames, double* state) {
  constexpr int together = 8;
  const PcenLanes lanes_of(p);
  index row = 0;
  const auto step = [&](auto n) {
    const index at = row * n_frames;
    smooth_rows<n.value>(p.b, r + at, n_frames, state + row, out + at);
    normalise(lanes_of, s + at, out + at, out + at, n.value * n_frames);
    row += n.value;
  };
  while (row + together <= n_rows) step(std::integral_constant<int, together>());
  while (row < n_rows) step(std::integral_constant<int, 1>());
}

}  // namespace fastmel::FASTMEL_VARIANT
