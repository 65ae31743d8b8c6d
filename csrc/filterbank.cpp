#include "filterbank.h"

#include <algorithm>

#include "float_environment.h"
#include "scratch.h"

namespace fastmel {

Filterbank::Filterbank(const double* dense, Index n_bands, Index n_inputs, Precision precision)
    : n_inputs_(n_inputs), precision_(precision) {
  const FloatEnvironment environment;
  for (Index m = 0; m < n_bands; ++m) {
    const double* row = dense + m * n_inputs;
    Index begin = 0, end = n_inputs;
    while (begin < end && row[begin] == 0) ++begin;
    while (end > begin && row[end - 1] == 0) --end;
    start_.push_back(begin);
    count_.push_back(end - begin);
    first_.push_back(static_cast<Index>(weights64_.size()));
    weights64_.insert(weights64_.end(), row + begin, row + end);
  }
  pack();
  weights32_.assign(weights64_.begin(), weights64_.end());
  packed32_.assign(packed64_.begin(), packed64_.end());
  Index first = n_inputs, last = 0;
  for (std::size_t m = 0; m < count_.size(); ++m) {
    if (count_[m] == 0) continue;
    first = std::min(first, start_[m]);
    last = std::max(last, start_[m] + count_[m]);
  }
  bands_.n_bands = n_bands;
  bands_.begin = first;
  bands_.end = last;
  bands_.start = start_.data();
  bands_.count = count_.data();
  bands_.first = first_.data();
  bands_.weights = precision == Precision::f64 ? static_cast<const void*>(weights64_.data())
                                               : static_cast<const void*>(weights32_.data());
  bands_.packed_start = packed_start_.data();
  bands_.packed_count = packed_count_.data();
  bands_.packed_first = packed_first_.data();
  bands_.packed_weights = precision == Precision::f64 ? static_cast<const void*>(packed64_.data())
                                                      : static_cast<const void*>(packed32_.data());
}

// See Bands. Where the inputs end before the widest band's width does, the zeros come first.
void Filterbank::pack() {
  for (std::size_t m = 0; m + 4 <= count_.size(); m += 4) {
    const Index* count = count_.data() + m;
    const Index widest = *std::max_element(count, count + 4);
    const Index weights = count[0] + count[1] + count[2] + count[3];
    const bool worth = 4 * widest <= 2 * weights;
    packed_first_.push_back(static_cast<Index>(packed64_.size()));
    packed_count_.push_back(worth ? widest : 0);
    for (std::size_t b = m; b < m + 4; ++b) {
      packed_start_.push_back(std::max(std::min(start_[b], n_inputs_ - widest), Index{0}));
    }
    for (Index j = 0; worth && j < widest; ++j) {
      for (std::size_t b = m; b < m + 4; ++b) {
        const Index i = packed_start_[b] + j - start_[b];
        const bool inside = i >= 0 && i < count_[b];
        packed64_.push_back(inside ? weights64_[static_cast<std::size_t>(first_[b] + i)] : 0.0);
      }
    }
  }
}

void Filterbank::apply(const Kernels& kernels, const Features& in, const Features& out,
                       Index n_frames) const {
  const Scratch scratch((n_inputs_ + bands_.n_bands + 1) * 64);
  kernels.project(bands_, precision_, n_inputs_, in, out, n_frames, scratch.data());
}

}  // namespace fastmel
