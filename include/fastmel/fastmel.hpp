// fastmel for C++17: the C interface (fastmel.h, which says what everything means) with ownership
// and exceptions. Header only.
//
//     fastmel::Spec spec;
//     spec.n_fft = 400; spec.hop_length = 160; spec.offset = 200; spec.window = window.data();
//     const fastmel::Plan plan(spec);
//     const std::vector<float> features = plan(samples.data(), n_samples, n_frames);
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "fastmel.h"

namespace fastmel {
inline namespace v0 {

// An argument is std::invalid_argument and memory std::bad_alloc; what remains is an Error.
class Error : public std::runtime_error {
 public:
  explicit Error(fastmel_status status) : std::runtime_error(fastmel_message()), status(status) {}
  const fastmel_status status;
};

inline void check(fastmel_status status) {
  switch (status) {
    case FASTMEL_OK: return;
    case FASTMEL_INVALID: throw std::invalid_argument(fastmel_message());
    case FASTMEL_NO_MEMORY: throw std::bad_alloc();
    default: throw Error(status);
  }
}

struct Spec : fastmel_spec {
  Spec() { fastmel_spec_init(this); }
};

class Plan {
 public:
  explicit Plan(const fastmel_spec& spec) {
    fastmel_plan* made = nullptr;
    check(fastmel_plan_create(&spec, &made));
    plan_.reset(made);
  }

  std::int64_t n_features() const { return fastmel_n_features(plan_.get()); }
  const fastmel_plan* get() const { return plan_.get(); }

  // Feature i of frame t of a signal at i * n_frames + t. Throws Error for samples that are not
  // finite.
  std::vector<float> operator()(const float* samples, std::int64_t n_samples,
                                std::int64_t n_frames) const {
    const std::int64_t size = n_frames > 0 ? n_features() * n_frames : 0;
    std::vector<float> features(static_cast<std::size_t>(size));
    check(fastmel_run(plan_.get(), samples, n_samples, features.data(), size, n_frames));
    return features;
  }

  // Throws Error for samples that are not finite, after all is computed.
  void run(const std::vector<fastmel_item>& items, int workers = 1) const {
    check(fastmel_run_items(plan_.get(), items.data(), static_cast<std::int64_t>(items.size()),
                            workers, nullptr, nullptr, nullptr));
  }

  // The first sample and the one past the last that frames are made of.
  std::pair<std::int64_t, std::int64_t> samples_of(std::int64_t n_samples, std::int64_t first,
                                                   std::int64_t n_frames) const {
    std::int64_t begin = 0, end = 0;
    check(fastmel_samples_of(plan_.get(), n_samples, first, n_frames, &begin, &end));
    return {begin, end};
  }

 private:
  struct Free {
    void operator()(fastmel_plan* plan) const { fastmel_plan_free(plan); }
  };
  std::unique_ptr<fastmel_plan, Free> plan_;
};

}  // namespace v0
}  // namespace fastmel
