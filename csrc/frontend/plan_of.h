// The chain of a configuration, from samples to the affine map, as a specification of a plan.
#pragma once

#include "../plan.h"
#include "config.h"

namespace fastmel {

PlanSpec plan_of(const Config& config);

}  // namespace fastmel
