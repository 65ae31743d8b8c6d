#include "lattice.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "framing.h"

namespace fastmel {

namespace {

// All bytes of a lattice lie in a window that recurs every so many bytes: the whole of it, which
// does not; a run of elements along the shorter stride, every longer stride; one element, every
// common divisor of both. Lattices whose windows lie apart do so themselves, where one period
// divides those of all.
enum class View { whole, runs, elements };
constexpr View views[] = {View::whole, View::runs, View::elements};

struct Axis {
  Index step = 0, extent = 1;
};

struct Axes {
  Axis shorter, longer;
};

Axes axes_of(const Lattice& a) {
  Axes made;
  for (int d = 0; d < 2; ++d) {
    if (a.extent[d] <= 1) continue;
    made.shorter = made.longer;
    made.longer = {std::abs(a.stride[d]), a.extent[d]};
  }
  if (made.shorter.step > made.longer.step) std::swap(made.shorter, made.longer);
  return made;
}

// 0 where nothing recurs.
Index period_of(const Lattice& a, View view) {
  const Axes axes = axes_of(a);
  switch (view) {
    case View::runs: return axes.longer.step;
    case View::elements: return std::gcd(axes.shorter.step, axes.longer.step);
    default: return 0;
  }
}

std::uintptr_t unsign(Index i) { return static_cast<std::uintptr_t>(i); }

Stretch window_of(const Lattice& a, View view, Index period) {
  const Stretch whole = stretch_of(a);
  if (period == 0) return whole;
  const Axis run = view == View::runs ? axes_of(a).shorter : Axis();
  const std::uintptr_t begin = whole.begin % unsign(period);
  return {begin, begin + unsign((run.extent - 1) * run.step + a.unit)};
}

bool touch(const Lattice& a, const Lattice& b, View view) {
  const Index period = std::gcd(period_of(a, view), period_of(b, view));
  const Stretch of_a = window_of(a, view, period), of_b = window_of(b, view, period);
  const auto meet = [&](std::uintptr_t shift_a, std::uintptr_t shift_b) {
    return of_a.begin + shift_a < of_b.end + shift_b && of_b.begin + shift_b < of_a.end + shift_a;
  };
  return meet(0, 0) || meet(unsign(period), 0) || meet(0, unsign(period));
}

using Group = std::vector<Lattice>;

// Whether `all` falls into groups whose windows touch, directly or by way of others. Adds those of
// several to `groups`.
bool divide(const Group& all, View view, std::vector<Group>& groups) {
  Index period = 0;
  for (const Lattice& one : all) period = std::gcd(period, period_of(one, view));
  using Window = std::pair<Stretch, const Lattice*>;
  std::vector<Window> windows;
  std::uintptr_t end = 0;
  for (const Lattice& one : all) {
    windows.emplace_back(window_of(one, view, period), &one);
    end = std::max(end, windows.back().first.end);
  }
  std::sort(windows.begin(), windows.end(),
            [](const Window& a, const Window& b) { return a.first.begin < b.first.begin; });
  // Those that the last ones reach over the end of the period come after them.
  end = period != 0 && end > unsign(period) ? end - unsign(period) : 0;
  auto first = windows.begin();
  for (; first != windows.end() && first->first.begin < end; ++first) {
    end = std::max(end, first->first.end);
    first->first.begin += unsign(period);
    first->first.end += unsign(period);
  }
  if (first == windows.end()) return false;
  std::rotate(windows.begin(), first, windows.end());
  for (auto group = windows.begin(); group != windows.end();) {
    const auto begin = group;
    for (end = begin->first.end; group != windows.end() && group->first.begin < end; ++group) {
      end = std::max(end, group->first.end);
    }
    if (group - begin == 1) continue;
    if (begin == windows.begin() && group == windows.end()) return false;
    groups.emplace_back();
    for (auto one = begin; one != group; ++one) groups.back().push_back(*one->second);
  }
  return true;
}

bool any_pair_overlaps(const Group& all) {
  for (std::size_t i = 1; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (may_overlap(all[i], all[j])) return true;
    }
  }
  return false;
}

}  // namespace

