// Streams of front ends whose frames are made of samples near them alone.
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

  // Throws std::invalid_argument for a front end whose parts cannot be run.
  FrontEndStream(std::shared_ptr<const FrontEnd> front_end, Sample type);
  FrontEndStream(const FrontEndStream&) = default;
  FrontEndStream& operator=(const FrontEndStream&) = delete;

  const FrontEnd& front_end() const { return *front_end_; }
  const Stream& stream() const { return stream_; }
  Sample type() const { return type_; }

  // Frames that a push of n samples gives, and that end() gives.
  Index frames_of(Index n) const;
  Index frames_left() const;

  // They return how many frames they have written. Throw ChunkNotFinite, and std::invalid_argument:
  // then the stream is as before.
  Index push(const Signal& chunk, const Room& room);
  Index end(const Room& room);
  void reset() { stream_.reset(); }

  // As push() of each, as one job.
  struct Step {
    FrontEndStream* stream = nullptr;
    Signal chunk;
    Room room;
    Index n_frames = 0;  // set to what push() returns
  };
  static void push(std::vector<Step>& steps, Index workers);

 private:
  Block chained(Index n_frames, const Room& room) const;

  std::shared_ptr<const FrontEnd> front_end_;
  Sample type_;
  Stream stream_;
};

}  // namespace fastmel
