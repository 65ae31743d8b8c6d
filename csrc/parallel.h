// Threads for the duration of one call.
//
// There is no pool: threads are started when a call has enough work, take units from a counter, and
// are joined before it returns. Nothing survives the call, so fork is safe at any time.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "chain.h"

namespace fastmel {

// Calls work(next), on up to `workers` threads including this one, where next() hands out
// 0 ... n_units - 1 and then n_units. Rethrows the first exception after all threads have ended.
template <class Work>
void parallel(index n_units, index workers, Work&& work) {
  std::atomic<index> counter{0};
  const auto next = [&] {
    const index unit = counter.fetch_add(1, std::memory_order_relaxed);
    return unit < n_units ? unit : n_units;
  };
  if (workers <= 1 || n_units <= 1) return work(next);

  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto guarded = [&] {
    try {
      work(next);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      counter.store(n_units, std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> threads;
  const index n_threads = std::min(workers, n_units) - 1;
  threads.reserve(static_cast<std::size_t>(n_threads));
  try {
    for (index i = 0; i < n_threads; ++i) threads.emplace_back(guarded);
  } catch (...) {
    // The system refuses more threads, or memory for them: those that run do all the work.
  }
  guarded();
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace fastmel
