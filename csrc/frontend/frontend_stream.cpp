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

Index FrontEndStream::latency() const {
  const StreamPlan& plan = stream_.plan();
  return plan.latency() + front_end_->post().frames_ahead() * plan.plan().spec().framing.hop_length;
}

Index FrontEndStream::frames_of(Index n) const {
  require(n >= 0 && n <= unknown_length / 2, "n_samples", "must be in [0, 2**59]");
  if (stream_.ended()) return 0;
  return front_end_->post().frames_certain(stream_.n_frames() + stream_.frames_of(n)) - given_;
}

Index FrontEndStream::frames_left() const {
  if (stream_.ended()) return 0;
  return front_end_->post().frames_after(stream_.n_frames() + stream_.frames_left()) - given_;
}

// Throws std::invalid_argument where there is no room.
FrontEndStream::Work FrontEndStream::begin(Index n_chained, Index n_frames,
                                           const Room& room) const {
  const Shape shape = front_end_->part_shape(n_frames, type_);
  require(shape.size() <= room.capacity, "size", "is less than the values of the features");
  require(shape.size() == 0 || room.features != nullptr, "features", "is null");
  require(reinterpret_cast<std::uintptr_t>(room.features) %
                  static_cast<std::uintptr_t>(size_of(shape.type)) ==
              0,
          "features", "must be aligned");
  const Index n_held = held_.empty() ? 0 : stream_.n_frames() - held_from_;
  Work work{front_end_->chained(n_held + n_chained, type_, room.features), {}, n_frames};
  const Block& made = work.chained;
  work.fresh = from_frame(made.features(), n_held);
  if (n_held > 0) {
    const Index width = made.width(), size = size_of(made.type());
    copy(Block(made.type(), const_cast<char*>(held_.data()), n_held, width, width * size, size,
               true),
         made.leading(n_held), {});
  }
  return work;
}

void FrontEndStream::finish(Work work, const Room& room) {
  const Part part{given_, work.n_frames, held_from_};
  given_ += work.n_frames;
  if (front_end_->post().stacks()) keep(work.chained);
  front_end_->finish(std::move(work.chained), room.features, part);
}

// Holds the frames of the next stacked one, or at least the last, which may be repeated.
void FrontEndStream::keep(const Block& chained) {
  const Index n = held_from_ + chained.frames();
  const Index next = front_end_->post().frames_for(given_, 1, n).begin;
  const Index kept = std::max(held_from_, std::min(next, n - 1));
  const Index width = chained.width(), size = size_of(chained.type());
  held_.resize(static_cast<std::size_t>(std::max<Index>(n - kept, 0) * width * size));
  if (held_.empty()) return;
  Copy how;
  how.first = kept - held_from_;
  copy(chained, Block(chained.type(), held_.data(), n - kept, width, width * size, size, true),
       how);
  held_from_ = kept;
}

Index FrontEndStream::push(const Signal& chunk, const Room& room) {
  const Index n = frames_of(chunk.end - chunk.begin);
  Work work = begin(stream_.frames_of(chunk.end - chunk.begin), n, room);
  stream_.push(chunk, work.fresh);
  finish(std::move(work), room);
  return n;
}

Index FrontEndStream::end(const Room& room) {
  require(!stream_.ended(), "stream", "has ended already; a reset begins a new signal");
  const Index n = frames_left();
  const Index n_samples = stream_.n_samples();
  if (stream_.plan().total(n_samples) > 0) front_end_->check_reflection(n_samples);
  Work work = begin(stream_.frames_left(), n, room);
  stream_.end(work.fresh);
  finish(std::move(work), room);
  return n;
}

void FrontEndStream::reset() {
  stream_.reset();
  given_ = held_from_ = 0;
  held_.clear();
}

void FrontEndStream::push(std::vector<Step>& steps, Index workers) {
  std::vector<StreamGroup::Step> job;
  std::vector<Work> works;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step& step = steps[i];
    const FrontEndStream& stream = *step.stream;
    const Index n = step.chunk.end - step.chunk.begin;
    require(stream.front_end_ == steps[0].stream->front_end_, "chunks",
            "must be of streams of one front end");
    try {
      step.n_frames = stream.frames_of(n);
      works.push_back(stream.begin(stream.stream_.frames_of(n), step.n_frames, step.room));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("item " + std::to_string(i) + ": " + error.what());
    }
    job.push_back({&step.stream->stream_, step.chunk, works.back().fresh});
  }
  StreamGroup().push(job, workers);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].stream->finish(std::move(works[i]), steps[i].room);
  }
}

}  // namespace fastmel
