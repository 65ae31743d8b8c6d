// The specifications that a configuration is made of: of its chain, from samples to the affine map,
// and of what follows it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../design/cepstra.h"
#include "../plan.h"
#include "config.h"
#include "post.h"

namespace fastmel {

// A configuration's bands: rows of 1 + n_fft / 2 weights, and what there is to warn of.
struct Weights {
  std::vector<double> dense;
  std::string warning;
};

// The same with their gain, in the precision of the computation; none where there are no bands.
struct Bank {
  std::shared_ptr<const Filterbank> filterbank;
  std::string warning;
};

Weights weights_of(const Config& config);
Bank bank_of(const Config& config);

// The chain, of the values of its window and of its bands.
PlanSpec plan_of(const Config& config, const std::vector<double>& window,
                 std::shared_ptr<const Filterbank> filterbank);

CepstraSpec cepstra_of(const Config& config);
PostSpec post_of(const Config& config);

}  // namespace fastmel
