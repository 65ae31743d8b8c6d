// That no two threads use a thing at once: the second is refused.
#pragma once

#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "errors.h"

namespace fastmel {

// A copy of what is in use is not.
class UseFlag {
 public:
  UseFlag() = default;
  UseFlag(const UseFlag&) noexcept {}
  UseFlag& operator=(const UseFlag&) noexcept { return *this; }

  bool take() { return !flag_.test_and_set(std::memory_order_acquire); }
  void release() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_ = ATOMIC_FLAG_INIT;
};

class InUse {
 public:
  // Throws std::logic_error if it is.
  explicit InUse(UseFlag& flag, const char* refusal = "the stream is in use by another thread")
      : flag_(&flag) {
    if (!flag.take()) throw std::logic_error(refusal);
  }
  InUse(InUse&& other) noexcept : flag_(std::exchange(other.flag_, nullptr)) {}
  InUse& operator=(InUse&&) = delete;
  ~InUse() {
    if (flag_ != nullptr) flag_->release();
  }

 private:
  UseFlag* flag_;
};

// Of many things at once, flag_of(i) of the i-th, of which none may be named twice.
template <class FlagOf>
std::vector<InUse> all_in_use(std::size_t n, FlagOf&& flag_of) {
  std::vector<InUse> used;
  used.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    try {
      used.emplace_back(flag_of(i));
    } catch (const std::logic_error& error) {
      throw std::logic_error(item_prefix(i) + error.what() + ", or named twice");
    }
  }
  return used;
}

}  // namespace fastmel
