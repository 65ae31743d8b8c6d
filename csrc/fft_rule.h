// Which transform serves which length.
#pragma once

#include "chain.h"

namespace fastmel {

// How the fused transform (stages/fused_fft.h) cuts a real transform of n_fft points: a first pass
// of radix `split` over n_fft / 2 complex points, then sub-transforms of `rest` points each, with
// the radices of `stage`. n_stages < 0: the length is pocketfft's.
struct Factors {
  static constexpr int max_stages = 24;
  Index split = 0;
  Index rest = 0;
  int n_stages = -1;
  int stage[max_stages] = {};
};

// The rule: even lengths whose half has no prime factor above 5. It depends on the length alone, so
// that all instruction sets do the same arithmetic. The first pass reads tiles of up to 16 samples,
// 8 complex points of each sub-transform: best if 8 divides its length, and impossible if it is
// shorter, which leaves such lengths to pocketfft.
//
// Not inline: kernel objects call this, and must not carry a copy of code that others share.
Factors factors_of(Index n_fft);
bool is_fused(Index n_fft);

}  // namespace fastmel
