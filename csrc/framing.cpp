#include "framing.h"

#include <algorithm>

#include "errors.h"

namespace fastmel {

namespace {

Index hops_up(Index n, Index hop) { return n / hop + (n % hop != 0); }

void check(const FrameRule& rule) {
  const auto padding_fits = [](Index n) { return n >= -longest_hop && n <= longest_hop; };
  require(rule.frame_length >= 1 && rule.frame_length <= longest_hop, "frame_length",
          "must be in [1, 2**40]");
  require(rule.hop_length >= 1 && rule.hop_length <= longest_hop, "hop_length",
          "must be in [1, 2**40]");
  require(padding_fits(rule.before) && padding_fits(rule.after), "padding",
          "must be in [-2**40, 2**40]");
}

Span join(Span a, Span b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

}  // namespace

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

Index product(const char* name, Index a, Index b) {
  require(b == 0 || a <= furthest / b, name, "makes a result beyond any memory");
  return a * b;
}

Index center_padding(Index frame_length) { return frame_length / 2; }

Index n_frames(const FrameRule& rule, Index n_samples) {
  check(rule);
  require(n_samples >= 0 && n_samples <= unknown_length, "n_samples", "must be in [0, 2**60]");
  const Index hop = rule.hop_length, length = rule.frame_length;
  const Index padded = n_samples + rule.before + rule.after, half = center_padding(length);
  switch (rule.count) {
    case FrameCount::floor: return n_samples / hop;
    case FrameCount::round: return (n_samples + hop / 2) / hop;
    case FrameCount::ceil: return hops_up(n_samples, hop);
    case FrameCount::tail: return 1 + hops_up(std::max<Index>(padded - length, 0), hop);
    case FrameCount::whole: break;
  }
  // An empty signal is centred in one sample less than an odd frame_length, and has its frame.
  if (n_samples == 0 && rule.before == half && rule.after == half) return 1;
  return padded < length ? 0 : 1 + (padded - length) / hop;
}

Index shortest_signal(const FrameRule& rule) {
  check(rule);
  const bool whole = rule.count == FrameCount::whole;
  return std::max<Index>(whole ? rule.frame_length - rule.before - rule.after : 1, 1);
}

Index n_stacked(const Stacking& stacking, Index n_frames) {
  const Index size = stacking.size, stride = stacking.stride, left = stacking.left;
  require(size >= 1 && size <= longest_hop, "stack", "must be in [1, 2**40]");
  require(stride >= 1 && stride <= longest_hop, "stack_stride", "must be in [1, 2**40]");
  require(left >= 0 && left <= longest_hop, "stack_left", "must be in [0, 2**40]");
  require(n_frames >= 0 && n_frames <= furthest, "n_frames", "must be in [0, 2**62]");
  if (n_frames == 0 || (size == 1 && stride == 1)) return n_frames;
  if (!stacking.drop) return hops_up(n_frames, stride);
  return n_frames + left < size ? 0 : 1 + (n_frames + left - size) / stride;
}

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
