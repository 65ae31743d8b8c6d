// The named front ends. catalogue.inc and checkpoints.inc are written from the Python package's.
#pragma once

#include <string_view>
#include <vector>

namespace fastmel {

struct CatalogueRow {
  const char* name;
  const char* description;
  const char* json;  // the parameters that are not the defaults
};

const std::vector<CatalogueRow>& catalogue();

// The name may be that of a checkpoint on a hub. Throws std::invalid_argument, which names those
// that are like it.
const CatalogueRow& row_named(std::string_view name);

}  // namespace fastmel