Lattice lattice_of(const Signal& signal) {
  const Index n = signal.end - signal.begin;
  return {signal.data, size_of(signal.type), {n, 1}, {signal.stride, 0}};
}

bool is_aligned(const Lattice& a) {
  const Index unit = std::min<Index>(a.unit, 8);
  return reinterpret_cast<std::uintptr_t>(a.data) % unsign(unit) == 0 && a.stride[0] % unit == 0 &&
         a.stride[1] % unit == 0;
}

Stretch stretch_of(const Lattice& a) {
  std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(a.data), end = begin + unsign(a.unit);
  for (int d = 0; d < 2; ++d) {
    if (a.extent[d] <= 0) return {0, 0};
    // modulo 2^64, which no memory exceeds
    (a.stride[d] < 0 ? begin : end) += unsign(a.extent[d] - 1) * unsign(a.stride[d]);
  }
  return {begin, end};
}

bool fits_memory(const Lattice& a) {
  for (int d = 0; d < 2; ++d) {
    if (a.extent[d] <= 1) continue;
    const Index most = furthest / (a.extent[d] - 1);
    if (a.stride[d] > most || a.stride[d] < -most) return false;
  }
  return true;
}

bool overlaps_itself(const Lattice& a) {
  if (a.extent[0] <= 0 || a.extent[1] <= 0) return false;
  const auto [shorter, longer] = axes_of(a);
  if (longer.extent == 1) return false;
  // Two elements meet where so many steps of one axis are as long as so many of the other: at the
  // earliest after as many as the other's step has without their common divisor.
  const Index divisor = std::gcd(shorter.step, longer.step);
  if (divisor == 0) return true;
  return longer.step / divisor < shorter.extent && shorter.step / divisor < longer.extent;
}

bool may_overlap(const Lattice& a, const Lattice& b) {
  for (const View view : views) {
    if (!touch(a, b, view)) return false;
  }
  return true;
}

bool lie_apart(std::vector<Lattice> all) {
  const auto is_empty = [](const Lattice& a) { return a.extent[0] <= 0 || a.extent[1] <= 0; };
  all.erase(std::remove_if(all.begin(), all.end(), is_empty), all.end());
  std::vector<Group> groups;
  groups.push_back(std::move(all));
  while (!groups.empty()) {
    const Group group = std::move(groups.back());
    groups.pop_back();
    const bool divided = std::any_of(std::begin(views), std::end(views),
                                     [&](View view) { return divide(group, view, groups); });
    if (!divided && any_pair_overlaps(group)) return false;
  }
  return true;
}

bool may_overlap(const std::vector<Lattice>& read, const std::vector<Lattice>& written) {
  struct Written {
    Stretch stretch;
    std::uintptr_t end;  // of this and all before it
    const Lattice* lattice;
  };
  std::vector<Written> sorted;
  for (const Lattice& one : written) {
    const Stretch stretch = stretch_of(one);
    if (stretch.begin < stretch.end) sorted.push_back({stretch, stretch.end, &one});
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Written& a, const Written& b) { return a.stretch.begin < b.stretch.begin; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    sorted[i].end = std::max(sorted[i].end, sorted[i - 1].end);
  }
  return std::any_of(read.begin(), read.end(), [&](const Lattice& one) {
    const Stretch stretch = stretch_of(one);
    auto other = std::partition_point(sorted.begin(), sorted.end(), [&](const Written& w) {
      return w.stretch.begin < stretch.end;
    });
    while (other != sorted.begin() && (--other)->end > stretch.begin) {
      if (may_overlap(one, *other->lattice)) return true;
    }
    return false;
  });
}

}  // namespace fastmel
