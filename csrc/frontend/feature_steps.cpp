#include "feature_steps.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace fastmel {

namespace {

// An element of a block, in the functions that follow.
#define ELEMENT(pointer) std::remove_pointer_t<decltype(pointer)>

template <class T>
bool is_nan(T x) {
  return !(x == x);
}

// NaN if one of them is.
template <class T>
T larger(T a, T b) {
  return is_nan(a) || a > b ? a : b;
}

// The least-squares slope over 2 * reach + 1 frames, with copies of the first and the last.
template <class T>
void slope(Grid<T> in, Grid<T> out, Index reach) {
  double squares = 0;
  for (Index k = 1; k <= reach; ++k) squares += static_cast<double>(k) * static_cast<double>(k);
  const T divisor = static_cast<T>(2 * squares);
  const Index last = in.frames - 1;
  const auto at = [&](Index t, Index f) { return in.at(std::clamp<Index>(t, 0, last), f); };
  for (Index t = 0; t < in.frames; ++t) {
    for (Index f = 0; f < in.width; ++f) {
      T sum = static_cast<T>(0.0);
      for (Index k = 1; k <= reach; ++k) {
        sum = sum + static_cast<T>(static_cast<double>(k)) * T(at(t + k, f) - at(t - k, f));
      }
      out.at(t, f) = sum / divisor;
    }
  }
}

class Apply {
 public:
  Apply(Block& in, const Kernels& kernels) : in_(in), kernels_(kernels) {}

  Block operator()(const AppendFrames& s) const { return resized(s, s.value); }
  Block operator()(const PadOrTrimFrames& s) const { return resized(s, s.value); }
  Block operator()(const PadFramesToMultiple& s) const { return resized(s, s.value); }
  Block operator()(const CutFramesToMultiple& s) const { return resized(s, 0); }

  Block operator()(const FloorBelowMaximum& s) const {
    with_type(in_.type(), [&](auto* element) {
      using T = ELEMENT(element);
      const Grid<T> grid = in_.grid<T>();
      if (grid.frames * grid.width == 0) return;
      T most = grid.at(0, 0);
      each(grid, [&](Index t, Index f) { most = larger(grid.at(t, f), most); });
      const T floor = T(most - static_cast<T>(s.distance));
      each(grid, [&](Index t, Index f) {
        T& x = grid.at(t, f);
        x = is_nan(floor) ? floor : larger(x, floor);
      });
    });
    return std::move(in_);
  }

  Block operator()(const Deltas& s) const {
    Block out = wider(1 + s.order);
    copy(in_, out, {});
    Block of = in_.like(in_.type(), in_.frames(), in_.width());
    for (Index order = 1; order <= s.order; ++order) {
      with_type(in_.type(), [&](auto* element) {
        using T = ELEMENT(element);
        slope(in_.grid<T>(), of.grid<T>(), (s.window - 1) / 2);
      });
      Copy how;
      how.column = order * in_.width();
      copy(of, out, how);
      std::swap(in_, of);
    }
    return out;
  }

  Block operator()(const ContextWindow& s) const {
    Block out = wider(s.before + 1 + s.after);
    Copy how;
    how.column_step = s.before + 1 + s.after;
    for (how.column = 0; how.column < how.column_step; ++how.column) {
      how.first = how.column - s.before;
      copy(in_, out, how);
    }
    return out;
  }

  Block operator()(const HalfPrecisionLog& s) const {
    Block out = in_.like(Type::f16, in_.frames(), in_.width());
    const Grid<Half> half = out.grid<Half>();
    std::vector<double> values;
    with_type(in_.type(), [&](auto* element) {
      const auto grid = in_.grid<ELEMENT(element)>();
      const Half scale(s.scale), one(1.0);
      each(half,
           [&](Index t, Index f) { values.push_back(float(scale * Half(grid.at(t, f)) + one)); });
    });
    kernels_.function(1, Real::f64, values.data(), values.data(),
                      static_cast<Index>(values.size()));
    const double* value = values.data();
    each(half, [&](Index t, Index f) { half.at(t, f) = Half(*value++); });
    return out;
  }

  Block operator()(const Patches& s) const {
    Block out = in_.like(in_.type(), s.frames, in_.width(), length_after(s, in_.frames()));
    Copy how;
    for (Index patch = 0; patch < out.patches(); ++patch, how.first += s.hop) {
      copy(in_, out, how, patch);
    }
    return out;
  }

  Block operator()(const StackFrames& s) const {
    Block out = in_.like(in_.type(), length_after(s, in_.frames()), width_after(s, in_.width()));
    Copy how;
    how.step = s.frames;
    for (how.first = 0; how.first < s.frames; ++how.first, how.column += in_.width()) {
      copy(in_, out, how);
    }
    return out;
  }

 private:
  Block wider(Index times) const {
    return in_.like(in_.type(), in_.frames(), product("after", in_.width(), times));
  }

  template <class Step>
  Block resized(const Step& step, double value) const {
    const Index frames = length_after(step, in_.frames());
    if (frames == in_.frames()) return std::move(in_);
    Block out = in_.like(in_.type(), frames, in_.width());
    Copy how;
    how.value = value;
    copy(in_, out, how);
    return out;
  }

  Block& in_;
  const Kernels& kernels_;
};

}  // namespace

Block apply_step(const FeatureStep& step, Block features, const Kernels& kernels) {
  return std::visit(Apply(features, kernels), step);
}

Type type_after(const FeatureStep& step, Type type) {
  return std::holds_alternative<HalfPrecisionLog>(step) ? Type::f16 : type;
}

}  // namespace fastmel
