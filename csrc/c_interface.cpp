#include "c_interface.h"

#include <string>

#include "dispatch.h"

namespace fastmel {

namespace {

thread_local std::string message;

constexpr Sample samples[] = {Sample::f32, Sample::f64, Sample::i16, Sample::i32};

bool interrupted(void* context) {
  const Asked& asked = *static_cast<const Asked*>(context);
  return asked.interrupt(asked.context) != 0;
}

}  // namespace

fastmel_status failed(fastmel_status status, const char* why) noexcept {
  try {
    message = why;
  } catch (...) {
    message.clear();
  }
  return status;
}

Sample sample_of(fastmel_type type) { return one_of("sample_type", type, samples); }

Interrupt Asked::interrupt_of_core() {
  return interrupt == nullptr ? Interrupt() : Interrupt{interrupted, this};
}

}  // namespace fastmel

using namespace fastmel;

const char* fastmel_message(void) { return message.c_str(); }

const char* fastmel_version(void) { return FASTMEL_VERSION; }

const char* fastmel_instruction_set(void) {
  const char* name = nullptr;
  guarded([&] {
    name = active_kernels().name;
    return FASTMEL_OK;
  });
  return name;
}
