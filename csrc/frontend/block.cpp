#include "block.h"

#include <algorithm>

namespace fastmel {

namespace {

template <class T>
void copy_grid(Grid<const T> in, Grid<T> out, const Copy& how) {
  const T value = static_cast<T>(how.value);
  // The frame that frame t of `out` is a copy of; -1: there is none.
  const auto source = [&](Index t) {
    const Index frame = how.first + t * how.step;
    if (frame < 0) return how.edge_before ? 0 : Index{-1};
    if (frame >= in.frames) return how.edge_after ? in.frames - 1 : Index{-1};
    return frame;
  };
  const auto assign = [&](Index t, Index frame, Index f) {
    out.at(t, how.column + f * how.column_step) = frame < 0 ? value : in.at(frame, f);
  };
  if (out.features_adjacent()) {
    for (Index t = 0; t < out.frames; ++t) {
      const Index frame = source(t);
      if (how.column_step == 1 && in.features_adjacent() && frame >= 0) {
        std::copy_n(&in.at(frame, 0), in.width, &out.at(t, how.column));
      } else {
        for (Index f = 0; f < in.width; ++f) assign(t, frame, f);
      }
    }
    return;
  }
  for (Index f = 0; f < in.width; ++f) {
    for (Index t = 0; t < out.frames; ++t) assign(t, source(t), f);
  }
}

}  // namespace

Block::Block(Type type, Index frames, Index width, bool time_first, Index patches)
    : type_(type),
      frames_(frames),
      width_(width),
      patches_(patches),
      time_first_(time_first),
      frame_stride_(time_first ? width : 1),
      feature_stride_(time_first ? 1 : frames),
      memory_(std::max<Index>(bytes(), 1)),
      data_(memory_->data()) {}

Block::Block(Type type, void* data, Index frames, Index width, Index frame_stride,
             Index feature_stride, bool time_first)
    : type_(type),
      frames_(frames),
      width_(width),
      time_first_(time_first),
      frame_stride_(frame_stride / size_of(type)),
      feature_stride_(feature_stride / size_of(type)),
      data_(data) {}

Block Block::like(Type type, Index frames, Index width, Index patches) const {
  return Block(type, frames, width, time_first_, patches);
}

Block Block::section(Index first, Index frames) const {
  const Index size = size_of(type_), step = frame_stride_ * size;
  return Block(type_, static_cast<char*>(data_) + first * step, frames, width_, step,
               feature_stride_ * size, time_first_);
}

Features Block::features() const {
  Features made;
  made.data = data_;
  made.type = type_ == Type::f64 ? Real::f64 : Real::f32;
  made.frame_stride = size_of(type_) * frame_stride_;
  made.feature_stride = size_of(type_) * feature_stride_;
  return made;
}

void copy(const Block& in, const Block& out, const Copy& how, Index patch) {
  with_type(in.type(), [&](auto* element) {
    using T = std::remove_pointer_t<decltype(element)>;
    const Grid<T> from = in.grid<T>();
    copy_grid<T>({from.data, from.frames, from.width, from.frame_stride, from.feature_stride},
                 out.grid<T>(patch), how);
  });
}

}  // namespace fastmel
