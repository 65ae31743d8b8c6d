// Streams: features of signals that come in pieces. A stream holds the samples that frames to come
// are made of, and gives each frame as soon as no later sample can change it, with the bits that it
// has in the whole signal.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "in_use.h"
#include "plan.h"

namespace fastmel {

// A sample of a chunk is not finite.
class ChunkNotFinite : public std::invalid_argument {
 public:
  ChunkNotFinite(const std::string& why, Index item = 0) : invalid_argument(why), item_(item) {}
  Index item() const { return item_; }  // of those that were pushed together

 private:
  Index item_;
};

// What the streams of a plan share. Immutable, and shared by threads.
class StreamPlan {
 public:
  // Throws std::invalid_argument for a plan that needs the whole signal, the inverse one, or a rule
  // of other frames.
  StreamPlan(std::shared_ptr<const Plan> plan, const FrameRule& rule);

  const Plan& plan() const { return *plan_; }
  // Frames of a signal of n_samples, and those that are certain whatever follows n_samples.
  Index total(Index n_samples) const;
  Index ready(Index n_samples) const;
  // Frame t is ready with sample t * hop_length + latency() - 1, but for the first ones, which may
  // mirror more; it is made of up to context() samples.
  Index latency() const;
  Index context() const;

 private:
  friend class Stream;
  friend class StreamGroup;

  Index first_kept(Index n, Index frame) const;  // sample that frames from `frame` on need
  bool inside(Index frame) const;                // whether it reads samples alone, at the front

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<const Plan> apart_;  // of frames that do not share samples; null: bits differ
  FrameRule rule_;
  Index lost_;                       // samples that are no frame's but for pre-emphasis
  Index previous_;                   // samples before a frame that it needs
  Index window_begin_, window_end_;  // of a frame: what it is made of
  Index mirrored_;                   // samples that the first frames mirror
  Index from_end_;                   // samples that frames beyond the end may mirror, from the end
  Index slack_;  // samples behind the last one that a frame reads, and whose window is 0
};

// One signal. Not for two threads at once; that is noticed, and refused.
class Stream {
 public:
  explicit Stream(std::shared_ptr<const StreamPlan> plan) : plan_(std::move(plan)) {}
  Stream(const Stream& other);
  Stream& operator=(const Stream&) = delete;

  const StreamPlan& plan() const { return *plan_; }
  bool begun() const { return begun_; }  // whether type() is known: it is that of the first samples
  Sample type() const { return type_; }
  bool ended() const { return ended_; }
  Index n_samples() const { return n_samples_; }
  Index n_frames() const { return n_frames_; }  // given so far

  // Frames that a push of n samples gives, and those that the end gives.
  Index frames_of(Index n) const;
  Index frames_left() const;

  // Samples chunk.begin ... chunk.end - 1 follow, of which frames_of() frames come to `out`. Throws
  // std::invalid_argument, and takes none of them, if one is not finite, if they are of another
  // type than the first, or after the end.
  void push(const Signal& chunk, const Features& out);
  // The signal ends: frames_left() frames come to `out`.
  void end(const Features& out);
  // A new signal begins.
  void reset();

  // The state, and a stream that continues it: samples `begin` ... n_samples - 1 are held.
  struct State {
    Index n_samples = 0, n_frames = 0, begin = 0;
    bool begun = false, ended = false;
    Sample type = Sample::f32;
    std::vector<char> samples;
  };
  State state() const;
  // Throws std::invalid_argument for a state that no stream of this plan has.
  void restore(const State& state);

 private:
  friend class StreamGroup;

  void check(const Signal& chunk) const;
  Index piece(Index left) const;  // samples to take at once
  void append(const Signal& chunk, Index from, Index n);
  Item item(Index n_frames, const Features& out) const;
  void given(Index n_frames);
  const char* held(Index sample) const {
    return samples_.data() + (at_ + sample - begin_) * size_of(type_);
  }

  std::shared_ptr<const StreamPlan> plan_;
  std::vector<char> samples_;  // those that are held begin at at_, and slack is behind them
  Index at_ = 0, begin_ = 0;
  Index n_samples_ = 0, n_frames_ = 0;
  Sample type_ = Sample::f32;
  bool begun_ = false, ended_ = false;
  mutable UseFlag in_use_;
};

// Streams of one plan that go on together: the frames of all fill the lanes of one job.
class StreamGroup {
 public:
  struct Step {
    Stream* stream;
    Signal chunk;
    Index n_frames;  // that come of it: Stream::frames_of()
    Features out;
  };

  // As Stream::push of each; no stream may be named twice. Nothing is taken if one is refused,
  // whose number the error tells.
  void push(const std::vector<Step>& steps, Index workers);

 private:
  struct Progress {
    Index samples = 0, frames = 0;  // taken, and given
    Index ready = 0;                // frames
  };
  struct Copy {
    Features out;
    Index n_frames;
  };

  static void check(const std::vector<Step>& steps);
  bool advance(const std::vector<Step>& steps, Index workers);
  void gather(const Stream& stream, Index n_frames, const Features& out);
  Index distance(Index width) const;
  void copy_features(Index unit, Index width) const;
  void run_gathered(const StreamPlan& plan, Sample type, Real real, const RunOptions& how);

  std::vector<Progress> progress_;
  std::vector<Item> items_;
  std::vector<Copy> copies_;
  std::vector<char> frames_, features_;  // of what was gathered
  Index n_gathered_ = 0;
};

}  // namespace fastmel
