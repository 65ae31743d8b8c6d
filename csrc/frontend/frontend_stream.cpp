#include "frontend_stream.h"

#include <string>
#include <utility>

#include "../errors.h"

namespace fastmel {

namespace {

std::shared_ptr<const StreamPlan> plan_of(const std::shared_ptr<const FrontEnd>& front_end) {
  return {front_end, &front_end->stream_plan()};
}

}  // namespace

FrontEndStream::FrontEndStream(std::shared_ptr<const FrontEnd> front_end, Sample type)
    : front_end_(std::move(front_end)), type_(type), stream_(plan_of(front_end_)) {
  const PadModes& modes = front_end_->config().pad_mode;
  const bool ramp = modes.before == "linear_ramp" || modes.after == "linear_ramp";
  require(!ramp || type == Sample::f32 || type == Sample::f64, "sample_type",
          "must be a float for pad_mode=\"linear_ramp\"");
}

Index FrontEndStream::frames_of(Index n) const {
  require(n >= 0 && n <= unknown_length / 2, "n_samples", "must be in [0, 2**59]");
  return stream_.ended() ? 0 : stream_.frames_of(n);
}

Index FrontEndStream::frames_left() const { return stream_.frames_left(); }

// The chain's features, checked to have room.
Block FrontEndStream::chained(Index n_frames, const Room& room) const {
  const Shape shape = front_end_->part_shape(n_frames, type_);
  require(shape.size() <= room.capacity, "size", "is less than the values of the features");
  require(shape.size() == 0 || room.features != nullptr, "features", "is null");
  require(reinterpret_cast<std::uintptr_t>(room.features) %
                  static_cast<std::uintptr_t>(size_of(shape.type)) ==
              0,
          "features", "must be aligned");
  return front_end_->chained(n_frames, type_, room.features);
}

Index FrontEndStream::push(const Signal& chunk, const Room& room) {
  const Index n = frames_of(chunk.end - chunk.begin);
  Block made = chained(n, room);
  stream_.push(chunk, made.features());
  front_end_->finish(std::move(made), room.features);
  return n;
}

Index FrontEndStream::end(const Room& room) {
  require(!stream_.ended(), "stream", "has ended already; a reset begins a new signal");
  const Index n = frames_left();
  front_end_->check_reflection(stream_.n_samples());
  Block made = chained(n, room);
  stream_.end(made.features());
  front_end_->finish(std::move(made), room.features);
  return n;
}

void FrontEndStream::push(std::vector<Step>& steps, Index workers) {
  std::vector<StreamGroup::Step> job;
  std::vector<Block> made;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step& step = steps[i];
    const FrontEndStream& stream = *step.stream;
    const std::string item = "item " + std::to_string(i) + ": ";
    require(stream.front_end_ == steps[0].stream->front_end_, "chunks",
            "must be of streams of one front end");
    try {
      step.n_frames = stream.frames_of(step.chunk.end - step.chunk.begin);
      made.push_back(stream.chained(step.n_frames, step.room));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(item + error.what());
    }
    job.push_back({&step.stream->stream_, step.chunk, made.back().features()});
  }
  StreamGroup().push(job, workers);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].stream->front_end_->finish(std::move(made[i]), steps[i].room.features);
  }
}

}  // namespace fastmel
