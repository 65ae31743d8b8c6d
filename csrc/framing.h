// Positions: how many frames there are, which samples they are made of, and how far both may go.
#pragma once

#include "chain.h"
#include "names.h"

namespace fastmel {

// Hops and offsets are at most 2^40, and positions and everything that is computed of them at most
// 2^62: no signal is that long, and no sum of a few overflows.
constexpr Index longest_hop = Index{1} << 40;
constexpr Index furthest = Index{1} << 62;
// A signal whose end is not known yet: its frames may not reach what is not in memory.
constexpr Index unknown_length = Index{1} << 60;

// The product of two numbers that are not negative; throws std::invalid_argument, naming it, if it
// is beyond any size of memory.
Index product(const char* name, Index a, Index b);

// Samples begin ... end - 1; none if end <= begin.
struct Span {
  Index begin = 0, end = 0;
  bool empty() const { return end <= begin; }
};

// How many frames a signal has: all that fit into it with its padding; or the number of hops in it,
// rounded down, to the nearest or up; or all that begin before its last frame ends, at least one.
enum class FrameCount { whole, floor, round, ceil, tail };

constexpr Named<FrameCount> frame_counts[] = {{"whole", FrameCount::whole},
                                              {"floor", FrameCount::floor},
                                              {"round", FrameCount::round},
                                              {"ceil", FrameCount::ceil},
                                              {"tail", FrameCount::tail}};

struct FrameRule {
  FrameCount count = FrameCount::whole;
  Index frame_length = 1;       // samples that a frame needs
  Index hop_length = 1;         // at most longest_hop, as all lengths here
  Index before = 0, after = 0;  // padding; may be negative
};

// The padding on either side that centres frames.
Index center_padding(Index frame_length);

Index n_frames(const FrameRule& rule, Index n_samples);

// The least number of samples, at least 1, of which frames are made.
Index shortest_signal(const FrameRule& rule);

// `size` frames become one, every `stride` frames, after `left` copies of the first. An incomplete
// last one is dropped, or else completed where its stride has begun.
struct Stacking {
  Index size = 1, stride = 1, left = 0;
  bool drop = true;
};

Index n_stacked(const Stacking& stacking, Index n_frames);

// Samples from the nearer end of the signal that `count` samples of padding are copies of.
Index reach(Pad pad, Index count);

// Whether all positions of n_frames frames can be computed.
bool positions_fit(const Framing& framing, Index n_frames);

// The stretch of samples that n_frames frames from `first` on are made of, their padding included.
Span samples_of(const Framing& framing, const Emphasis& emphasis, Index n_samples, Index first,
                Index n_frames);

}  // namespace fastmel
