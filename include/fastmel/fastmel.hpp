// fastmel for C++17: the C interface (fastmel.h, which says what everything means) with ownership
// and exceptions. Header only.
//
//     const fastmel::FrontEnd whisper("whisper");
//     const std::vector<float> features = whisper(samples.data(), n_samples);
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
#include <string>
#include <utility>
#include <vector>

#include "fastmel.h"

namespace fastmel {
inline namespace v0 {

// An argument is std::invalid_argument and memory std::bad_alloc; what remains is an Error.
class Error : public std::runtime_error {
 public:
  explicit Error(fastmel_status code) : std::runtime_error(fastmel_message()), status(code) {}
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

struct CatalogueEntry {
  std::string name, description;
};

inline std::vector<CatalogueEntry> catalogue() {
  std::vector<CatalogueEntry> entries;
  for (std::int64_t i = 0; i < fastmel_catalogue_size(); ++i) {
    entries.push_back({fastmel_catalogue_name(i), fastmel_catalogue_description(i)});
  }
  return entries;
}

struct Clip : fastmel_clip {
  Clip() { fastmel_clip_init(this); }
};

class FrontEnd {
 public:
  // Of a name of the catalogue, or JSON.
  explicit FrontEnd(const std::string& spec) {
    fastmel_frontend* made = nullptr;
    check(fastmel_frontend_create(spec.c_str(), &made));
    frontend_.reset(made);
  }

  std::string name() const {
    const char* name = fastmel_frontend_name(frontend_.get());
    return name == nullptr ? "" : name;
  }
  std::string json() const {
    const char* json = fastmel_frontend_json(frontend_.get());
    if (json == nullptr) check(frontend_ == nullptr ? FASTMEL_INVALID : FASTMEL_NO_MEMORY);
    return json;
  }
  std::int64_t sample_rate() const { return fastmel_frontend_sample_rate(frontend_.get()); }
  std::int64_t n_features() const { return fastmel_frontend_n_features(frontend_.get()); }
  bool runs_parts() const { return fastmel_frontend_runs_parts(frontend_.get()) != 0; }
  const fastmel_frontend* get() const { return frontend_.get(); }

  std::int64_t n_frames(std::int64_t n_samples) const {
    std::int64_t n_frames = 0;
    check(fastmel_frontend_n_frames(frontend_.get(), n_samples, &n_frames));
    return n_frames;
  }

  fastmel_shape shape(std::int64_t n_samples, fastmel_type sample_type = FASTMEL_FLOAT32) const {
    fastmel_shape shape;
    check(fastmel_frontend_shape(frontend_.get(), n_samples, sample_type, &shape));
    return shape;
  }

  fastmel_shape part_shape(std::int64_t n_frames,
                           fastmel_type sample_type = FASTMEL_FLOAT32) const {
    fastmel_shape shape;
    check(fastmel_frontend_part_shape(frontend_.get(), n_frames, sample_type, &shape));
    return shape;
  }

  // Features of a whole signal, of the shape's axes. For front ends whose features are float32.
  // Throws Error for samples that are not finite.
  std::vector<float> operator()(const float* samples, std::int64_t n_samples) const {
    const fastmel_shape of = shape(n_samples);
    if (of.type != FASTMEL_FLOAT32) {
      throw std::invalid_argument("features are not float32: run() takes clips of any type");
    }
    std::vector<float> features(static_cast<std::size_t>(of.size));
    check(fastmel_frontend_run(frontend_.get(), samples, FASTMEL_FLOAT32, n_samples,
                               features.data(), of.size));
    return features;
  }

  // Throws Error for samples that are not finite.
  void run(const std::vector<Clip>& clips, int workers = 1) const {
    check(fastmel_frontend_run_clips(frontend_.get(), clips.data(),
                                     static_cast<std::int64_t>(clips.size()), workers, nullptr,
                                     nullptr, nullptr));
  }

  // The first sample and the one past the last that frames are made of.
  std::pair<std::int64_t, std::int64_t> samples_of(std::int64_t n_samples, std::int64_t first,
                                                   std::int64_t n_frames) const {
    std::int64_t begin = 0, end = 0;
    check(fastmel_frontend_samples_of(frontend_.get(), n_samples, first, n_frames, &begin, &end));
    return {begin, end};
  }

 private:
  struct Free {
    void operator()(fastmel_frontend* frontend) const { fastmel_frontend_free(frontend); }
  };
  std::unique_ptr<fastmel_frontend, Free> frontend_;
};

// Features of a signal that arrives in pieces, of front ends whose features are float32.
class Stream {
 public:
  explicit Stream(const FrontEnd& frontend, fastmel_type sample_type = FASTMEL_FLOAT32)
      : frame_(frontend.part_shape(1, sample_type)) {
    if (frame_.type != FASTMEL_FLOAT32) {
      throw std::invalid_argument("features are not float32: fastmel_stream_push takes any type");
    }
    fastmel_stream* made = nullptr;
    check(fastmel_stream_create(frontend.get(), sample_type, &made));
    stream_.reset(made);
  }
  // A copy goes on from here on its own.
  Stream(const Stream& other) : frame_(other.frame_) {
    fastmel_stream* made = nullptr;
    check(fastmel_stream_copy(other.get(), &made));
    stream_.reset(made);
  }
  Stream(Stream&&) = default;
  Stream& operator=(Stream other) noexcept {
    std::swap(frame_, other.frame_);
    stream_.swap(other.stream_);
    return *this;
  }

  // The frames that are certain with the next samples, and those that are left when they end.
  // Throws Error for samples that are not finite.
  std::vector<float> push(const void* samples, std::int64_t n_samples) {
    std::vector<float> features = room(fastmel_stream_frames_of(get(), n_samples));
    std::int64_t n_frames = 0;
    check(
        fastmel_stream_push(get(), samples, n_samples, features.data(), size(features), &n_frames));
    return features;
  }
  std::vector<float> flush() {
    std::vector<float> features = room(fastmel_stream_frames_left(get()));
    std::int64_t n_frames = 0;
    check(fastmel_stream_flush(get(), features.data(), size(features), &n_frames));
    return features;
  }
  void reset() { check(fastmel_stream_reset(get())); }

  std::int64_t n_samples() const { return fastmel_stream_n_samples(get()); }
  std::int64_t n_frames() const { return fastmel_stream_n_frames(get()); }
  std::int64_t latency() const { return fastmel_stream_latency(get()); }
  fastmel_stream* get() const { return stream_.get(); }

 private:
  std::vector<float> room(std::int64_t n_frames) const {
    return std::vector<float>(static_cast<std::size_t>(n_frames * frame_.size));
  }
  static std::int64_t size(const std::vector<float>& features) {
    return static_cast<std::int64_t>(features.size());
  }

  struct Free {
    void operator()(fastmel_stream* stream) const { fastmel_stream_free(stream); }
  };
  fastmel_shape frame_;
  std::unique_ptr<fastmel_stream, Free> stream_;
};

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
