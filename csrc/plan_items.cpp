// What a plan accepts: the items of a run, which are refused before anything is written.
#include <algorithm>

#include "errors.h"
#include "finite.h"
#include "plan.h"

namespace fastmel {

void Plan::check_positions(Index n_samples, Index first, Index n_frames) const {
  require(n_samples >= 0 && n_samples <= unknown_length, "n_samples", "must be in [0, 2**60]");
  require(first >= 0 && first <= furthest && n_frames >= 0 && n_frames <= furthest &&
              positions_fit(spec_.framing, first + n_frames),
          "out", "has more frames than positions in a signal");
}

Span Plan::samples_of(Index n_samples, Index first, Index n_frames) const {
  check_positions(n_samples, first, n_frames);
  const Index lost = spec_.emphasis.first_has_previous && n_samples > 0 ? 1 : 0;
  const Span span =
      fastmel::samples_of(spec_.framing, spec_.emphasis, n_samples - lost, first, n_frames);
  return {span.begin + lost, span.end + lost};
}

void Plan::check(const Item& item) const {
  const Signal& signal = item.signal;
  check_positions(signal.n_samples, item.first, item.n_frames);
  require(0 <= signal.begin && signal.begin <= signal.end && signal.end <= signal.n_samples, "y",
          "must lie within the signal that it is a part of");
  const Span needed = samples_of(signal.n_samples, item.first, item.n_frames);
  require(needed.empty() || (signal.begin <= needed.begin && needed.end <= signal.end), "y",
          "lacks samples that the frames are made of");
  require(!two_passes_ || (item.first == 0 && signal.end - signal.begin == signal.n_samples), "y",
          "must be the whole signal: the level refers to its maximum");
  require(is_aligned(lattice_of(item.signal)), "y",
          "must be aligned, its stride a multiple of the item size");
  require(is_aligned(output_of(item)), "out",
          "must be aligned, its strides multiples of the item size");
  require(fits_memory(lattice_of(item.signal)), "y", "has a stride beyond any memory");
  require(fits_memory(output_of(item)), "out", "has a stride beyond any memory");
  require(!overlaps_itself(output_of(item)), "out", "overlaps itself: features share memory");
  require(spec_.precision == Precision::f64 || item.features.type == Real::f32, "out",
          "must be float32 or complex64: the plan's precision is single");
}

// The signal as the kernels count it, from its first emphasised sample.
Signal Plan::seen_by_kernels(Signal signal) const {
  if (spec_.emphasis.first_has_previous && signal.n_samples > 0) {
    --signal.n_samples;
    --signal.begin;
    --signal.end;
  }
  return signal;
}

Lattice Plan::output_of(const Item& item) const {
  const Features& features = item.features;
  return {features.data,
          size_of(features.type) * (spec_.spectrum == Spectrum::complex ? 2 : 1),
          {n_features_, item.n_frames},
          {features.feature_stride, features.frame_stride}};
}

// That no output shares memory with another, nor with an input.
void Plan::check_apart(const Item* items, Index n_items) const {
  if (n_items == 1) {
    require(!may_overlap(lattice_of(items->signal), output_of(*items)), "out", "overlaps y");
    return;
  }
  std::vector<Lattice> inputs, outputs;
  for (Index i = 0; i < n_items; ++i) {
    inputs.push_back(lattice_of(items[i].signal));
    outputs.push_back(output_of(items[i]));
  }
  require(lie_apart(outputs), "out", "is the same for two items, or a part of it is");
  require(!may_overlap(inputs, outputs), "out", "overlaps y");
}

// Samples that no frame reads are not seen by the kernels' check.
bool Plan::unread_samples_finite(const Item& item) const {
  const Signal signal = seen_by_kernels(item.signal);
  const auto finite = [&](Index from, Index to) {
    return first_not_finite(signal, from, to) == to;
  };
  // of each frame
  const Preparation& preparation = spec_.preparation;
  const Index begin = preparation.any ? preparation.begin : 0;
  const Index length = preparation.any ? preparation.length : spec_.framing.n_fft;
  const Index hop = spec_.framing.hop_length;
  if (hop > length || item.n_frames == 0) return finite(signal.begin, signal.end);
  const Index first = item.first * hop + begin - spec_.framing.offset;
  const Index end = first + (item.n_frames - 1) * hop + length;
  return finite(signal.begin, std::min(first, signal.end)) &&
         finite(std::max(end, signal.begin), signal.end);
}

}  // namespace fastmel
