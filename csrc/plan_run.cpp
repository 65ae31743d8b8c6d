// The run of a plan: blocks of frames over threads, and the pass that needs the maximum.
#include <algorithm>
#include <atomic>

#include "errors.h"
#include "float_environment.h"
#include "plan.h"

namespace fastmel {

namespace {

void raise_to(std::atomic<double>& maximum, double value) {
  double seen = maximum.load(std::memory_order_relaxed);
  while (value > seen && !maximum.compare_exchange_weak(seen, value)) {
  }
}

void lower_to(std::atomic<Index>& least, Index value) {
  Index seen = least.load(std::memory_order_relaxed);
  while (value < seen && !least.compare_exchange_weak(seen, value)) {
  }
}

// An item's features as runs of equally spaced values, for elementwise work.
struct Runs {
  Index count, length, total;  // values per run, and in all runs (the last may be shorter)
  Index step;                  // bytes from one run to the next
  Index stride;                // elements from one value to the next
};

Runs runs_of(const Features& features, Index n_features, Index n_frames) {
  const Index size = size_of(features.type);
  const Index by_feature = features.feature_stride, by_frame = features.frame_stride;
  const Index total = n_features * n_frames;
  const bool no_holes = (by_frame == size && by_feature == n_frames * size) ||
                        (by_feature == size && by_frame == n_features * size);
  if (no_holes) {
    const Index length = 8192;
    return {(total + length - 1) / length, length, total, length * size, 1};
  }
  if (by_frame == size) return {n_features, n_frames, total, by_feature, 1};
  return {n_frames, n_features, total, by_frame, by_feature / size};
}

// Where ascending units of work belong: item after item has units_of(item) of them.
template <class UnitsOf>
class Cursor {
 public:
  explicit Cursor(UnitsOf units_of) : units_of_(units_of), end_(units_of(0)) {}

  void seek(Index unit) {
    while (unit >= end_) {
      begin_ = end_;
      end_ += units_of_(++item_);
    }
    unit_ = unit - begin_;
  }
  Index item() const { return item_; }
  Index unit() const { return unit_; }  // of the item

 private:
  UnitsOf units_of_;
  Index item_ = 0, unit_ = 0, begin_ = 0, end_;
};

template <class UnitsOf>
Index sum_over(Index n_items, UnitsOf units_of) {
  Index sum = 0;
  for (Index i = 0; i < n_items; ++i) sum += units_of(i);
  return sum;
}

}  // namespace

// The chain of one kind of samples and features.
class Plan::ChainOf {
 public:
  ChainOf(const Plan& plan, Sample sample, Real type, Stage last_stage)
      : sample_(sample), type_(type) {
    const PlanSpec& spec = plan.spec_;
    chain_.precision = spec.precision;
    chain_.framing = spec.framing;
    chain_.emphasis = spec.emphasis;
    chain_.preparation = plan.preparation_for(sample);
    chain_.window = plan.window_for(sample);
    chain_.arranged_window = plan.arranged_for(sample);
    chain_.fft = plan.fft_.get();
    chain_.spectrum = spec.spectrum;
    chain_.power = spec.power;
    chain_.spectrum_floor = spec.spectrum_floor;
    chain_.spectrum_add = spec.spectrum_add;
    chain_.bands = spec.filterbank ? &spec.filterbank->bands() : nullptr;
    chain_.n_features = plan.n_features_;
    chain_.first_value = plan.first_value_;
    chain_.energy_at = plan.energy_at_;
    chain_.find_maximum = plan.two_passes_;
    chain_.last_stage = last_stage;
    if (spec.level && !plan.two_passes_) {
      level_ = plan.level_for(type, 1.0);
      chain_.level = &level_;
    }
  }
  ChainOf(const ChainOf&) = delete;  // it points into itself
  ChainOf& operator=(const ChainOf&) = delete;

  bool suits(const Item& item) const {
    return item.signal.type == sample_ && item.features.type == type_;
  }
  const Chain& chain() const { return chain_; }

