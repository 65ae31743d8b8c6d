#include "frontend_stream.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "../errors.h"
#include "samples.h"

namespace fastmel {

namespace {

std::shared_ptr<const StreamPlan> plan_of(const std::shared_ptr<const FrontEnd>& front_end) {
  return {front_end, &front_end->stream_plan()};
}

Index most_samples(const Config& config) {
  Index most = unknown_length;
  for (const SampleStep& step : config.before) {
    if (const auto* cut = std::get_if<PadOrTrim>(&step)) most = std::min(most, cut->n_samples);
  }
  return most;
}

// n samples of a type, all in one place.
Signal zeros(Sample type, Index n) {
  static constexpr double zero = 0;
  Signal made;
  made.data = &zero;
  made.type = type;
  made.stride = 0;
  made.n_samples = made.end = n;
  return made;
}

}  // namespace

FrontEndStream::FrontEndStream(std::shared_ptr<const FrontEnd> front_end, Sample type)
    : front_end_(std::move(front_end)),
      type_(type),
      most_(most_samples(front_end_->config())),
      stream_(plan_of(front_end_)),
      after_(front_end_->feature_stream()) {
  const PadModes& modes = front_end_->config().pad_mode;
  const bool ramp = modes.before == "linear_ramp" || modes.after == "linear_ramp";
  require(!ramp || type == Sample::f32 || type == Sample::f64, "sample_type",
          "must be a float for pad_mode=\"linear_ramp\"");
}

FrontEndStream::FrontEndStream(const FrontEndStream& other, const InUse&)
    : front_end_(other.front_end_),
      type_(other.type_),
      most_(other.most_),
      stream_(other.stream_),
      after_(other.after_),
      n_samples_(other.n_samples_),
      n_frames_(other.n_frames_) {}

Index FrontEndStream::latency() const {
  const StreamPlan& plan = stream_.plan();
  return plan.latency() + after_.ahead() * plan.plan().spec().framing.hop_length;
}

// --- how many ------------------------------------------------------------------------------------

Index FrontEndStream::passed(Index n) const {
  return std::clamp<Index>(most_ - stream_.n_samples(), 0, n);
}

Signal FrontEndStream::passed(Signal chunk) const {
  chunk.n_samples = chunk.end = chunk.begin + passed(chunk.end - chunk.begin);
  return chunk;
}

Index FrontEndStream::completed() const {
  return prepared_length(front_end_->config(), n_samples_);
}

bool FrontEndStream::whole() const { return completed() >= front_end_->least_samples(); }

Index FrontEndStream::frames_of(Index n) const {
  require(n >= 0 && n <= unknown_length / 2, "n_samples", "must be in [0, 2**59]");
  if (stream_.ended()) return 0;
  return after_.certain(stream_.n_frames() + stream_.frames_of(passed(n))) - n_frames_;
}

Index FrontEndStream::frames_left() const {
  if (stream_.ended()) return 0;
  const Index chained = stream_.plan().total(completed());
  return (whole() ? after_.total(chained) : after_.certain(chained)) - n_frames_;
}

// --- calls ---------------------------------------------------------------------------------------

Lattice FrontEndStream::place(Index n_frames, const Room& room) const {
  return front_end_->part_shape(n_frames, type_).checked(room.features, room.capacity);
}

Block FrontEndStream::chained(Index n_chained, const Room& room) const {
  return front_end_->chained(n_chained, type_, after_.in_place() ? room.features : nullptr);
}

void FrontEndStream::finish(Block chained, bool last, const Room& room, Index n_frames) {
  const Block made = after_.push(std::move(chained), last);
  n_frames_ += n_frames;
  if (made.data() != room.features && made.bytes() > 0) {
    std::memcpy(room.features, made.data(), static_cast<std::size_t>(made.bytes()));
  }
}

Index FrontEndStream::push(const Signal& chunk, const Room& room) {
  const InUse in_use(in_use_);
  const Index n_samples = chunk.end - chunk.begin, n = frames_of(n_samples);
  require(!may_overlap(checked(chunk), place(n, room)), "features", "overlap the samples");
  Block frames = chained(stream_.frames_of(passed(n_samples)), room);
  stream_.push(passed(chunk), frames.features());
  n_samples_ += n_samples;
  finish(std::move(frames), false, room, n);
  return n;
}

Index FrontEndStream::end(const Room& room) {
  const InUse in_use(in_use_);
  require(!stream_.ended(), "stream", "has ended already; a reset begins a new signal");
  const Index n = frames_left(), total = stream_.plan().total(completed());
  if (total > 0) front_end_->check_reflection(completed());
  place(n, room);
  Block frames = chained(total - stream_.n_frames(), room);
  Features out = frames.features();
  const Signal missing = zeros(type_, std::max<Index>(completed() - stream_.n_samples(), 0));
  const Index n_first = stream_.frames_of(missing.end);
  stream_.push(missing, out);
  stream_.end(from_frame(out, n_first));
  finish(std::move(frames), whole(), room, n);
  return n;
}

void FrontEndStream::reset() {
  const InUse in_use(in_use_);
  stream_.reset();
  after_ = front_end_->feature_stream();
  n_samples_ = n_frames_ = 0;
}

void FrontEndStream::push(std::vector<Step>& steps, Index workers) {
  const auto in_use =
      all_in_use(steps.size(), [&](std::size_t i) -> UseFlag& { return steps[i].stream->in_use_; });
  std::vector<StreamGroup::Step> job;
  std::vector<Block> frames;
  std::vector<Lattice> samples, features;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step& step = steps[i];
    const FrontEndStream& stream = *step.stream;
    const Index n = step.chunk.end - step.chunk.begin;
    require(stream.front_end_ == steps[0].stream->front_end_, "chunks",
            "must be of streams of one front end");
    naming_item(static_cast<Index>(i), [&] {
      samples.push_back(checked(step.chunk));
      step.n_frames = stream.frames_of(n);
      features.push_back(stream.place(step.n_frames, step.room));
    });
    const Index n_chained = stream.stream_.frames_of(stream.passed(n));
    frames.push_back(stream.chained(n_chained, step.room));
    job.push_back(
        {&step.stream->stream_, stream.passed(step.chunk), n_chained, frames.back().features()});
  }
  check_apart(samples, features);
  StreamGroup().push(job, workers);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step& step = steps[i];
    step.stream->n_samples_ += step.chunk.end - step.chunk.begin;
    step.stream->finish(std::move(frames[i]), false, step.room, step.n_frames);
  }
}

}  // namespace fastmel
