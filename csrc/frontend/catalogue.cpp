#include "catalogue.h"

#include <algorithm>
#include <string>

#include "../close_names.h"
#include "values.h"

namespace fastmel {

namespace {

[[noreturn]] void unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const CatalogueRow& row : catalogue()) names.push_back(row.name);
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  const std::string near = join(close_names(lower, names, 5, 0.6), " or ");
  const bool file = name.size() > 5 && name.substr(name.size() - 5) == ".json";
  names.resize(10);
  refuse("unknown front end '" + brief(name) + "'; " +
         (file           ? "of a file, give the text"
          : near.empty() ? "known: " + join(names, ", ") + ", ..."
                         : "did you mean " + near + "?"));
}

}  // namespace

const std::vector<CatalogueRow>& catalogue() {
#define FRONTEND(name, description, json) {name, description, json},
  static const std::vector<CatalogueRow> rows = {
#include "catalogue.inc"
  };
#undef FRONTEND
  return rows;
}

const CatalogueRow& row_named(std::string_view name) {
  for (const CatalogueRow& row : catalogue()) {
    if (row.name == name) return row;
  }
  unknown(name);
}

}  // namespace fastmel
