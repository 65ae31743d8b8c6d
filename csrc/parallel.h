// Threads for the duration of one call.
//
// There is no pool: threads are started when a call has enough work, take units from a counter, and
// are joined before it returns. Nothing survives the call, so fork is safe at any time.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "chain.h"

namespace fastmel {

// How the caller of a long call may end it: `asked` is called on the caller's own thread, some
// twenty times a second, and ends the call by returning true.
struct Interrupt {
  bool (*asked)(void* context) = nullptr;
  void* context = nullptr;
};

// What an interrupted call throws.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

// Hands out units of work: 0 ... n - 1 among all threads of a call, and then n.
class Units {
 public:
  Units(std::atomic<Index>& counter, Index n, const Interrupt& interrupt)
      : counter_(counter), n_(n), interrupt_(interrupt) {}

  Index next() {
    if (interrupt_.asked != nullptr) look();
    const Index unit = counter_.fetch_add(1, std::memory_order_relaxed);
    return unit < n_ ? unit : n_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void look() {
    const Clock::time_point now = Clock::now();
    if (now - last_look_ < std::chrono::milliseconds(50)) return;
    last_look_ = now;
    if (interrupt_.asked(interrupt_.context)) throw Interrupted();
  }

  std::atomic<Index>& counter_;
  Index n_;
  Interrupt interrupt_;
  Clock::time_point last_look_ = interrupt_.asked == nullptr ? Clock::time_point() : Clock::now();
};

// Calls work(units), on up to `workers` threads including this one, which alone looks for an
// interrupt. Rethrows the first exception after all threads have ended.
template <class Work>
void parallel(Index n_units, Index workers, const Interrupt& interrupt, Work&& work) {
  std::atomic<Index> counter{0};
  if (n_units <= 1) return work(Units(counter, n_units, Interrupt()));  // looks at no clock
  if (workers <= 1) return work(Units(counter, n_units, interrupt));

  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto guarded = [&](const Interrupt& looked_for) {
    try {
      work(Units(counter, n_units, looked_for));
    } catch (...) {
      const std::lock_guard<std::mutex> lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      counter.store(n_units, std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> threads;
  const Index n_threads = std::min(workers, n_units) - 1;
  threads.reserve(static_cast<std::size_t>(n_threads));
  try {
    for (Index i = 0; i < n_threads; ++i) threads.emplace_back(guarded, Interrupt());
  } catch (...) {
    // The system refuses more threads, or memory for them: those that run do all the work.
  }
  guarded(interrupt);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace fastmel
