#include "names.h"

#include <cstdio>
#include <cstdlib>

namespace fastmel {

std::string quoted(std::string_view name) {
  constexpr std::size_t longest = 60;
  std::size_t size = name.size();
  if (size > longest) {
    size = longest;
    while (size > 0 && (name[size] & 0xc0) == 0x80) --size;  // no part of a UTF-8 character
  }
  std::string text = "'";
  for (char c : name.substr(0, size)) text += static_cast<unsigned char>(c) < ' ' ? '?' : c;
  return text + (size < name.size() ? "...'" : "'");
}

std::string shown(double number) {
  char text[32];
  for (int digits = 6; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, number);
    if (std::strtod(text, nullptr) == number) break;
  }
  return text;
}

}  // namespace fastmel
