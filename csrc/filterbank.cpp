#include "filterbank.h"

#include <algorithm>

#include "float_environment.h"
#include "scratch.h"

namespace fastmel {

Filterbank::Filterbank(const double* dense, index n_bands, index n_inputs, Real precision)
    : n_inputs_(n_inputs), precision_(precision) {
  const FloatEnvironment environment;
  for (index m = 0; m < n_bands; ++m) {
    const double* row = dense + m * n_inputs;
    index begin = 0, end = n_inputs;
    while (begin < end && row[begin] == 0) ++begin;
    while (end > begin && row[end - 1] == 0) --end;
    start_.push_back(begin);
    count_.push_back(end - begin);
    first_.push_back(static_cast<index>(weights64_.size()));
    weights64_.insert(weights64_.end(), row + begin, row + end);
  }
  weights32_.assign(weights64_.begin(), weights64_.end());
  index first = n_inputs, last = 0;
  for (std::size_t m = 0; m < count_.size(); ++m) {
    if (count_[m] == 0) continue;
    first = std::min(first, start_[m]);
    last = std::max(last, start_[m] + count_[m]);
  }
  bands_ = {n_bands,
            first,
            last,
            start_.data(),
            count_.data(),
            first_.data(),
            precision == Real::f64 ? static_cast<const void*>(weights64_.data())
                                   : static_cast<const void*>(weights32_.data())};
}

void Filterbank::apply(const Kernels& kernels, const Features& in, const Features& out,
                       index n_frames) const {
  const Scratch scratch((n_inputs_ + bands_.n_bands + 1) * 64);
  kernels.project(bands_, precision_, n_inputs_, in, out, n_frames, scratch.data());
}

}  // namespace fastmel
