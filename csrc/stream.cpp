#include "stream.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "errors.h"
#include "finite.h"
#include "float_environment.h"

namespace fastmel {

namespace {

Index floor_div(Index a, Index b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

template <class Word>
void copy_strided(const char* from, Index stride, Index n, char* to) {
  for (Index i = 0; i < n; ++i) {
    std::memcpy(to + i * static_cast<Index>(sizeof(Word)), from + i * stride, sizeof(Word));
  }
}

void copy_samples(const char* from, Index stride, Index size, Index n, char* to) {
  if (stride == size) {
    std::memcpy(to, from, static_cast<std::size_t>(n * size));
  } else if (size == 2) {
    copy_strided<std::uint16_t>(from, stride, n, to);
  } else if (size == 4) {
    copy_strided<std::uint32_t>(from, stride, n, to);
  } else {
    copy_strided<std::uint64_t>(from, stride, n, to);
  }
}

}  // namespace

// --- what the streams of a plan share ------------------------------------------------------------

StreamPlan::StreamPlan(std::shared_ptr<const Plan> plan, const FrameRule& rule)
    : plan_(std::move(plan)), rule_(rule) {
  const PlanSpec& spec = plan_->spec();
  const Framing& framing = spec.framing;
  require(!spec.inverse, "plan", "was made for the inverse transform");
  require(!plan_->needs_whole_signal(), "plan",
          "needs the whole signal: its level refers to the maximum");
  fastmel::n_frames(rule, 1);  // which checks it
  require(rule.before == framing.offset, "padding", "must be the plan's offset");
  require(rule.hop_length == framing.hop_length, "hop_length", "must be the plan's");

  const bool emphasized = spec.emphasis.coefficient != 0;
  lost_ = spec.emphasis.first_has_previous ? 1 : 0;
  previous_ = emphasized ? 1 : 0;
  const Preparation& preparation = spec.preparation;
  if (spec.spectrum == Spectrum::complex) {
    window_begin_ = 0;  // zeros of the window have signs, which end up in the spectrum
    window_end_ = framing.n_fft;
  } else if (preparation.any) {
    window_begin_ = preparation.begin;
    window_end_ = preparation.begin + preparation.length;
  } else {
    const auto is_zero = [](double w) { return w == 0; };
    const auto begin = std::find_if_not(spec.window.begin(), spec.window.end(), is_zero);
    const auto end = std::find_if_not(spec.window.rbegin(), spec.window.rend(), is_zero);
    window_begin_ = begin - spec.window.begin();
    window_end_ = std::max<Index>(spec.window.rend() - end, 1);
    window_begin_ = std::min(window_begin_, window_end_ - 1);
  }
  mirrored_ = framing.offset > 0 ? reach(framing.before, framing.offset) : 0;

  // How far the last frame may reach beyond the end, by the rule.
  const Index n_fft = framing.n_fft, hop = framing.hop_length, offset = framing.offset;
  Index beyond = n_fft - offset - 1;  // of the first frame
  switch (rule.count) {
    case FrameCount::whole: beyond = rule.after + n_fft - rule.frame_length; break;
    case FrameCount::floor: beyond = n_fft - offset - hop; break;
    case FrameCount::round: beyond = n_fft - offset - hop + hop / 2; break;
    case FrameCount::ceil: break;
    case FrameCount::tail:
      beyond = std::max(beyond, rule.after + n_fft - rule.frame_length + hop - 1);
      break;
  }
  from_end_ = beyond > 0 ? reach(framing.after, beyond) : 0;
  slack_ = n_fft - window_end_;

  // Dither counts the frames of the signal, of which lanes of several streams have several.
  if (preparation.dither == 0) {
    PlanSpec apart = spec;
    apart.framing = {n_fft, window_end_ + previous_, -previous_, Pad::constant, Pad::constant};
    apart.emphasis.first_has_previous = false;
    apart_ = std::make_unique<Plan>(std::move(apart), plan_->kernels());
  }
}

Index StreamPlan::total(Index n_samples) const {
  const Index n = n_samples - lost_;
  return n <= 0 ? 0 : fastmel::n_frames(rule_, n);
}

Index StreamPlan::ready(Index n_samples) const {
  const Index n = n_samples - lost_;
  if (n <= 0 || n < mirrored_) return 0;
  const Framing& framing = plan_->spec().framing;
  const Index complete = 1 + floor_div(n + framing.offset - window_end_, framing.hop_length);
  return std::max<Index>(0, std::min(complete, fastmel::n_frames(rule_, n)));
}

Index StreamPlan::latency() const {
  const Framing& framing = plan_->spec().framing;
  const Index hop = framing.hop_length, padding = rule_.before + rule_.after;
  Index counts = 0;  // samples after the frame's number of hops, until the rule counts it
  switch (rule_.count) {
    case FrameCount::whole: counts = rule_.frame_length - padding; break;
    case FrameCount::floor: counts = hop; break;
    case FrameCount::round: counts = hop - hop / 2; break;
    case FrameCount::ceil: counts = 1; break;
    case FrameCount::tail: counts = rule_.frame_length - padding - hop + 1; break;
  }
  return lost_ + std::max(window_end_ - framing.offset, counts);
}

Index StreamPlan::context() const { return window_end_ - window_begin_ + previous_; }

Index StreamPlan::first_kept(Index n, Index frame) const {
  const Framing& framing = plan_->spec().framing;
  const Index next = frame * framing.hop_length - framing.offset + lost_ - previous_;
  // the lost sample is one that the first frames emphasise, and mirror
  const Index mirrored = n - from_end_ - previous_ - lost_;
  return std::clamp<Index>(std::min(next, mirrored), 0, n);
}

bool StreamPlan::inside(Index frame) const {
  const Framing& framing = plan_->spec().framing;
  return frame * framing.hop_length - framing.offset + lost_ >= previous_;
}

// --- one signal ----------------------------------------------------------------------------------

Stream::Stream(const Stream& other) : plan_(other.plan_) { restore(other.state()); }

Index Stream::frames_of(Index n) const {
  return ended_ ? 0 : plan_->ready(n_samples_ + n) - n_frames_;
}

Index Stream::frames_left() const { return ended_ ? 0 : plan_->total(n_samples_) - n_frames_; }

void Stream::check(const Signal& chunk) const {
  const Index n = chunk.end - chunk.begin;
  require(!ended_, "chunk", "comes after the end of the signal; reset() begins a new one");
  if (n == 0) return;
  require(!begun_ || chunk.type == type_, "chunk",
          "must have the dtype of the samples before it; convert one of them");
  require(n <= unknown_length / 2 && n_samples_ <= unknown_length / 2 - n, "chunk",
          "goes beyond 2**59 samples");
  const Index bad = first_not_finite(chunk) - chunk.begin;
  if (bad == n) return;
  throw ChunkNotFinite("chunk is not finite: chunk[" + std::to_string(bad) +
                       "] is NaN or infinite; the stream took none of it");
}

// Large chunks are taken in pieces, of which the memory of a stream is made.
Index Stream::piece(Index left) const {
  const Framing& framing = plan_->plan().spec().framing;
  if (left <= framing.n_fft) return left;
  const Index lanes = plan_->plan().kernels().lanes(plan_->plan().spec().precision);
  constexpr Index most = Index{1} << 20;
  const Index whole = std::min(blocks_per_run * lanes * framing.hop_length, most);
  return std::min(left, std::max(whole, framing.n_fft));
}

void Stream::append(const Signal& chunk, Index from, Index n) {
  if (n == 0) return;
  if (!begun_) type_ = chunk.type;
  const Index size = size_of(type_), n_held = n_samples_ - begin_;
  const Index room = static_cast<Index>(samples_.size()) / size;
  const Index needed = n_held + n + plan_->slack_;
  if (at_ + needed > room) {
    if (needed > room) {
      // what later chunks of this length need, and as much again, so that few of them move it
      const Index held_later = plan_->context() + plan_->from_end_;
      const Index enough = std::max(needed, held_later + n + plan_->slack_) + held_later;
      std::vector<char> more(static_cast<std::size_t>(enough * size));
      if (n_held > 0)
        std::memcpy(more.data(), held(begin_), static_cast<std::size_t>(n_held * size));
      samples_ = std::move(more);
    } else {
      std::memmove(samples_.data(), held(begin_), static_cast<std::size_t>(n_held * size));
    }
    at_ = 0;
  }
  begun_ = true;
  copy_samples(static_cast<const char*>(chunk.data) + from * chunk.stride, chunk.stride, size, n,
               samples_.data() + (at_ + n_held) * size);
  n_samples_ += n;
}

Item Stream::item(Index n_frames, const Features& out) const {
  Item item;
  item.signal.type = type_;
  item.signal.data = held(begin_);
  item.signal.stride = size_of(type_);
  item.signal.begin = begin_;
  item.signal.n_samples = unknown_length;
  item.signal.end = n_samples_ + plan_->slack_;
  item.features = out;
  item.first = n_frames_;
  item.n_frames = n_frames;
  return item;
}

void Stream::given(Index n_frames) {
  n_frames_ += n_frames;
  const Index kept = plan_->first_kept(n_samples_, n_frames_);
  if (kept > begin_) {
    at_ += kept - begin_;
    begin_ = kept;
  }
}

void Stream::push(const Signal& chunk, const Features& out) {
  const InUse in_use(in_use_);
  const FloatEnvironment environment;
  check(chunk);
  RunOptions how;
  how.known_finite = true;
  const Index n = chunk.end - chunk.begin;
  Index done = 0, frames = 0;
  do {
    const Index taken = piece(n - done);
    append(chunk, done, taken);
    done += taken;
    const Index ready = frames_of(0);
    if (ready > 0) {
      const Item job = item(ready, from_frame(out, frames));
      plan_->plan().run(&job, 1, how);
    }
    given(ready);
    frames += ready;
  } while (done < n);
}

void Stream::end(const Features& out) {
  const InUse in_use(in_use_);
  const Index left = frames_left();
  if (left > 0) {
    RunOptions how;
    how.known_finite = true;
    Item job = item(left, out);
    job.signal.n_samples = job.signal.end = n_samples_;
    plan_->plan().run(&job, 1, how);
  }
  ended_ = true;
  n_frames_ += left;
  samples_ = {};
  at_ = 0;
  begin_ = n_samples_;
}

void Stream::reset() {
  const InUse in_use(in_use_);
  at_ = begin_ = n_samples_ = n_frames_ = 0;
  begun_ = ended_ = false;
  // What lies behind the last sample is multiplied by 0: of another type it might not be finite.
  std::fill(samples_.begin(), samples_.end(), char{0});
}

Stream::State Stream::state() const {
  const InUse in_use(in_use_);
  State state;
  state.n_samples = n_samples_;
  state.n_frames = n_frames_;
  state.begin = begin_;
  state.begun = begun_;
  state.ended = ended_;
  state.type = type_;
  if (n_samples_ > begin_) state.samples.assign(held(begin_), held(n_samples_));
  return state;
}

void Stream::restore(const State& state) {
  const InUse in_use(in_use_);
  const Index n = state.n_samples, size = size_of(state.type);
  require(n >= 0 && n <= unknown_length / 2 && state.n_frames >= 0 && state.begin >= 0 &&
              state.begin <= n && state.begun == (n > 0) &&
              static_cast<Index>(state.samples.size()) == (n - state.begin) * size,
          "state", "is not a stream's");
  require(state.ended ? state.n_frames == plan_->total(n) && state.begin == n
                      : state.n_frames == std::max<Index>(0, plan_->ready(n)) &&
                            state.begin <= plan_->first_kept(n, state.n_frames),
          "state", "is not that of a stream of this plan");
  Signal held_samples;
  held_samples.data = state.samples.data();
  held_samples.type = state.type;
  held_samples.stride = size;
  held_samples.end = n - state.begin;
  require(first_not_finite(held_samples) == n - state.begin, "state",
          "has samples that are not finite");
  at_ = n_frames_ = 0;
  begun_ = ended_ = false;
  begin_ = n_samples_ = state.begin;
  samples_ = {};
  append(held_samples, 0, n - state.begin);
  type_ = state.type;
  begun_ = state.begun;
  ended_ = state.ended;
  n_frames_ = state.n_frames;
}

}  // namespace fastmel