 private:
  Sample sample_;
  Real type_;
  Level level_;
  Chain chain_;
};

// The largest feature of each item.
class Plan::Maxima {
 public:
  explicit Maxima(Index n_items)
      : n_items_(n_items),
        many_(n_items > 1 ? new std::atomic<double>[static_cast<std::size_t>(n_items)] : nullptr) {
    for (Index i = 0; i < n_items; ++i) at(i) = -infinity;
  }
  std::atomic<double>& at(Index item) {
    return many_ ? many_[static_cast<std::size_t>(item)] : one_;
  }
  double of(Index item) const { return many_ ? many_[static_cast<std::size_t>(item)] : one_; }
  double of_all() const {
    double top = -infinity;
    for (Index i = 0; i < n_items_; ++i) top = std::max(top, of(i));
    return top;
  }

 private:
  Index n_items_;
  std::atomic<double> one_{-infinity};
  std::unique_ptr<std::atomic<double>[]> many_;
};

// Enough blocks for whole cache lines, unless they took so long that nobody could interrupt them.
Index Plan::frames_per_unit() const {
  constexpr Index most_points = Index{1} << 21;
  const Index lanes = kernels_.lanes(spec_.precision);
  const Index blocks = most_points / (lanes * spec_.framing.n_fft);
  return lanes * std::clamp<Index>(blocks, 1, blocks_per_run);
}

Index Plan::run(const Item* items, Index n_items, const RunOptions& how) const {
  const FloatEnvironment environment;
  require(!spec_.inverse, "plan", "was made for the inverse transform");
  for (Index i = 0; i < n_items; ++i) check(items[i]);
  if (n_items == 0) return -1;
  check_apart(items, n_items);

  const Index frames = frames_per_unit();
  const auto units_of = [=](Index i) { return (items[i].n_frames + frames - 1) / frames; };
  const Index n_units = sum_over(n_items, units_of);
  Maxima maxima(two_passes_ ? n_items : 1);
  std::atomic<Index> first_bad{n_items};

  parallel(n_units, how.workers, how.interrupt, [&](Units units) {
    std::optional<ChainOf> chain;
    std::optional<SpareScratch::Loan> scratch;
    Cursor cursor(units_of);
    for (Index u = units.next(); u < n_units; u = units.next()) {
      cursor.seek(u);
      const Item& item = items[cursor.item()];
      if (!chain || !chain->suits(item)) {
        chain.emplace(*this, item.signal.type, item.features.type, how.last_stage);
        scratch.reset();
        scratch.emplace(spare_, kernels_.scratch_bytes(chain->chain(), item.signal.type));
      }
      const Index done = cursor.unit() * frames;
      Statistics statistics;
      kernels_.run_frames(chain->chain(), seen_by_kernels(item.signal),
                          from_frame(item.features, done), item.first + done,
                          std::min(frames, item.n_frames - done), scratch->data(), &statistics);
      if (two_passes_) raise_to(maxima.at(cursor.item()), statistics.maximum);
      if (statistics.not_finite) lower_to(first_bad, cursor.item());
    }
  });
  for (Index i = 0; i < first_bad && !how.known_finite; ++i) {
    if (!unread_samples_finite(items[i])) first_bad = i;
  }
  if (two_passes_ && how.last_stage == Stage::store) finish(items, n_items, maxima, how);
  return first_bad < n_items ? first_bad.load() : -1;
}

// The second pass, over finished features: in place, along whichever axis is contiguous.
void Plan::finish(const Item* items, Index n_items, const Maxima& maxima,
                  const RunOptions& how) const {
  const bool of_all = spec_.level->scope == Scope::batch && how.one_batch;
  const double maximum_of_all = of_all ? maxima.of_all() : 0;
  const auto units_of = [=](Index i) {
    return runs_of(items[i].features, n_features_, items[i].n_frames).count;
  };
  const Index n_units = sum_over(n_items, units_of);
  parallel(n_units, how.workers, how.interrupt, [&](Units units) {
    Index ready = -1;
    Level level;
    Cursor cursor(units_of);
    for (Index u = units.next(); u < n_units; u = units.next()) {
      cursor.seek(u);
      const Features& features = items[cursor.item()].features;
      if (cursor.item() != ready) {
        ready = cursor.item();
        level = level_for(features.type, of_all ? maximum_of_all : maxima.of(ready));
      }
      const Runs runs = runs_of(features, n_features_, items[ready].n_frames);
      const Index at = cursor.unit() * runs.length;
      char* data = static_cast<char*>(features.data) + cursor.unit() * runs.step;
      kernels_.apply_level(level, spec_.precision, features.type, data, data,
                           std::min(runs.length, runs.total - at), runs.stride);
    }
  });
}

}  // namespace fastmel
