// The fused transform of one frame, for runs of fewer frames than lanes. What is a lane in a block
// is points of the frame here; each number is made by the same operations in the same order.
//
//   first pass      lanes are n2: each vector does the R-point transforms of so many points
//   sub-transforms  lanes are k1: R sub-transforms, the same operations on other points
//   untangling      lanes are bins k that follow each other, with M - k backwards
#pragma once

#include "fused_fft.h"

namespace fastmel::FASTMEL_VARIANT {

// The twiddle factors of a FusedPlan in the order in which one frame reads them, in vectors.
template <class T>
class FramePlan {
 public:
  static constexpr index lanes = vec<T>::lanes;

  explicit FramePlan(const FusedPlan<T>& plan) : plan_(plan) {
    const index R = plan.f.split, rest = plan.f.rest, M = plan.M;
    const auto at = [](const std::vector<Stored<T>>& table, index i) {
      return table[static_cast<std::size_t>(i)];
    };
    for (index n2 = 0; n2 < rest; n2 += lanes) {
      for (index k = 0; k < 2 * (R - 1); ++k) {
        for (index j = 0; j < lanes; ++j) {
          const index n = n2 + j < rest ? n2 + j : rest - 1;  // those past the end are not used
          first_.push_back(at(plan.first, 2 * (R - 1) * n + k));
        }
      }
    }
    // The plan has those of one bin of each pair k, M - k.
    const auto untangle = [&](index k, index part) {
      const bool mirrored = 2 * (k % R) > R;
      const index of = mirrored ? M - k : k;
      const T w = at(plan.untangle, 2 * (of % R * rest + of / R) + part);
      return mirrored && part == 0 ? -w : w;
    };
    for (index k = 0; k <= M / 2; k += lanes) {
      for (index part = 0; part < 2; ++part) {
        for (index j = 0; j < lanes; ++j) untangle_.push_back(untangle(k + j, part));
      }
    }
  }

  // Values behind the samples that forward() may read.
  static constexpr index slack = 2 * lanes;

  // |X|^2 of all bins of windowed samples. `z` is as for fused_forward(); `planes` has n_fft
  // values, and twice the slack.
  void forward(const T* x, vec<T>* z, T* planes, T* power) const {
    T *re = planes, *im = planes + plan_.M + slack;
    switch (plan_.f.split) {
      case 8: spread<8>(x, z); break;
      case 5: spread<5>(x, z); break;
      case 4: spread<4>(x, z); break;
      case 3: spread<3>(x, z); break;
      default: spread<2>(x, z); break;
    }
    const index groups = (plan_.f.split + lanes - 1) / lanes;
    for (index g = 0; g < groups; ++g) whole_sub_transform(plan_, z + g * plan_.sub_stride());
    collect(z, groups, re, im);
    untangle(re, im, power);
  }

 private:
  // Gather and the R-point transforms; sub-transform k1 to lane k1, or of as many groups as it
  // takes.
  template <int R>
  void spread(const T* x, vec<T>* z) const {
    const index rest = plan_.f.rest;
    const T* w = &first_[0].value;
    for (index n2 = 0; n2 < rest; n2 += lanes) {
      cvec<T> p[R];
      for (index n1 = 0; n1 < R; ++n1) unzip(x + 2 * (n1 * rest + n2), &p[n1].r, &p[n1].i);
      Dft<R>::run(p);
      for (int k = 1; k < R; ++k, w += 2 * lanes) {
        p[k] = twiddle(p[k], vec<T>::load(w), vec<T>::load(w + lanes));
      }
      const index n = rest - n2 < lanes ? rest - n2 : lanes;
      vec<T>* to = z + 2 * n2;
      for (index k1 = 0; k1 < R; k1 += lanes, to += plan_.sub_stride()) {
        vec<T> re[lanes], im[lanes];
        for (index j = 0; j < lanes; ++j) {
          re[j] = k1 + j < R ? p[k1 + j].r : vec<T>(T(0));
          im[j] = k1 + j < R ? p[k1 + j].i : vec<T>(T(0));
        }
        transpose(re);
        transpose(im);
        for (index j = 0; j < n; ++j) store_point(cvec<T>{re[j], im[j]}, to + 2 * j);
      }
    }
  }

  // Z in order. What a vector writes behind its own points is written again.
  void collect(const vec<T>* z, index groups, T* re, T* im) const {
    const index R = plan_.f.split;
    for (index k2 = 0; k2 < plan_.f.rest; ++k2) {
      for (index g = 0; g < groups; ++g) {
        const vec<T>* point =
            z + g * plan_.sub_stride() + plan_.order[static_cast<std::size_t>(k2)];
        point[0].store(re + R * k2 + g * lanes);
        point[1].store(im + R * k2 + g * lanes);
      }
    }
    re[plan_.M] = re[0];
    im[plan_.M] = im[0];
  }

  void untangle(const T* re, const T* im, T* power) const {
    const T* w = &untangle_[0].value;
    for (index k = 0; k <= plan_.M / 2; k += lanes, w += 2 * lanes) {
      const index mirrored = plan_.M - k - (lanes - 1);
      const cvec<T> a{vec<T>::load(re + k), vec<T>::load(im + k)};
      const cvec<T> b{reversed(vec<T>::load(re + mirrored)), reversed(vec<T>::load(im + mirrored))};
      cvec<T> x, y;
      untangled<T>(a, b, vec<T>::load(w), vec<T>::load(w + lanes), &x, &y);
      (x.r * x.r + x.i * x.i).store(power + k);
      reversed(y.r * y.r + y.i * y.i).store(power + mirrored);
    }
  }

  const FusedPlan<T>& plan_;
  std::vector<Stored<T>> first_, untangle_;
};

}  // namespace fastmel::FASTMEL_VARIANT
