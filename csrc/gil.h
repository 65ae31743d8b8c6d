// Python's global interpreter lock, released around what the core computes.
#pragma once

#include <Python.h>

#include <chrono>
#include <thread>

#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

namespace fastmel {

// Takes the GIL, or never returns. The C library ends a daemon thread that asks for it once the
// interpreter has ended, by unwinding its stack: destructors that may not throw would make that
// std::terminate, so the thread waits here for the end of the process, as it does in CPython 3.14.
template <class Take>
auto take_gil(Take&& take) noexcept {
#ifdef __GLIBCXX__
  try {
    return take();
  } catch (const abi::__forced_unwind&) {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
#else
  return take();
#endif
}

class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;
  ~WithoutGil() {
    take_gil([this] { PyEval_RestoreThread(state_); });
  }

 private:
  PyThreadState* state_;
};

}  // namespace fastmel
