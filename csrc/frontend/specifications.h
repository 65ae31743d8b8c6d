// The specifications that a configuration is made of: of its chain, from samples to the affine map,
// and of what follows it.
#pragma once

#include "../plan.h"
#include "config.h"
#include "post.h"

namespace fastmel {

PlanSpec plan_of(const Config& config);
PostSpec post_of(const Config& config);

}  // namespace fastmel
