// Threads for the duration of one call.
//
// There is no pool: threads are started when a call has enough work, take stretches of units, and
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

// The units of work of a call, 0 ... n - 1, as its threads take them: stretches, shorter towards
// the end. Neighbouring units often write to the same cache lines, which two threads would take
// from each other.
struct Queue {
  // Of what is left, a thread takes a quarter of its share.
  static constexpr Index stretches = 4;

  std::atomic<Index> next{0};
  std::atomic<bool> stopped{false};
  Index n_units;
  Index n_threads;
};

// Hands out units to one thread, in ascending order, and then n.
class Units {
 public:
  Units(Queue& queue, const Interrupt& interrupt) : queue_(queue), interrupt_(interrupt) {}

  Index next() {
    if (interrupt_.asked != nullptr) look();
    if (unit_ == end_) take();
    return queue_.stopped.load(std::memory_order_relaxed) ? queue_.n_units : unit_++;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void look() {
    const Clock::time_point now = Clock::now();
    if (now - last_look_ < std::chrono::milliseconds(50)) return;
    last_look_ = now;
    if (interrupt_.asked(interrupt_.context)) throw Interrupted();
  }

  // Nothing left is the stretch [n, n + 1), taken again and again.
  void take() {
    unit_ = queue_.next.load(std::memory_order_relaxed);
    do {
      const Index share = (queue_.n_units - unit_) / (queue_.n_threads * Queue::stretches);
      end_ = unit_ + std::max<Index>(share, 1);
    } while (unit_ < queue_.n_units &&
             !queue_.next.compare_exchange_weak(unit_, end_, std::memory_order_relaxed));
  }

  Queue& queue_;
  Index unit_ = 0, end_ = 0;
  Interrupt interrupt_;
  Clock::time_point last_look_ = interrupt_.asked == nullptr ? Clock::time_point() : Clock::now();
};

// Calls work(units), on up to `workers` threads including this one, which alone looks for an
// interrupt. Rethrows the first exception after all threads have ended.
template <class Work>
void parallel(Index n_units, Index workers, const Interrupt& interrupt, Work&& work) {
  Queue queue;
  queue.n_units = n_units;
  queue.n_threads = std::max<Index>(std::min(workers, n_units), 1);
  if (n_units <= 1) return work(Units(queue, Interrupt()));  // looks at no clock
  if (workers <= 1) return work(Units(queue, interrupt));

  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto guarded = [&](const Interrupt& looked_for) {
    try {
      work(Units(queue, looked_for));
    } catch (...) {
      const std::lock_guard<std::mutex> lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      queue.stopped.store(true, std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(queue.n_threads - 1));
  try {
    for (Index i = 1; i < queue.n_threads; ++i) threads.emplace_back(guarded, Interrupt());
  } catch (...) {
    // The system refuses more threads, or memory for them: those that run do all the work.
  }
  guarded(interrupt);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace fastmel
