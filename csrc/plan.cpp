#include "plan.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <new>

#include "errors.h"
#include "fft_rule.h"
#include "float_environment.h"

namespace fastmel {

namespace {

// Samples of one scale share a window.
Index scale_index(Sample sample) {
  return sample == Sample::i16 ? 1 : sample == Sample::i32 ? 2 : 0;
}

constexpr double pcm_scales[] = {1.0, 1.0 / 32768, 1.0 / 2147483648.0};

double pcm_scale_of(Sample sample) { return pcm_scales[scale_index(sample)]; }

PlanSpec checked(PlanSpec spec) {
  const Framing& framing = spec.framing;
  const Preparation& preparation = spec.preparation;
  const bool power = spec.spectrum == Spectrum::power;
  require(framing.n_fft >= 1 && framing.n_fft <= longest_hop, "n_fft", "must be in [1, 2**40]");
  require(framing.hop_length >= 1 && framing.hop_length <= longest_hop, "hop_length",
          "must be in [1, 2**40]");
  require(framing.offset >= -longest_hop && framing.offset <= longest_hop, "offset",
          "must be within 2**40");
  require(static_cast<Index>(spec.window.size()) == framing.n_fft, "window",
          "must have n_fft values");
  require(spec.emphasis.coefficient == 0 ||
              (framing.before != Pad::linear_ramp && framing.after != Pad::linear_ramp),
          "preemphasis", "of the signal goes with any pad_mode but linear_ramp");
  if (preparation.any) {
    check(preparation);
    require(preparation.begin < framing.n_fft &&
                preparation.length <= framing.n_fft - preparation.begin,
            "length", "of the window must end in the frame");
  }
  require(power || !spec.filterbank, "filterbank", "cannot follow a complex spectrum");
  require(power || !spec.level, "level", "cannot follow a complex spectrum");
  require(power || preparation.energy == Energy::none, "energy",
          "cannot accompany a complex spectrum");
  if (spec.filterbank) {
    require(spec.filterbank->n_inputs() == framing.n_fft / 2 + 1, "filterbank",
            "must have n_fft // 2 + 1 inputs");
    require(spec.filterbank->precision() == spec.precision, "filterbank",
            "must have the plan's precision");
  }
  return spec;
}

template <class S>
bool all_finite(const Signal& signal, Index from, Index to) {
  const char* data = static_cast<const char*>(signal.data);
  S sum = 0;
  for (Index i = from; i < to; ++i) {
    const S x = *reinterpret_cast<const S*>(data + (i - signal.begin) * signal.stride);
    sum += x - x;
  }
  return sum == 0;
}

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

bool is_aligned(const Lattice& a) {
  const Index unit = std::min<Index>(a.unit, 8);
  return reinterpret_cast<std::uintptr_t>(a.data) % static_cast<std::uintptr_t>(unit) == 0 &&
         a.stride[0] % unit == 0 && a.stride[1] % unit == 0;
}

Lattice input_of(const Item& item) {
  const Signal& signal = item.signal;
  return {signal.data, size_of(signal.type), {signal.end - signal.begin, 1}, {signal.stride, 0}};
}

}  // namespace

void check(const Preparation& preparation) {
  require(preparation.begin >= 0, "begin", "of the window must not be negative");
  require(preparation.length >= 1, "length", "of the window must be positive");
}

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

Plan::Plan(PlanSpec spec, const Kernels& kernels)
    : spec_(checked(std::move(spec))),
      kernels_(kernels),
      fft_(kernels.make_fft(spec_.framing.n_fft, spec_.precision, fused()),
           FreeFft{&kernels, spec_.precision}) {
  if (!fft_) throw std::bad_alloc();
  const FloatEnvironment environment;
  const double scale = fft_scale() * spec_.scale;
  const auto arranged = [&](const auto& window) {
    auto out = window;
    out.resize(static_cast<std::size_t>(kernels.arranged_size(fft_.get(), spec_.precision)));
    kernels.arrange(fft_.get(), spec_.precision, window.data(), out.data());
    return out;
  };
  for (Index i = 0; i < 3; ++i) {
    const auto scaled = [&](double w) { return w * (scale * pcm_scales[i]); };
    if (spec_.precision == Precision::f64) {
      window64_[i].resize(spec_.window.size());
      std::transform(spec_.window.begin(), spec_.window.end(), window64_[i].begin(), scaled);
      arranged64_[i] = arranged(window64_[i]);
    } else {
      window32_[i].resize(spec_.window.size());
      std::transform(spec_.window.begin(), spec_.window.end(), window32_[i].begin(),
                     [&](double w) { return static_cast<float>(scaled(w)); });
      arranged32_[i] = arranged(window32_[i]);
    }
  }
  // Kaldi's places of the energy: before the bands or after them, or that of bin 0.
  const bool energy = spec_.preparation.energy != Energy::none;
  n_features_ = spec_.framing.n_fft / 2 + 1;
  if (energy) energy_at_ = 0;
  if (spec_.filterbank) {
    const Index n_bands = spec_.filterbank->bands().n_bands;
    n_features_ = n_bands + (energy ? 1 : 0);
    if (energy && spec_.preparation.energy_last) energy_at_ = n_bands;
    if (energy_at_ == 0) first_value_ = 1;
  }
  if (spec_.level) {
    two_passes_ = !spec_.level->reference ||
                  (spec_.level->level.has_range && spec_.level->scope != Scope::fixed);
  }
}

Level Plan::level_for(Real type, double maximum) const {
  const LevelSpec& spec = *spec_.level;
  Level level = spec.level;
  level.reference = 0;
  // The peak is a feature, with floor and offset like the others; a number is taken as it is.
  if (!spec.reference) {
    level.reference = kernels_.level_of(level, spec_.precision, type, maximum);
  } else {
    level.floor = -infinity;
    level.add = 0;
    level.reference = kernels_.level_of(level, spec_.precision, type, *spec.reference);
    level.floor = spec.level.floor;
    level.add = spec.level.add;
  }
  if (level.log == Log::ln_above_e) level.reference = 0;  // the only one it has
  level.peak = spec.scope == Scope::fixed
                   ? spec.fixed_peak
                   : kernels_.level_of(level, spec_.precision, type, maximum);
  return level;
}

bool Plan::fused() const {
  return is_fused(spec_.framing.n_fft) && !spec_.inverse && !spec_.pocketfft;
}

double Plan::fft_scale() const { return fused() ? 0.5 : 1.0; }

// What precedes the window, which carries the scale of the samples.
Preparation Plan::preparation_for(Sample sample) const {
  Preparation preparation = spec_.preparation;
  const double scale = spec_.scale * pcm_scale_of(sample);
  preparation.dither /= scale;
  if (preparation.energy == Energy::raw) preparation.energy_gain *= scale * scale;
  if (preparation.energy == Energy::windowed) {
    preparation.energy_gain /= fft_scale() * fft_scale();
  }
  return preparation;
}

const void* Plan::window_for(Sample sample) const {
  const Index i = scale_index(sample);
  return spec_.precision == Precision::f64 ? static_cast<const void*>(window64_[i].data())
                                           : static_cast<const void*>(window32_[i].data());
}

const void* Plan::arranged_for(Sample sample) const {
  const Index i = scale_index(sample);
  return spec_.precision == Precision::f64 ? static_cast<const void*>(arranged64_[i].data())
                                           : static_cast<const void*>(arranged32_[i].data());
}

// Enough blocks for whole cache lines, unless they took so long that nobody could interrupt them.
Index Plan::frames_per_unit() const {
  constexpr Index most_points = Index{1} << 21;
  const Index lanes = kernels_.lanes(spec_.precision);
  const Index blocks = most_points / (lanes * spec_.framing.n_fft);
  return lanes * std::clamp<Index>(blocks, 1, blocks_per_run);
}

void Plan::check_positions(Index n_samples, Index first, Index n_frames) const {
  require(n_samples >= 0 && n_samples <= unknown_length, "n_samples", "must be in [0, 2**60]");
  require(first >= 0 && first <= furthest && n_frames >= 0 && n_frames <= furthest &&
              positions_fit(spec_.framing, first + n_frames),
          "out", "has more frames than positions in a signal");
}

Span Plan::samples_of(Index n_samples, Index first, Index n_frames) const {
  check_positions(n_samples, first, n_frames);
  const Index lost = spec_.emphasis.first_has_previous && n_samples > 0 ? 1 : 0;
  const Span span =
      fastmel::samples_of(spec_.framing, spec_.emphasis, n_samples - lost, first, n_frames);
  return {span.begin + lost, span.end + lost};
}

void Plan::check(const Item& item) const {
  const Signal& signal = item.signal;
  check_positions(signal.n_samples, item.first, item.n_frames);
  require(0 <= signal.begin && signal.begin <= signal.end && signal.end <= signal.n_samples, "y",
          "must lie within the signal that it is a part of");
  const Span needed = samples_of(signal.n_samples, item.first, item.n_frames);
  require(needed.empty() || (signal.begin <= needed.begin && needed.end <= signal.end), "y",
          "lacks samples that the frames are made of");
  require(!two_passes_ || (item.first == 0 && signal.end - signal.begin == signal.n_samples), "y",
          "must be the whole signal: the level refers to its maximum");
  require(is_aligned(input_of(item)), "y",
          "must be aligned, its stride a multiple of the item size");
  require(is_aligned(output_of(item)), "out",
          "must be aligned, its strides multiples of the item size");
  require(fits_memory(input_of(item)), "y", "has a stride beyond any memory");
  require(fits_memory(output_of(item)), "out", "has a stride beyond any memory");
  require(!overlaps_itself(output_of(item)), "out", "overlaps itself: features share memory");
  require(spec_.precision == Precision::f64 || item.features.type == Real::f32, "out",
          "must be float32 or complex64: the plan's precision is single");
}

// The signal as the kernels count it, from its first emphasised sample.
Signal Plan::seen_by_kernels(Signal signal) const {
  if (spec_.emphasis.first_has_previous && signal.n_samples > 0) {
    --signal.n_samples;
    --signal.begin;
    --signal.end;
  }
  return signal;
}

Lattice Plan::output_of(const Item& item) const {
  const Features& features = item.features;
  return {features.data,
          size_of(features.type) * (spec_.spectrum == Spectrum::complex ? 2 : 1),
          {n_features_, item.n_frames},
          {features.feature_stride, features.frame_stride}};
}

// That no output is another's, nor shares memory with an input.
void Plan::check_apart(const Item* items, Index n_items) const {
  const auto refuse = [](const char* what) { require(false, "out", what); };
  if (n_items == 1) {
    if (may_overlap(input_of(items[0]), output_of(items[0]))) refuse("overlaps y");
    return;
  }
  struct Output {
    Stretch stretch;
    std::uintptr_t end;  // of this and all before it
    Index item;
  };
  std::vector<Output> outputs;
  for (Index i = 0; i < n_items; ++i) {
    const Stretch stretch = stretch_of(output_of(items[i]));
    if (stretch.begin < stretch.end) outputs.push_back({stretch, stretch.end, i});
  }
  std::sort(outputs.begin(), outputs.end(),
            [](const Output& a, const Output& b) { return a.stretch.begin < b.stretch.begin; });
  for (std::size_t i = 1; i < outputs.size(); ++i) {
    if (outputs[i].stretch.begin == outputs[i - 1].stretch.begin)
      refuse("is the same for two items");
    outputs[i].end = std::max(outputs[i].end, outputs[i - 1].end);
  }
  for (Index i = 0; i < n_items; ++i) {
    const Lattice input = input_of(items[i]);
    const Stretch read = stretch_of(input);
    auto output = std::partition_point(outputs.begin(), outputs.end(), [&](const Output& other) {
      return other.stretch.begin < read.end;
    });
    while (output != outputs.begin() && (--output)->end > read.begin) {
      if (may_overlap(input, output_of(items[output->item]))) refuse("overlaps y");
    }
  }
}

// Samples that no frame reads are not seen by the kernels' check.
bool Plan::unread_samples_finite(const Item& item) const {
  const Signal signal = seen_by_kernels(item.signal);
  if (signal.type != Sample::f32 && signal.type != Sample::f64) return true;
  const auto finite = [&](Index from, Index to) {
    return signal.type == Sample::f32 ? all_finite<float>(signal, from, to)
                                      : all_finite<double>(signal, from, to);
  };
  // of each frame
  const Preparation& preparation = spec_.preparation;
  const Index begin = preparation.any ? preparation.begin : 0;
  const Index length = preparation.any ? preparation.length : spec_.framing.n_fft;
  const Index hop = spec_.framing.hop_length;
  if (hop > length || item.n_frames == 0) return finite(signal.begin, signal.end);
  const Index first = item.first * hop + begin - spec_.framing.offset;
  const Index end = first + (item.n_frames - 1) * hop + length;
  return finite(signal.begin, std::min(first, signal.end)) &&
         finite(std::max(end, signal.begin), signal.end);
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

void Plan::invert(const Features& spectrum, Index n_frames, double smallest, void* out,
                  Index n_out) const {
  const SpareScratch::Loan scratch(spare_,
                                   kernels_.overlap_scratch_bytes(spec_.framing, spec_.precision));
  kernels_.overlap_add(spec_.framing, spec_.window.data(), fft_.get(), spectrum, n_frames, smallest,
                       out, n_out, scratch.data());
}

}  // namespace fastmel
