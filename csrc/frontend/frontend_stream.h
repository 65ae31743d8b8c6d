// Streams of front ends whose frames are certain before the signal ends.
#pragma once

#include <memory>
#include <vector>

#include "frontend.h"

namespace fastmel {

// One signal, of samples of one type. Features of a push are those of a part of as many frames
// (FrontEnd::part_shape), in C order. Not for two threads at once, which is refused.
class FrontEndStream {
 public:
  // Where the features of a push go, with room for `capacity` values.
  struct Room {
    void* features = nullptr;
    Index capacity = 0;
  };

  // Throws std::invalid_argument for a front end that has no streams.
  FrontEndStream(std::shared_ptr<const FrontEnd> front_end, Sample type);
  FrontEndStream(const FrontEndStream& other) : FrontEndStream(other, InUse(other.in_use_)) {}
  FrontEndStream& operator=(const FrontEndStream&) = delete;

  Sample type() const { return type_; }
  // Samples taken and frames given so far, and the samples from the beginning of one on with which
  // it is given.
  Index n_samples() const { return n_samples_; }
  Index n_frames() const { return n_frames_; }
  Index latency() const;
  // Frames that a push of n samples gives, and that end() gives.
  Index frames_of(Index n) const;
  Index frames_left() const;

  // They return how many frames they have written. Throw ChunkNotFinite, and std::invalid_argument:
  // then the stream is as before.
  Index push(const Signal& chunk, const Room& room);
  Index end(const Room& room);
  void reset();

  // As push() of each, as one job.
  struct Step {
    FrontEndStream* stream = nullptr;
    Signal chunk;
    Room room;
    Index n_frames = 0;  // set to what push() returns
  };
  static void push(std::vector<Step>& steps, Index workers);

 private:
  FrontEndStream(const FrontEndStream& other, const InUse& in_use);

  // The samples of a chunk that a step does not cut off.
  Index passed(Index n) const;
  Signal passed(Signal chunk) const;
  // Samples that the steps before the chain make of all, and whether a call takes as many.
  Index completed() const;
  bool whole() const;
  // Where so many frames of the result go. Throws std::invalid_argument where there is no room.
  Lattice place(Index n_frames, const Room& room) const;
  // Room for frames of the chain: that of the result, if they become it there.
  Block chained(Index n_chained, const Room& room) const;
  void finish(Block chained, bool last, const Room& room, Index n_frames);

  std::shared_ptr<const FrontEnd> front_end_;
  Sample type_;
  Index most_;  // samples that the chain gets
  Stream stream_;
  FeatureStream after_;
  Index n_samples_ = 0, n_frames_ = 0;
  mutable UseFlag in_use_;
};

}  // namespace fastmel
