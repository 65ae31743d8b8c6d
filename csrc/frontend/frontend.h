// A front end: a configuration made ready to run, from samples to features. Immutable, and shared
// by all threads.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "../lattice.h"
#include "../stream.h"
#include "block.h"
#include "config.h"
#include "feature_stream.h"
#include "post.h"

namespace fastmel {

// Of the features of one signal, in C order, the last axis fastest.
struct Shape {
  int n_axes = 2;
  Index axes[3] = {0, 0, 0};
  Type type = Type::f32;
  Index size() const;  // values, all in all
  // Where they lie. Throws std::invalid_argument where there is no room for them.
  Lattice checked(void* features, Index capacity) const;
};

// A signal, or a part of one, and where its features go.
struct Clip {
  Signal signal;
  void* features = nullptr;
  Index capacity = 0;  // values that fit there
  bool whole = true;   // else frames first ... first + n_frames - 1
  Index first = 0, n_frames = 0;
};

// A sample is not finite. `clip` is the first that has one.
class NotFinite : public std::exception {
 public:
  NotFinite(std::string why, Index clip) : why_(std::move(why)), clip_(clip) {}
  const char* what() const noexcept override { return why_.c_str(); }
  Index clip() const { return clip_; }

 private:
  std::string why_;
  Index clip_;
};

class FrontEnd {
 public:
  // Of the catalogue's name, or the JSON that to_json() returned, or the Python package. Throws
  // std::invalid_argument.
  static std::unique_ptr<FrontEnd> make(std::string_view spec);

  FrontEnd(Config config, std::string name);
  FrontEnd(const FrontEnd&) = delete;
  FrontEnd& operator=(const FrontEnd&) = delete;

  const Config& config() const { return config_; }
  const std::string& name() const { return name_; }  // in the catalogue; else empty
  const std::string& to_json() const;

  // Frames, or patches, of a signal of so many samples.
  Index n_frames(Index n_samples) const;
  // Throws std::invalid_argument for signals that are too short.
  Shape shape(Index n_samples, Sample type) const;
  Shape part_shape(Index n_frames, Sample type) const;

  // Whether frames are made of samples near them alone, so that parts of a signal can be run.
  bool runs_parts() const;
  // The samples that frames of a signal are made of.
  Span samples_of(Index n_samples, Index first, Index n_frames) const;

  // Whether frames are certain before the signal ends.
  bool streams() const;
  // What streams of this front end share; made once. Throws std::invalid_argument where there are
  // none.
  const StreamPlan& stream_plan() const;
  // What follows the chain, on a stream.
  FeatureStream feature_stream() const;
  // The least samples, after the steps, of which a call makes frames.
  Index least_samples() const;
  // Throws std::invalid_argument for a signal that is too short to be reflected.
  void check_reflection(Index n_samples) const;
  // Room for so many frames of the chain: at `features`, or, if that is null, in memory of its own.
  Block chained(Index frames, Sample type, void* features) const;

  // Each clip as by a call on it alone, as one job. Throws std::invalid_argument before anything is
  // written, and NotFinite.
  void run(const Clip* clips, Index n_clips, Index workers, const Interrupt& interrupt) const;

 private:
  struct Work;

  Real chained_type(Sample type) const;
  Index chained_frames(Index n_prepared) const;
  Span chained_frames(const Clip& clip) const;
  Shape shape_of(Index frames, Sample type) const;
  void check_length(Index n_prepared) const;
  Lattice check(const Clip& clip) const;
  bool in_place() const;
  void finish(Block chained, void* features, const std::optional<Part>& part) const;
  void begin(const Clip& clip, Work& work) const;

  Config config_;
  std::string name_;
  Plan plan_;
  Post post_;
  mutable std::once_flag written_, streamed_;
  mutable std::string json_;
  mutable std::unique_ptr<const StreamPlan> stream_plan_;
};

}  // namespace fastmel
