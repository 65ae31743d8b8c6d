#include "dispatch.h"

#include <cstdlib>
#include <stdexcept>

#include "variants.h"  // generated: FASTMEL_VARIANTS(X), an X(name) for each compiled variant

namespace fastmel {

#define FASTMEL_DECLARE(name)   \
  namespace name {              \
  extern const Kernels kernels; \
  }
FASTMEL_VARIANTS(FASTMEL_DECLARE)
#undef FASTMEL_DECLARE

namespace {

const std::vector<const Kernels*>& compiled() {
#define FASTMEL_ADDRESS(name) &name::kernels,
  static const std::vector<const Kernels*> all{FASTMEL_VARIANTS(FASTMEL_ADDRESS)};
#undef FASTMEL_ADDRESS
  return all;
}

std::string join(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

const Kernels& choose(const char* forced) {
  if (forced != nullptr && *forced != '\0') {
    for (const Kernels* k : compiled()) {
      if (k->name == std::string(forced) && cpu_has(k->needs)) return *k;
    }
    throw std::invalid_argument(
        "FASTMEL_SIMD=" + std::string(forced) +
        " cannot be used here; this machine and build offer: " + join(available_variants()));
  }
  for (const Kernels* k : compiled()) {
    if (cpu_has(k->needs)) return *k;
  }
  throw std::runtime_error("no instruction set of this build runs on this machine");
}

}  // namespace

std::vector<std::string> compiled_variants() {
  std::vector<std::string> names;
  for (const Kernels* k : compiled()) names.emplace_back(k->name);
  return names;
}

std::vector<std::string> available_variants() {
  std::vector<std::string> names;
  for (const Kernels* k : compiled()) {
    if (cpu_has(k->needs)) names.emplace_back(k->name);
  }
  return names;
}

const Kernels& active_kernels() {
  static const Kernels& active = choose(std::getenv("FASTMEL_SIMD"));
  return active;
}

const Kernels& kernels_named(const std::string& name) {
  return name.empty() ? active_kernels() : choose(name.c_str());
}

}  // namespace fastmel
