// Streams that go on together.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "errors.h"
#include "float_environment.h"
#include "stream.h"

namespace fastmel {

// Frames, one after the other, each with the sample before it if the signal is emphasised.
void StreamGroup::gather(const Stream& stream, Index n_frames, const Features& out) {
  const StreamPlan& plan = stream.plan();
  const Framing& framing = plan.plan().spec().framing;
  const Index size = size_of(stream.type()), length = (framing.n_fft + plan.previous_) * size;
  for (Index t = 0; t < n_frames; ++t, ++n_gathered_) {
    const Index begin = (stream.n_frames_ + t) * framing.hop_length - framing.offset + plan.lost_;
    std::memcpy(frames_.data() + n_gathered_ * length, stream.held(begin - plan.previous_),
                static_cast<std::size_t>(length));
  }
  copies_.push_back({out, n_frames});
}

// The bytes between the frames that were gathered, where they belong: if they are as far apart as
// those of one item, one of each stream, and none of what was gathered lies in between. Else 0.
Index StreamGroup::distance(Index width) const {
  const auto at = [&](std::size_t i) {
    return reinterpret_cast<std::uintptr_t>(copies_[i].out.data);
  };
  const std::size_t n = copies_.size();
  const std::uintptr_t distance = n > 1 ? at(1) - at(0) : 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (copies_[i].n_frames != 1 || at(i) - at(0) != i * distance) return 0;
  }
  const auto from = reinterpret_cast<std::uintptr_t>(frames_.data());
  const auto extent = static_cast<std::uintptr_t>(width * copies_[0].out.feature_stride);
  const bool apart = at(0) >= from + frames_.size() || at(n - 1) + extent <= from;
  const auto bytes = static_cast<Index>(distance);  // which are negative where they go back
  return apart && bytes > 0 ? bytes : 0;
}

void StreamGroup::run_gathered(const StreamPlan& plan, Sample type, Real real,
                               const RunOptions& how) {
  const Plan& apart = *plan.apart_;
  const Framing& framing = apart.spec().framing;
  const bool complex = apart.spec().spectrum == Spectrum::complex;
  const Index unit = size_of(real) * (complex ? 2 : 1), width = apart.n_features();
  const Index lanes = apart.kernels().lanes(apart.spec().precision), between = distance(width);
  Item item;
  item.signal.data = frames_.data();
  item.signal.type = type;
  item.signal.stride = size_of(type);
  item.signal.n_samples = unknown_length;
  item.signal.end = (n_gathered_ + lanes) * framing.hop_length;  // what the last block may read
  item.n_frames = n_gathered_;
  if (between != 0) {
    item.features = {copies_[0].out.data, real, copies_[0].out.feature_stride, between};
    apart.run(&item, 1, how);
  } else {
    features_.resize(static_cast<std::size_t>(std::max<Index>(n_gathered_ * width * unit, 1)));
    item.features = {features_.data(), real, unit, width * unit};
    apart.run(&item, 1, how);
    copy_features(unit, width);
  }
  copies_.clear();
  n_gathered_ = 0;
}

void StreamGroup::copy_features(Index unit, Index width) const {
  const char* from = features_.data();
  for (const Copy& copy : copies_) {
    for (Index t = 0; t < copy.n_frames; ++t, from += width * unit) {
      char* to = static_cast<char*>(copy.out.data) + t * copy.out.frame_stride;
      if (copy.out.feature_stride == unit) {
        std::memcpy(to, from, static_cast<std::size_t>(width * unit));
        continue;
      }
      for (Index m = 0; m < width; ++m) {
        std::memcpy(to + m * copy.out.feature_stride, from + m * unit,
                    static_cast<std::size_t>(unit));
      }
    }
  }
}

// That no other thread uses the streams of a call meanwhile, and that none is named twice.
class StreamGroup::InUse {
 public:
  explicit InUse(const std::vector<Step>& steps) : steps_(steps) {
    for (; n_ < steps.size(); ++n_) {
      if (!flag(n_).test_and_set(std::memory_order_acquire)) continue;
      release();
      throw std::logic_error("item " + std::to_string(n_) +
                             ": the stream is in use by another thread, or named twice");
    }
  }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() { release(); }

 private:
  std::atomic_flag& flag(std::size_t i) const { return steps_[i].stream->in_use_; }
  void release() const {
    for (std::size_t i = 0; i < n_; ++i) flag(i).clear(std::memory_order_release);
  }

  const std::vector<Step>& steps_;
  std::size_t n_ = 0;
};

void StreamGroup::check(const std::vector<Step>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    try {
      steps[i].stream->check(steps[i].chunk);
    } catch (const ChunkNotFinite& error) {
      throw ChunkNotFinite("item " + std::to_string(i) + ": " + error.what(),
                           static_cast<Index>(i));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("item " + std::to_string(i) + ": " + error.what());
    }
  }
}

void StreamGroup::push(const std::vector<Step>& steps, Index workers) {
  if (steps.empty()) return;
  const InUse in_use(steps);
  const FloatEnvironment environment;
  check(steps);
  progress_.assign(steps.size(), {});
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Signal& chunk = steps[i].chunk;
      Progress& progress = progress_[i];
      const Index left = chunk.end - chunk.begin - progress.samples;
      if (left == 0) continue;
      const Index taken = steps[i].stream->piece(left);
      steps[i].stream->append(chunk, progress.samples, taken);
      progress.samples += taken;
      more = more || taken < left;
    }
    run(steps, workers);
  }
}

// The frames that are ready in each stream: what is enough for a block of its own, or touches an
// edge, as an item; the others together.
void StreamGroup::run(const std::vector<Step>& steps, Index workers) {
  const StreamPlan& plan = steps[0].stream->plan();
  const Framing& framing = plan.plan().spec().framing;
  const Index lanes = plan.plan().kernels().lanes(plan.plan().spec().precision);
  const Sample type = steps[0].stream->type();
  const Real real = steps[0].out.type;
  items_.clear();
  copies_.clear();
  n_gathered_ = 0;
  const auto alone = [&](const Step& step, Index ready) {
    const Stream& stream = *step.stream;
    return ready >= lanes || plan.apart_ == nullptr || steps.size() == 1 || stream.type() != type ||
           step.out.type != real || !plan.inside(stream.n_frames_);
  };
  RunOptions how;
  how.known_finite = true;
  how.workers = workers;
  // Frames are gathered in portions: those of hundreds of streams leave the cache before they are
  // used.
  const Index portion = blocks_per_run * lanes * std::max<Index>(workers, 1);
  Index n_together = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Index ready = progress_[i].ready = steps[i].stream->frames_of(0);
    if (ready > 0 && !alone(steps[i], ready)) n_together += ready;
  }
  if (n_together > 0) {
    const Index frame = (framing.n_fft + plan.previous_) * size_of(type);
    const Index room = std::min(n_together, portion + lanes) + lanes;
    frames_.resize(static_cast<std::size_t>(room * frame));
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Index ready = progress_[i].ready;
    if (ready == 0) continue;
    const Features out = from_frame(steps[i].out, progress_[i].frames);
    if (alone(steps[i], ready)) {
      items_.push_back(steps[i].stream->item(ready, out));
    } else {
      gather(*steps[i].stream, ready, out);
      if (n_gathered_ >= portion) run_gathered(plan, type, real, how);
    }
  }
  plan.plan().run(items_.data(), static_cast<Index>(items_.size()), how);
  if (n_gathered_ > 0) run_gathered(plan, type, real, how);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].stream->given(progress_[i].ready);
    progress_[i].frames += progress_[i].ready;
  }
}

}  // namespace fastmel
