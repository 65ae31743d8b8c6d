// Features of one signal between the stages: frames by features, in the order in memory that the
// result has.
#pragma once

#include <optional>
#include <utility>

#include "../scratch.h"
#include "half.h"

namespace fastmel {

enum class Type { f16, f32, f64 };

constexpr Index size_of(Type type) { return type == Type::f16 ? 2 : type == Type::f32 ? 4 : 8; }
constexpr Type type_of(Real real) { return real == Real::f64 ? Type::f64 : Type::f32; }

template <class T>
constexpr Type type_of_element = sizeof(T) == 2   ? Type::f16
                                 : sizeof(T) == 4 ? Type::f32
                                                  : Type::f64;

// Elements of a type, strides counted in them.
template <class T>
struct Grid {
  T* data;
  Index frames, width;
  Index frame_stride, feature_stride;

  T& at(Index frame, Index feature) const {
    return data[frame * frame_stride + feature * feature_stride];
  }
  bool features_adjacent() const { return feature_stride == 1; }
};

class Block {
 public:
  // In memory of its own, of adjacent elements: patches, each of so many frames and features, with
  // the features of a frame next to each other (time_first), or the frames of a feature.
  Block(Type type, Index frames, Index width, bool time_first, Index patches = 1);
  // In somebody else's; strides are in bytes.
  Block(Type type, void* data, Index frames, Index width, Index frame_stride, Index feature_stride,
        bool time_first);
  // As this one is laid out.
  Block like(Type type, Index frames, Index width, Index patches = 1) const;

  // Frames of this one, of one patch, in its memory.
  Block section(Index first, Index frames) const;

  Type type() const { return type_; }
  Index frames() const { return frames_; }
  Index width() const { return width_; }
  Index patches() const { return patches_; }
  bool time_first() const { return time_first_; }
  void* data() const { return data_; }
  Index bytes() const { return patches_ * frames_ * width_ * size_of(type_); }

  // As the kernels see what is one patch of float or double.
  Features features() const;

  template <class T>
  Grid<T> grid(Index patch = 0) const {
    T* data = static_cast<T*>(data_) + patch * frames_ * width_;
    return {data, frames_, width_, frame_stride_, feature_stride_};
  }

 private:
  Type type_;
  Index frames_, width_, patches_ = 1;
  bool time_first_;
  Index frame_stride_, feature_stride_;
  std::optional<Scratch> memory_;
  void* data_;
};

// Calls f with a null pointer to an element of the block's type.
template <class F>
decltype(auto) with_type(Type type, F&& f) {
  switch (type) {
    case Type::f16: return f(static_cast<Half*>(nullptr));
    case Type::f32: return f(static_cast<float*>(nullptr));
    default: return f(static_cast<double*>(nullptr));
  }
}

// Frame t of `out` is frame first + t * step of `in`, whose feature f becomes feature
// column + f * column_step. In the place of frames that do not exist is the nearest, or `value`.
struct Copy {
  Index first = 0, step = 1;
  Index column = 0, column_step = 1;
  bool edge_before = false, edge_after = false;
  double value = 0;
};

void copy(const Block& in, const Block& out, const Copy& how, Index patch = 0);

// Calls use(frame, feature) for all of them, as far as can be in the order of memory.
template <class T, class Use>
void each(Grid<T> grid, Use&& use) {
  if (grid.features_adjacent()) {
    for (Index t = 0; t < grid.frames; ++t) {
      for (Index f = 0; f < grid.width; ++f) use(t, f);
    }
  } else {
    for (Index f = 0; f < grid.width; ++f) {
      for (Index t = 0; t < grid.frames; ++t) use(t, f);
    }
  }
}

}  // namespace fastmel
