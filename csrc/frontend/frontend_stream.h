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

  const Stream& stream() const { return stream_; }
  Sample type() const { return type_; }

  // Frames given so far, and the samples from the beginning of one on with which it is.
  Index n_frames() const { return given_; }
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
  // What a call has between the chain and the result: frames of the chain that were held, and room
  // for new ones.
  struct Work {
    Block chained;
    Features fresh;  // where the new ones go
    Index n_frames;  // of the result
  };

  Work begin(Index n_chained, Index n_frames, const Room& room) const;
  void finish(Work work, const Room& room);
  void keep(const Block& chained);

  std::shared_ptr<const FrontEnd> front_end_;
  Sample type_;
  Stream stream_;
  Index given_ = 0;
  // Frames of the chain from held_from_ on that stacked frames to come are made of, one after the
  // other.
  std::vector<char> held_;
  Index held_from_ = 0;
};

}  // namespace fastmel
