#include "feature_stream.h"

#include <algorithm>
#include <utility>

#include "../float_environment.h"
#include "feature_steps.h"

namespace fastmel {

namespace {

// The frames before a stage that n frames after it are made of, of so many that there are.
Span made_of(const Reach& reach, Index first, Index n, Index of) {
  if (n <= 0) return {0, 0};
  const Index begin = first * reach.stride - reach.before;
  const Index end = begin + (n - 1) * reach.stride + reach.size;
  return {std::min(std::max<Index>(begin, 0), of), std::min(std::max<Index>(end, 0), of)};
}

// Frames that others are made of, until no more are: those from `from` on, one after the other.
class Held {
 public:
  Index from() const { return from_; }
  Index end() const { return end_; }

  // Those that are held, and new ones.
  Block joined(Block frames) {
    const Index n = end_ - from_;
    end_ += frames.frames();
    if (n == 0) return frames;
    const Index width = frames.width(), size = size_of(frames.type());
    Block made = frames.like(frames.type(), n + frames.frames(), width);
    copy(Block(frames.type(), data_.data(), n, width, width * size, size, true), made.section(0, n),
         {});
    copy(frames, made.section(n, frames.frames()), {});
    return made;
  }
  // Holds those of them from a frame on.
  void keep(const Block& of, Index from) {
    from = std::clamp(from, from_, end_);
    const Index n = end_ - from, width = of.width(), size = size_of(of.type());
    data_.resize(static_cast<std::size_t>(n * width * size));
    if (n > 0) {
      copy(of.section(from - from_, n),
           Block(of.type(), data_.data(), n, width, width * size, size, true), {});
    }
    from_ = from;
  }

 private:
  std::vector<char> data_;
  Index from_ = 0, end_ = 0;
};

template <class Stage>
class Copied : public FeatureStage {
 public:
  std::unique_ptr<FeatureStage> clone() const override {
    return std::make_unique<Stage>(static_cast<const Stage&>(*this));
  }
};

// Stages of Post that have each frame on its own.
class EachFrame : public Copied<EachFrame> {
 public:
  EachFrame(PostSpec spec, const Kernels& kernels)
      : post_(std::make_shared<const Post>(std::move(spec))), kernels_(kernels) {}

  bool in_place() const override { return post_->in_place(); }
  Block push(Block frames, bool) override { return post_->apply(std::move(frames), kernels_); }

 private:
  std::shared_ptr<const Post> post_;
  const Kernels& kernels_;
};

class PcenStage : public Copied<PcenStage> {
 public:
  PcenStage(const Pcen& how, Index width, const Kernels& kernels)
      : how_(how), state_(static_cast<std::size_t>(width), 1 - how.b), kernels_(kernels) {}

  bool in_place() const override { return true; }
  Block push(Block frames, bool) override {
    apply_pcen(how_, frames, state_, kernels_);
    return frames;
  }

 private:
  Pcen how_;
  std::vector<double> state_;
  const Kernels& kernels_;
};

class Sliding : public Copied<Sliding> {
 public:
  Sliding(const Normalization& how, const SlidingWindow& window, Index width)
      : window_(window), normalizer_(how, window, width) {}

  Reach reach() const override { return {1, window_.before, window_.size()}; }
  Index certain(Index frames) const override { return window_.certain(frames); }
  Block push(Block frames, bool last) override {
    const Index n = normalizer_.frames_of(frames.frames(), last);
    Block out = frames.like(frames.type(), n, frames.width());
    normalizer_.push(frames, last, out);
    return out;
  }

 private:
  SlidingWindow window_;
  SlidingNormalizer normalizer_;
};

// Joined frames, and what Post does to them.
class Stacked : public Copied<Stacked> {
 public:
  Stacked(PostSpec spec, const Kernels& kernels)
      : post_(std::make_shared<const Post>(std::move(spec))), kernels_(kernels) {}

  Reach reach() const override {
    const Stacking& stacking = post_->spec().stacking;
    return {stacking.stride, stacking.left, stacking.size};
  }
  Index total(Index frames) const override { return post_->frames_after(frames); }
  Block push(Block frames, bool last) override {
    const Index from = held_.from();
    Block joined = held_.joined(std::move(frames));
    const Index n = last ? total(held_.end()) : std::max(given_, certain(held_.end()));
    const Part part{given_, n - given_, from};
    given_ = n;
    // and the last, which may complete others
    const Index next = n * reach().stride - reach().before;
    held_.keep(joined, std::min(next, held_.end() - 1));
    return post_->apply(std::move(joined), kernels_, part);
  }

 private:
  std::shared_ptr<const Post> post_;
  const Kernels& kernels_;
  Held held_;
  Index given_ = 0;
};

// Steps whose frames are made of some that follow each other.
class WindowStage : public Copied<WindowStage> {
 public:
  // around: the step gives as many frames as it gets, each made of those around it.
  WindowStage(const FeatureStep& step, const Reach& reach, bool around, const Kernels& kernels)
      : step_(step), reach_(reach), around_(around), kernels_(kernels) {}

  Reach reach() const override { return reach_; }
  Index total(Index frames) const override { return length_after(step_, frames); }
  Block push(Block frames, bool last) override {
    const Index from = held_.from();
    const Block joined = held_.joined(std::move(frames));
    const Index of = held_.end();
    const Index n = last ? total(of) : std::max(given_, certain(of));
    const Span needed = made_of(reach_, given_, n - given_, of);
    held_.keep(joined, n * reach_.stride - reach_.before);  // as the step may change them
    const Index first = needed.empty() ? 0 : needed.begin - from;
    Block made = apply_step(step_, joined.section(first, needed.end - needed.begin), kernels_);
    // What is wrong at the edges of the section is at those of the signal, or is not taken.
    if (around_) made = rows(made, needed.empty() ? 0 : given_ - needed.begin, n - given_);
    given_ = n;
    return made;
  }

