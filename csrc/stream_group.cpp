// Streams that go on together.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "errors.h"
#include "float_environment.h"
#include "stream.h"

namespace fastmel {

namespace {

Index lanes_of(const StreamPlan& plan) {
  return plan.plan().kernels().lanes(plan.plan().spec().precision);
}

}  // namespace

// Frames, one after the other, each with the sample before it if the signal is emphasised. What the
// last may read behind its window is that of the next, and zeros.
void StreamGroup::gather(const Stream& stream, Index n_frames, const Features& out) {
  const StreamPlan& plan = stream.plan();
  const Framing& framing = plan.plan().spec().framing;
  const Index size = size_of(stream.type()), length = plan.apart_->spec().framing.hop_length * size;
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
  const Index length = apart.spec().framing.hop_length;
  const bool complex = apart.spec().spectrum == Spectrum::complex;
  const Index unit = size_of(real) * (complex ? 2 : 1), width = apart.n_features();
  const Index between = distance(width);
  std::memset(frames_.data() + n_gathered_ * length * size_of(type), 0,
              static_cast<std::size_t>(plan.slack_ * size_of(type)));
  Item item;
  item.signal.data = frames_.data();
  item.signal.type = type;
  item.signal.stride = size_of(type);
  item.signal.n_samples = unknown_length;
  item.signal.end = (n_gathered_ + lanes_of(plan)) * length + plan.slack_;  // that may be read
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

void StreamGroup::check(const std::vector<Step>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    try {
      steps[i].stream->check(steps[i].chunk);
    } catch (const ChunkNotFinite& error) {
      throw ChunkNotFinite(item_prefix(i) + error.what(), static_cast<Index>(i));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(item_prefix(i) + error.what());
    }
  }
}

void StreamGroup::push(const std::vector<Step>& steps, Index workers) {
  if (steps.empty()) return;
  const auto in_use =
      all_in_use(steps.size(), [&](std::size_t i) -> UseFlag& { return steps[i].stream->in_use_; });
  const FloatEnvironment environment;
  check(steps);
  progress_.assign(steps.size(), {});
  while (advance(steps, workers)) {
  }
}

// Takes a piece of each chunk. The frames that are ready then are computed: what is enough for a
// block of its own, or touches an edge, as an item; the others together. Returns whether there are
// more pieces.
bool StreamGroup::advance(const std::vector<Step>& steps, Index workers) {
  const StreamPlan& plan = steps[0].stream->plan();
  const Stream& first = *steps[0].stream;
  const Sample type = first.begun() ? first.type() : steps[0].chunk.type;
  const Real real = steps[0].out.type;
  const Index lanes = lanes_of(plan);
  const auto alone = [&](const Step& step, Index ready) {
    const Stream& stream = *step.stream;
    return ready >= lanes || plan.apart_ == nullptr || steps.size() == 1 || stream.type() != type ||
           step.out.type != real || !plan.inside(stream.n_frames_);
  };
  RunOptions how;
  how.known_finite = true;
  how.workers = workers;
  items_.clear();
  copies_.clear();
  n_gathered_ = 0;
  // Each stream is gone through once, and its frames are gathered in portions: those of hundreds
  // leave the cache before they are used.
  const Index portion = blocks_per_run * lanes * std::max<Index>(workers, 1);
  if (plan.apart_ != nullptr) {
    const Index most = std::min(static_cast<Index>(steps.size()) * lanes, portion + lanes) + lanes;
    const Index room = most * plan.apart_->spec().framing.hop_length + plan.slack_;
    frames_.resize(static_cast<std::size_t>(room * size_of(type)));
  }
  bool more = false;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Stream& stream = *steps[i].stream;
    Progress& progress = progress_[i];
    const Index left = steps[i].chunk.end - steps[i].chunk.begin - progress.samples;
    const Index taken = stream.piece(left);
    stream.append(steps[i].chunk, progress.samples, taken);
    progress.samples += taken;
    more = more || taken < left;
    const Index ready = progress.ready =
        taken < left ? stream.frames_of(0) : steps[i].n_frames - progress.frames;
    if (ready == 0) continue;
    const Features out = from_frame(steps[i].out, progress.frames);
    if (alone(steps[i], ready)) {
      items_.push_back(stream.item(ready, out));
    } else {
      gather(stream, ready, out);
      if (n_gathered_ >= portion) run_gathered(plan, type, real, how);
    }
  }
  plan.plan().run(items_.data(), static_cast<Index>(items_.size()), how);
  if (n_gathered_ > 0) run_gathered(plan, type, real, how);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].stream->given(progress_[i].ready);
    progress_[i].frames += progress_[i].ready;
  }
  return more;
}

}  // namespace fastmel
