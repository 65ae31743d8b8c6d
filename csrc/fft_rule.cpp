#include "fft_rule.h"

#include <initializer_list>

namespace fastmel {

Factors factors_of(Index n_fft) {
  Factors f;
  if (n_fft % 2 != 0) return f;
  const Index half = n_fft / 2;
  for (Index granule : {8, 1}) {
    for (int radix : {8, 4, 5, 3, 2}) {
      const Index rest = half / radix;
      if (f.split == 0 && half % radix == 0 && rest >= 8 && rest % granule == 0) f.split = radix;
    }
  }
  if (f.split == 0) return f;
  f.rest = half / f.split;
  int n = 0;
  Index left = f.rest;
  // A last stage of 16 has constant twiddles; the others are as large as registers allow.
  const bool sixteen = left % 16 == 0;
  if (sixteen) left /= 16;
  for (int radix : {8, 5, 4, 3, 2}) {
    while (left % radix == 0 && n < Factors::max_stages - 1) {
      f.stage[n++] = radix;
      left /= radix;
    }
  }
  if (left != 1) return f;
  if (sixteen) f.stage[n++] = 16;
  f.n_stages = n;
  return f;
}

bool is_fused(Index n_fft) { return factors_of(n_fft).n_stages >= 0; }

}  // namespace fastmel
