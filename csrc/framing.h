// Positions: which samples frames are made of, and how far both may go.
#pragma once

#include "chain.h"

namespace fastmel {

// Hops and offsets are at most 2^40, and positions and everything that is computed of them at most
// 2^62: no signal is that long, and no sum of a few overflows.
constexpr Index longest_hop = Index{1} << 40;
constexpr Index furthest = Index{1} << 62;
// A signal whose end is not known yet: its frames may not reach what is not in memory.
constexpr Index unknown_length = Index{1} << 60;

// Samples begin ... end - 1; none if end <= begin.
struct Span {
  Index begin = 0, end = 0;
  bool empty() const { return end <= begin; }
};

// Whether all positions of n_frames frames can be computed.
bool positions_fit(const Framing& framing, Index n_frames);

// The stretch of samples that n_frames frames from `first` on are made of, their padding included.
Span samples_of(const Framing& framing, const Emphasis& emphasis, Index n_samples, Index first,
                Index n_frames);

}  // namespace fastmel
