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

// One row of n_frames values. `state` is (1 - b) * M[-1] on entry and (1 - b) * M[n - 1] on return,
// the state of a transposed direct-form filter. `smoothed` is scratch for one row.
template <class I>
inline void pcen_row(const Pcen& p, const PcenLanes& lanes_of, const I* s, const I* r, double* out,
                     index n_frames, double* state, double* smoothed) {
  constexpr index lanes = vec<double>::lanes;
  double z = *state;
  for (index t = 0; t < n_frames; ++t) {
    smoothed[t] = p.b * static_cast<double>(r[t]) + z;
    z = (1.0 - p.b) * smoothed[t];
  }
  *state = z;
  index t = 0;
  for (; t + lanes <= n_frames; t += lanes) {
    lanes_of(load_as<double>(s + t), vec<double>::load(smoothed + t)).store(out + t);
  }
  if (t == n_frames) return;
  double a[lanes] = {}, m[lanes] = {};
  for (index j = 0; t + j < n_frames; ++j) {
    a[j] = static_cast<double>(s[t + j]);
    m[j] = smoothed[t + j];
  }
  lanes_of(vec<double>::load(a), vec<double>::load(m)).store(a);
  for (index j = 0; t + j < n_frames; ++j) out[t + j] = a[j];
}

}  // namespace fastmel::FASTMEL_VARIANT
