// What the functions of the C interface share: exceptions become codes and messages, constants the
// core's enumerators.
#pragma once

#include <fastmel/fastmel.h>

#include <cstddef>
#include <exception>
#include <new>
#include <stdexcept>

#include "chain.h"
#include "errors.h"
#include "parallel.h"

namespace fastmel {

// Keeps the message of this thread, and returns the status.
fastmel_status failed(fastmel_status status, const char* why) noexcept;

// Calls f(), whose result is a status.
template <class F>
fastmel_status guarded(F&& f) noexcept {
  try {
    return f();
  } catch (const std::invalid_argument& error) {
    return failed(FASTMEL_INVALID, error.what());
  } catch (const std::bad_alloc&) {
    return failed(FASTMEL_NO_MEMORY, "out of memory");
  } catch (const std::length_error&) {
    return failed(FASTMEL_NO_MEMORY, "out of memory");
  } catch (const Interrupted&) {
    return failed(FASTMEL_INTERRUPTED, "interrupted");
  } catch (const std::exception& error) {
    return failed(FASTMEL_FAILED, error.what());
  } catch (...) {
    return failed(FASTMEL_FAILED, "unknown failure");
  }
}

// The enumerator of ours in the place of one of theirs; both are in one order.
template <class Ours, class Theirs, std::size_t n>
Ours one_of(const char* name, Theirs given, const Ours (&ours)[n]) {
  const auto i = static_cast<long long>(given);
  require(i >= 0 && i < static_cast<long long>(n), name, "is none of its constants");
  return ours[i];
}

Sample sample_of(fastmel_type type);

struct Asked {
  fastmel_interrupt interrupt;
  void* context;

  // While this lives.
  Interrupt interrupt_of_core();
};

}  // namespace fastmel
