// A matrix stored as the runs of its nonzero weights: a mel filterbank, or a dense transform.
#pragma once

#include <vector>

#include "kernels.h"

namespace fastmel {

class Filterbank {
 public:
  // `dense` is row-major, n_bands x n_inputs.
  Filterbank(const double* dense, Index n_bands, Index n_inputs, Precision precision);
  Filterbank(const Filterbank&) = delete;
  Filterbank& operator=(const Filterbank&) = delete;

  const Bands& bands() const { return bands_; }
  Index n_inputs() const { return n_inputs_; }
  Precision precision() const { return precision_; }

  // features (n_bands) of each frame of `in` (n_inputs).
  void apply(const Kernels& kernels, const Features& in, const Features& out, Index n_frames) const;

 private:
  void pack();

  Index n_inputs_;
  Precision precision_;
  std::vector<Index> start_, count_, first_, packed_start_, packed_count_, packed_first_;
  std::vector<double> weights64_, packed64_;
  std::vector<float> weights32_, packed32_;
  Bands bands_;
};

}  // namespace fastmel