 private:
  static Block rows(const Block& of, Index first, Index n) {
    Block made = of.like(of.type(), n, of.width());
    copy(of.section(first, n), made, {});
    return made;
  }

  FeatureStep step_;
  Reach reach_;
  bool around_;
  const Kernels& kernels_;
  Held held_;
  Index given_ = 0;
};

// Steps that leave frames as they are, and cut them or add some of a value after the last.
class Ends : public Copied<Ends> {
 public:
  Ends(const FeatureStep& step, double value, Index ahead = 0)
      : step_(step), value_(value), ahead_(ahead) {}

  Reach reach() const override { return {1, 0, 1, ahead_}; }
  Index total(Index frames) const override { return length_after(step_, frames); }
  Block push(Block frames, bool last) override {
    const Index from = held_.from();
    Block joined = held_.joined(std::move(frames));
    const Index n = last ? total(held_.end()) : std::max(given_, certain(held_.end()));
    Block made = joined.like(joined.type(), n - given_, joined.width());
    Copy how;
    how.first = given_ - from;
    how.value = value_;
    copy(joined, made, how);
    given_ = n;
    // Those that are cut off are not wanted.
    held_.keep(joined, ahead_ > 0 ? n : held_.end());
    return made;
  }

 private:
  FeatureStep step_;
  double value_;
  Index ahead_;
  Held held_;
  Index given_ = 0;
};

struct StageOf {
  const FeatureStep& step;
  const Kernels& kernels;

  using Made = std::unique_ptr<FeatureStage>;
  Made window(const Reach& reach, bool around) const {
    return std::make_unique<WindowStage>(step, reach, around, kernels);
  }

  Made operator()(const AppendFrames& s) const { return std::make_unique<Ends>(step, s.value); }
  Made operator()(const PadOrTrimFrames& s) const { return std::make_unique<Ends>(step, s.value); }
  Made operator()(const PadFramesToMultiple& s) const {
    return std::make_unique<Ends>(step, s.value);
  }
  Made operator()(const CutFramesToMultiple& s) const {
    return std::make_unique<Ends>(step, 0, s.frames - 1);
  }
  Made operator()(const FloorBelowMaximum&) const {
    refuse("after: a floor below the maximum needs all frames");
  }
  Made operator()(const Deltas& s) const {
    const Index reach = s.order * ((s.window - 1) / 2);
    return window({1, reach, 2 * reach + 1}, true);
  }
  Made operator()(const ContextWindow& s) const {
    return window({1, s.before, s.before + 1 + s.after}, true);
  }
  Made operator()(const HalfPrecisionLog&) const { return window({}, false); }
  Made operator()(const Patches& s) const { return window({s.hop, 0, s.frames}, false); }
  Made operator()(const StackFrames& s) const { return window({s.frames, 0, s.frames}, false); }
};

}  // namespace

Index FeatureStage::certain(Index frames) const {
  const auto [stride, before, size, ahead] = reach();
  const Index whole = frames + before < size ? 0 : 1 + (frames + before - size) / stride;
  return std::min(total(frames), whole);
}

FeatureStream::FeatureStream(const PostSpec& post, const std::vector<FeatureStep>& after,
                             Index width, const Kernels& kernels) {
  if (post.cepstra != nullptr) {
    PostSpec cepstra;
    cepstra.cepstra = post.cepstra;
    stages_.push_back(std::make_unique<EachFrame>(std::move(cepstra), kernels));
    width = post.cepstra->bands().n_bands;
  }
  if (post.pcen) stages_.push_back(std::make_unique<PcenStage>(*post.pcen, width, kernels));
  if (post.window) {
    stages_.push_back(std::make_unique<Sliding>(*post.normalization, *post.window, width));
  }
  PostSpec rest = post;
  rest.cepstra = nullptr;
  rest.pcen.reset();
  rest.normalization.reset();
  const Post left(rest);
  if (left.stacks()) {
    stages_.push_back(std::make_unique<Stacked>(std::move(rest), kernels));
  } else if (left.any()) {
    stages_.push_back(std::make_unique<EachFrame>(std::move(rest), kernels));
  }
  for (const FeatureStep& step : after) stages_.push_back(std::visit(StageOf{step, kernels}, step));
}

FeatureStream& FeatureStream::operator=(const FeatureStream& other) {
  std::vector<std::unique_ptr<FeatureStage>> stages;
  for (const auto& stage : other.stages_) stages.push_back(stage->clone());
  stages_ = std::move(stages);
  return *this;
}

Index FeatureStream::total(Index frames) const {
  for (const auto& stage : stages_) frames = stage->total(frames);
  return frames;
}

Index FeatureStream::certain(Index frames) const {
  for (const auto& stage : stages_) frames = stage->certain(frames);
  return frames;
}

Index FeatureStream::ahead() const {
  Index ahead = 0, stride = 1;
  for (const auto& stage : stages_) {
    ahead += stage->reach().ahead * stride;
    stride *= stage->reach().stride;
  }
  return ahead;
}

bool FeatureStream::in_place() const {
  return std::all_of(stages_.begin(), stages_.end(),
                     [](const auto& stage) { return stage->in_place(); });
}

Block FeatureStream::push(Block frames, bool last) {
  const FloatEnvironment environment;
  for (const auto& stage : stages_) frames = stage->push(std::move(frames), last);
  return frames;
}

}  // namespace fastmel
