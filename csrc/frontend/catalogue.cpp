#include "catalogue.h"

#include <algorithm>
#include <string>

#include "../close_names.h"
#include "values.h"

namespace fastmel {

namespace {

struct Checkpoint {
  const char *pattern, *row;
};

#define CHECKPOINT(pattern, row) {pattern, row},
constexpr Checkpoint checkpoints[] = {
#include "checkpoints.inc"
};
#undef CHECKPOINT

std::string lowered(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower;
}

// Whether all of a text is like a pattern, in which * is any characters, and ? one.
bool is_like(std::string_view text, std::string_view pattern) {
  std::size_t at = 0, next = 0, star = pattern.npos, after_star = 0;
  while (at < text.size()) {
    const char wanted = next < pattern.size() ? pattern[next] : '\0';
    if (wanted == '*') {
      star = next++;
      after_star = at;
    } else if (next < pattern.size() && (wanted == '?' || wanted == text[at])) {
      ++next, ++at;
    } else if (star != pattern.npos) {  // which then is one character more
      next = star + 1;
      at = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', next) == pattern.npos;
}

// The name of the row whose features a checkpoint's are; empty where there is none.
std::string_view row_of(std::string_view checkpoint) {
  const std::string lower = lowered(checkpoint);
  for (const auto& [pattern, row] : checkpoints) {
    if (is_like(lower, pattern)) return row;
  }
  return {};
}

[[noreturn]] void unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const CatalogueRow& row : catalogue()) names.push_back(row.name);
  const std::string near = join(close_names(lowered(name), names, 5, 0.6), " or ");
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
  const std::string_view meant = row_of(name);
  if (meant.empty()) unknown(name);
  return row_named(meant);
}

}  // namespace fastmel
