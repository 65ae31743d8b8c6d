#include "close_names.h"

#include <algorithm>
#include <utility>

namespace fastmel {

namespace {

// Of the longest block that both have, the first in `a` and then in `b`, and of those on its left
// and right.
std::size_t common(std::string_view a, std::string_view b) {
  std::size_t longest = 0, at_a = 0, at_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t k = 0;
      while (i + k < a.size() && j + k < b.size() && a[i + k] == b[j + k]) ++k;
      if (k > longest) longest = k, at_a = i, at_b = j;
    }
  }
  if (longest == 0) return 0;
  return longest + common(a.substr(0, at_a), b.substr(0, at_b)) +
         common(a.substr(at_a + longest), b.substr(at_b + longest));
}

}  // namespace

std::vector<std::string_view> close_names(std::string_view name,
                                          const std::vector<std::string_view>& known, std::size_t n,
                                          double least) {
  name = name.substr(0, 50);
  std::vector<std::pair<double, std::string_view>> near;
  for (const std::string_view one : known) {
    const double all = static_cast<double>(one.size() + name.size());
    const double similarity = 2.0 * static_cast<double>(common(one, name)) / all;
    if (similarity >= least) near.emplace_back(similarity, one);
  }
  std::sort(near.begin(), near.end(), std::greater<>());
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < near.size() && i < n; ++i) names.push_back(near[i].second);
  return names;
}

std::string join(const std::vector<std::string_view>& names, std::string_view separator) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += separator;
    text += name;
  }
  return text;
}

std::string meant(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string near = join(close_names(name, known, 2, 0.55), " or ");
  return near.empty() ? near : "did you mean " + near + "? ";
}

}  // namespace fastmel
