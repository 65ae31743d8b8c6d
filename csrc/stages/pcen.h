// Per-channel energy normalisation (Wang et al., 2017, "Trainable frontend for robust and
// far-field keyword spotting"), in double precision:
//   M[t] = b * R[t] + (1 - b) * M[t-1],   smooth = (eps + M)^-gain,
//   out  = (S * smooth + bias)^power - bias^power
// R is S itself, or a maximum-filtered S. With u = S * smooth / bias, the last line is
// bias^power * expm1(power * log1p(u)), and for power = 1/2, the default,
// bias^power * u / (sqrt(1 + u) + 1): neither loses the digits of a small u.
#pragma once

#include "mathfun.h"
#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

struct PcenLanes {
  vec<double> minus_gain, eps, inverse_bias, power, bias_power;
  double power_value, bias_value;

  explicit PcenLanes(const Pcen& p)
      : minus_gain(-p.gain),
        eps(p.eps),
        inverse_bias(1.0 / p.bias),
        power(p.power),
        bias_power(exp(power * natural_log(vec<double>(p.bias)))),
        power_value(p.power),
        bias_value(p.bias) {}

  static vec<double> natural_log(vec<double> x) { return log(x, log_base<double>(Log::ln)); }

  vec<double> operator()(vec<double> s, vec<double> m) const {
    const vec<double> log_smooth = minus_gain * natural_log(eps + m);
    if (power_value == 0) return log1p(s * exp(log_smooth));
    if (bias_value == 0) return exp(power * (natural_log(s) + log_smooth));
    const vec<double> u = s * exp(log_smooth) * inverse_bias;
    if (power_value == 0.5) {
      const vec<double> one(1.0);
      return bias_power * (u / (sqrt(one + u) + one));
    }
    return bias_power * expm1(power * log1p(u));
  }
};

// The recurrence over N rows at once, which hides its latency. `state` is (1 - b) * M[-1] of each
// row on entry and (1 - b) * M[n - 1] on return, as of a transposed direct-form filter.
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
