#include "framing.h"

#include <algorithm>

namespace fastmel {

namespace {

// Samples from the nearer end of the signal that `count` samples of padding are copies of.
Index reach(Pad pad, Index count) {
  switch (pad) {
    case Pad::constant: return 0;
    case Pad::edge:
    case Pad::linear_ramp: return 1;
    case Pad::reflect: return count + 1;
    case Pad::symmetric: return count;
  }
  return count;
}

Span join(Span a, Span b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

}  // namespace

bool positions_fit(const Framing& framing, Index n_frames) {
  constexpr Index lanes = 64;  // of any variant: blocks are whole
  return n_frames <= furthest / std::max(framing.hop_length, framing.n_fft) - lanes - 1;
}

Span samples_of(const Framing& framing, const Emphasis& emphasis, Index n_samples, Index first,
                Index n_frames) {
  if (n_frames <= 0 || n_samples <= 0) return {};
  const Index begin = first * framing.hop_length - framing.offset;
  const Index end = begin + (n_frames - 1) * framing.hop_length + framing.n_fft;
  Span span{std::max<Index>(begin, 0), std::min(end, n_samples)};
  // Padding that is longer than the signal repeats all of it.
  if (begin < 0) span = join(span, {0, std::min(reach(framing.before, -begin), n_samples)});
  if (end > n_samples) {
    const Index from_end = std::min(reach(framing.after, end - n_samples), n_samples);
    span = join(span, {n_samples - from_end, n_samples});
  }
  if (emphasis.coefficient != 0 && !span.empty()) {
    const Index lowest = emphasis.first_has_previous ? -1 : 0;
    span.begin = std::max(span.begin - 1, lowest);
  }
  return span;
}

}  // namespace fastmel
