// The steps after a chain, on features.
#pragma once

#include "../framing.h"
#include "../kernels.h"
#include "block.h"
#include "steps.h"

namespace fastmel {

// What a step makes of features; it may be the same block, changed.
Block apply_step(const FeatureStep& step, Block features, const Kernels& kernels);

// The type of what it makes of features of a type.
Type type_after(const FeatureStep& step, Type type);

}  // namespace fastmel
