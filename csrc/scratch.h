// Aligned scratch memory, with one spare block kept per owner so that short calls allocate nothing.
#pragma once

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

#include "chain.h"

namespace fastmel {

class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(Index bytes)
      : data_(::operator new(static_cast<std::size_t>(bytes), std::align_val_t(64))),
        bytes_(bytes) {}
  Scratch(Scratch&& other) noexcept : data_(other.data_), bytes_(other.bytes_) {
    other.data_ = nullptr;
  }
  Scratch& operator=(Scratch&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Scratch() {
    if (data_ != nullptr) ::operator delete(data_, std::align_val_t(64));
  }
  void* data() const { return data_; }
  Index bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  Index bytes_ = 0;
};

// A single slot, exchanged atomically: threads that find it empty allocate, the last one to return
// a block keeps it, unless it is large: a program may have many plans. No lock, so a fork in
// between loses a block at worst.
class SpareScratch {
 public:
  static constexpr Index most_kept = Index{4} << 20;

  SpareScratch() = default;
  SpareScratch(const SpareScratch&) = delete;
  SpareScratch& operator=(const SpareScratch&) = delete;
  ~SpareScratch() { delete slot_.load(); }

  // Lends a block of at least `bytes` for the life of the returned object.
  class Loan {
   public:
    Loan(SpareScratch& owner, Index bytes) : owner_(owner), block_(owner.slot_.exchange(nullptr)) {
      if (block_ == nullptr || block_->bytes() < bytes) {
        delete block_;
        block_ = nullptr;
        block_ = new Scratch(bytes);
      }
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() {
      if (block_->bytes() > most_kept) {
        delete block_;
      } else {
        delete owner_.slot_.exchange(block_);
      }
    }
    void* data() const { return block_->data(); }

   private:
    SpareScratch& owner_;
    Scratch* block_;
  };

 private:
  std::atomic<Scratch*> slot_{nullptr};
};

}  // namespace fastmel
