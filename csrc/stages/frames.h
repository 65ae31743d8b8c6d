// Framing: where the frames of a block lie in memory.
//
// A block is vec<T>::lanes consecutive frames. When all of them lie inside a signal of adjacent
// samples, they are read where they are. Otherwise (an edge of the signal or of what is in memory,
// or strided samples) the stretch of signal that the block covers is first written to scratch, with
// the padding filled in.
#pragma once

#include "simd.h"

namespace fastmel::FASTMEL_VARIANT {

// Where sample i of an infinitely padded signal of n samples comes from: the modes of numpy.pad,
// including its repetition when the padding is longer than the signal.
inline index source_of(index i, index n, Pad pad) {
  if (pad == Pad::edge || n == 1) return i < 0 ? 0 : n - 1;
  // one reflection, without the division
  const index repeat = pad == Pad::symmetric ? 1 : 0;
  const index once = i < 0 ? -i - repeat : 2 * (n - 1) + repeat - i;
  if (once >= 0 && once < n) return once;
  const index period = pad == Pad::reflect ? 2 * (n - 1) : 2 * n;
  i %= period;
  if (i < 0) i += period;
  if (i < n) return i;
  return pad == Pad::reflect ? period - i : period - 1 - i;
}

template <class S>
inline S sample_at(const Signal& signal, index i) {
  S x;
  const char* data = static_cast<const char*>(signal.data);
  std::memcpy(&x, data + (i - signal.begin) * signal.stride, sizeof(S));
  return x;
}

// A sample before the start (i < 0) or after the end (i >= n_samples).
template <class S>
inline S padding_at(const Framing& framing, const Signal& signal, index i) {
  const index n = signal.n_samples;
  const Pad pad = i < 0 ? framing.before : framing.after;
  if (pad == Pad::constant || n == 0) return S(0);
  if (pad == Pad::linear_ramp) {
    // From the edge sample down to 0 over the padding, which is the same on both sides, as
    // numpy.pad draws it.
    const index width = framing.offset;
    const index outside = i < 0 ? -i : i - n + 1;
    if (outside >= width) return S(0);
    const double edge = static_cast<double>(sample_at<S>(signal, i < 0 ? 0 : n - 1));
    const double step = edge / static_cast<double>(width);
    return static_cast<S>(static_cast<double>(width - outside) * step);
  }
  return sample_at<S>(signal, source_of(i, n, pad));
}

// Pre-emphasis of the signal, in the compute precision; what lies outside repeats emphasised
// samples.
template <class S, class T>
inline T emphasized_at(const Framing& framing, const Signal& signal, const Emphasis& emphasis,
                       index i) {
  const index n = signal.n_samples;
  if (i < 0 || i >= n) {
    const Pad pad = i < 0 ? framing.before : framing.after;
    if (pad == Pad::constant || n == 0) return T(0);
    i = source_of(i, n, pad);
  }
  const T x = static_cast<T>(sample_at<S>(signal, i));
  if (i == 0 && !emphasis.first_has_previous) return x;
  const T scaled =
      static_cast<T>(emphasis.coefficient) * static_cast<T>(sample_at<S>(signal, i - 1));
  return x - scaled;
}

template <class S, class T>
inline void copy_emphasized(const Framing& framing, const Signal& signal, const Emphasis& emphasis,
                            index begin, index count, T* out) {
  constexpr index lanes = vec<T>::lanes;
  const index end = begin + count;
  index i = begin;
  for (; i < end && i < 1; ++i) *out++ = emphasized_at<S, T>(framing, signal, emphasis, i);
  if (signal.stride == static_cast<index>(sizeof(S))) {
    const S* x = static_cast<const S*>(signal.data);
    const index at = signal.begin;
    const vec<T> coefficient(static_cast<T>(emphasis.coefficient));
    for (; i + lanes <= end && i + lanes <= signal.n_samples; i += lanes, out += lanes) {
      (load_as<T>(x + (i - at)) - coefficient * load_as<T>(x + (i - 1 - at))).store(out);
    }
  }
  for (; i < end; ++i) *out++ = emphasized_at<S, T>(framing, signal, emphasis, i);
}

template <class S>
inline void copy_padded(const Framing& framing, const Signal& signal, index begin, index count,
                        S* out) {
  const index end = begin + count;
  const index inside_end = end < signal.n_samples ? end : signal.n_samples;
  index i = begin;
  for (; i < end && i < 0; ++i) *out++ = padding_at<S>(framing, signal, i);
  if (signal.stride == static_cast<index>(sizeof(S)) && i < inside_end) {
    const S* from = static_cast<const S*>(signal.data) + (i - signal.begin);
    std::memcpy(out, from, static_cast<std::size_t>(inside_end - i) * sizeof(S));
    out += inside_end - i;
    i = inside_end;
  }
  for (; i < inside_end; ++i) *out++ = sample_at<S>(signal, i);
  for (; i < end; ++i) *out++ = padding_at<S>(framing, signal, i);
}

// Distance between the frames of a block in scratch: overlapping frames share their samples.
inline index scratch_pitch(const Framing& framing) {
  return framing.hop_length < framing.n_fft ? framing.hop_length : framing.n_fft;
}

// The frames of a block: frame f begins at data + f * pitch, for all lanes. Where the pitch is
// hop_length, what frame f + 1 has at i, frame f has at i + hop_length.
template <class S>
struct FrameBlock {
  const S* data;
  index pitch;
};

// Frames from sample `begin` on, copied to scratch; copy(i, count, out) copies samples i and on.
template <class S, class Copy>
inline FrameBlock<S> gather_frames(const Framing& framing, index begin, index n_frames, index lanes,
                                   S* scratch, Copy&& copy) {
  const index hop = framing.hop_length, n_fft = framing.n_fft, pitch = scratch_pitch(framing);
  if (pitch == hop) {
    copy(begin, (n_frames - 1) * hop + n_fft, scratch);
  } else {
    for (index f = 0; f < n_frames; ++f) copy(begin + f * hop, n_fft, scratch + f * pitch);
  }
  const index written = (n_frames - 1) * pitch + n_fft, size = (lanes - 1) * pitch + n_fft;
  std::memset(scratch + written, 0, static_cast<std::size_t>(size - written) * sizeof(S));
  return {scratch, pitch};
}

// Frames first ... first + lanes - 1. Those past the first n_frames, which nobody stores, hold
// whatever samples follow, or zeros.
template <class S>
inline FrameBlock<S> locate_frames(const Framing& framing, const Signal& signal, index first,
                                   index n_frames, index lanes, S* scratch) {
  const index hop = framing.hop_length, n_fft = framing.n_fft;
  const index begin = first * hop - framing.offset;
  const bool in_place = signal.stride == static_cast<index>(sizeof(S)) && begin >= 0 &&
                        begin >= signal.begin && begin + (lanes - 1) * hop + n_fft <= signal.end;
  if (in_place) return {static_cast<const S*>(signal.data) + (begin - signal.begin), hop};
  return gather_frames(framing, begin, n_frames, lanes, scratch, [&](index i, index count, S* out) {
    copy_padded(framing, signal, i, count, out);
  });
}

// The same of the emphasised signal, which is made for each block anew.
template <class S, class T>
inline FrameBlock<T> locate_emphasized(const Framing& framing, const Signal& signal,
                                       const Emphasis& emphasis, index first, index n_frames,
                                       index lanes, T* scratch) {
  const index begin = first * framing.hop_length - framing.offset;
  return gather_frames(framing, begin, n_frames, lanes, scratch, [&](index i, index count, T* out) {
    copy_emphasized<S, T>(framing, signal, emphasis, i, count, out);
  });
}

}  // namespace fastmel::FASTMEL_VARIANT
