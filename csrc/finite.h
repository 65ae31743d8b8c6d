// Samples that are not finite.
#pragma once

#include "chain.h"

namespace fastmel {

// The position of the first such sample of those from one position to another, all in memory, or
// `to`. PCM has none.
Index first_not_finite(const Signal& signal, Index from, Index to);

// The same of all that are in memory.
Index first_not_finite(const Signal& signal);

}  // namespace fastmel
