#include "plan.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <new>

#include "fft_rule.h"
#include "float_environment.h"
#include "parallel.h"

namespace fastmel {

namespace {

// Samples of one scale share a window.
index scale_index(Sample sample) {
  return sample == Sample::i16 ? 1 : sample == Sample::i32 ? 2 : 0;
}

constexpr double pcm_scales[] = {1.0, 1.0 / 32768, 1.0 / 2147483648.0};

double pcm_scale_of(Sample sample) { return pcm_scales[scale_index(sample)]; }

template <class S>
bool all_finite(const Signal& signal, index begin, index end) {
  S sum = 0;
  for (index i = begin; i < end; ++i) {
    const S x =
        *reinterpret_cast<const S*>(static_cast<const char*>(signal.data) + i * signal.stride);
    sum += x - x;
  }
  return sum == 0;
}

// Samples that no frame reads are not seen by the kernels' check. `begin` and `length` say which of
// a frame's samples are read.
bool unread_samples_finite(const Framing& framing, index begin, index length, const Signal& signal,
                           index lowest, index n_frames) {
  if (signal.type != Sample::f32 && signal.type != Sample::f64) return true;
  const auto finite = [&](index from, index to) {
    return signal.type == Sample::f32 ? all_finite<float>(signal, from, to)
                                      : all_finite<double>(signal, from, to);
  };
  const index n = signal.n_samples;
  if (framing.hop_length > length || n_frames == 0) return finite(lowest, n);
  const index first = begin - framing.offset;
  const index end = first + (n_frames - 1) * framing.hop_length + length;
  return finite(lowest, std::min(first, n)) && finite(std::max(end, lowest), n);
}

void raise_to(std::atomic<double>& maximum, double value) {
  double seen = maximum.load(std::memory_order_relaxed);
  while (value > seen && !maximum.compare_exchange_weak(seen, value)) {
  }
}

// An item's features as runs of equally spaced values, for elementwise work.
struct Runs {
  index count, length, total;  // values per run, and in all runs (the last may be shorter)
  index step;                  // bytes from one run to the next
  index stride;                // elements from one value to the next
};

Runs runs_of(const Features& features, index n_features, index n_frames) {
  const index size = size_of(features.type);
  const index by_feature = features.feature_stride, by_frame = features.frame_stride;
  const index total = n_features * n_frames;
  const bool no_holes = (by_frame == size && by_feature == n_frames * size) ||
                        (by_feature == size && by_frame == n_features * size);
  if (no_holes) {
    const index length = 8192;
    return {(total + length - 1) / length, length, total, length * size, 1};
  }
  if (by_frame == size) return {n_features, n_frames, total, by_feature, 1};
  return {n_frames, n_features, total, by_frame, by_feature / size};
}

}  // namespace

Plan::Plan(PlanSpec spec, const Kernels& kernels)
    : spec_(std::move(spec)),
      kernels_(kernels),
      fft_(kernels.make_fft(spec_.framing.n_fft, spec_.precision, fused()),
           FreeFft{&kernels, spec_.precision}) {
  if (!fft_) throw std::bad_alloc();
  const FloatEnvironment environment;
  const double scale = fft_scale() * spec_.scale;
  for (index i = 0; i < 3; ++i) {
    for (double w : spec_.window) {
      const double scaled = w * (scale * pcm_scales[i]);
      if (spec_.precision == Real::f64)
        window64_[i].push_back(scaled);
      else
        window32_[i].push_back(static_cast<float>(scaled));
    }
    const auto arranged = [&](const auto& window) {
      auto out = window;
      out.resize(static_cast<std::size_t>(kernels.arranged_size(fft_.get(), spec_.precision)));
      kernels.arrange(fft_.get(), spec_.precision, window.data(), out.data());
      return out;
    };
    if (spec_.precision == Real::f64) arranged64_[i] = arranged(window64_[i]);
    if (spec_.precision == Real::f32) arranged32_[i] = arranged(window32_[i]);
  }
  if (spec_.level) {
    two_passes_ = spec_.level->reference_is_peak ||
                  (spec_.level->level.has_range && spec_.level->scope != Scope::fixed);
  }
}

Level Plan::level_for(Real type, double maximum) const {
  const LevelSpec& spec = *spec_.level;
  Level level = spec.level;
  level.reference = 0;
  // The peak is a feature, with floor and offset like the others; a number is taken as it is.
  if (spec.reference_is_peak) {
    level.reference = kernels_.level_of(level, spec_.precision, type, maximum);
  } else {
    level.floor = -std::numeric_limits<double>::infinity();
    level.add = 0;
    level.reference = kernels_.level_of(level, spec_.precision, type, spec.reference);
    level.floor = spec.level.floor;
    level.add = spec.level.add;
  }
  if (level.log == Log::ln_above_e) level.reference = 0;  // the only one it has
  level.peak = spec.scope == Scope::fixed
                   ? spec.fixed_peak
                   : kernels_.level_of(level, spec_.precision, type, maximum);
  return level;
}

index Plan::n_features() const {
  if (!spec_.filterbank) return spec_.framing.n_fft / 2 + 1;
  return spec_.filterbank->bands().n_bands + (spec_.steps.energy != Energy::none ? 1 : 0);
}

bool Plan::fused() const {
  return is_fused(spec_.framing.n_fft) && !spec_.inverse && !spec_.pocketfft;
}

double Plan::fft_scale() const { return fused() ? 0.5 : 1.0; }

// The steps come before the window, which carries the scale of the samples.
FrameSteps Plan::steps_for(Sample sample) const {
  FrameSteps steps = spec_.steps;
  const double scale = spec_.scale * pcm_scale_of(sample);
  steps.dither /= scale;
  if (steps.energy == Energy::raw) steps.energy_scale *= scale * scale;
  if (steps.energy == Energy::windowed) steps.energy_scale /= fft_scale() * fft_scale();
  return steps;
}

const void* Plan::window_for(Sample sample) const {
  const index i = scale_index(sample);
  return spec_.precision == Real::f64 ? static_cast<const void*>(window64_[i].data())
                                      : static_cast<const void*>(window32_[i].data());
}

const void* Plan::arranged_for(Sample sample) const {
  const index i = scale_index(sample);
  return spec_.precision == Real::f64 ? static_cast<const void*>(arranged64_[i].data())
                                      : static_cast<const void*>(arranged32_[i].data());
}

bool Plan::run(const Batch& batch, index workers, Stage last_stage) const {
  const FloatEnvironment environment;
  const bool one_pass = spec_.level && !two_passes_;
  const Level level = one_pass ? level_for(batch.features.type, 1.0) : Level{};
  const Chain chain{spec_.precision,
                    spec_.framing,
                    spec_.emphasis,
                    steps_for(batch.signal.type),
                    window_for(batch.signal.type),
                    arranged_for(batch.signal.type),
                    fft_.get(),
                    spec_.spectrum,
                    spec_.power,
                    spec_.floor,
                    spec_.offset,
                    spec_.filterbank ? &spec_.filterbank->bands() : nullptr,
                    one_pass ? &level : nullptr,
                    two_passes_,
                    last_stage};
  Signal signal = batch.signal;
  index lowest = 0;  // sample that the caller gave
  if (spec_.emphasis.first_has_previous && signal.n_samples > 0) {
    signal = item_of(signal, signal.stride);
    --signal.n_samples;
    lowest = -1;
  }
  const index n_items = static_cast<index>(batch.signal_offset.size());
  const index unit = blocks_per_run * kernels_.lanes(spec_.precision);
  const index units_per_item = (batch.n_frames + unit - 1) / unit;
  const index scratch_bytes = kernels_.scratch_bytes(chain, batch.signal.type);
  std::vector<std::atomic<double>> maxima(static_cast<std::size_t>(n_items));
  for (auto& maximum : maxima) maximum = -std::numeric_limits<double>::infinity();
  std::atomic<bool> not_finite{false};

  parallel(n_items * units_per_item, workers, [&](auto next) {
    const SpareScratch::Loan scratch(spare_, scratch_bytes);
    const index n_units = n_items * units_per_item;
    for (index u = next(); u < n_units; u = next()) {
      const std::size_t item = static_cast<std::size_t>(u / units_per_item);
      const index first = u % units_per_item * unit;
      Statistics statistics{};
      kernels_.run_frames(chain, item_of(signal, batch.signal_offset[item]),
                          item_of(batch.features, batch.features_offset[item]), first,
                          std::min(unit, batch.n_frames - first), scratch.data(), &statistics);
      raise_to(maxima[item], statistics.maximum);
      if (statistics.not_finite) not_finite.store(true, std::memory_order_relaxed);
    }
  });
  const index begin = spec_.steps.any ? spec_.steps.begin : 0;
  const index length = spec_.steps.any ? spec_.steps.length : spec_.framing.n_fft;
  for (index offset : batch.signal_offset) {
    if (!unread_samples_finite(spec_.framing, begin, length, item_of(signal, offset), lowest,
                               batch.n_frames)) {
      not_finite = true;
    }
  }
  if (two_passes_ && last_stage == Stage::store) {
    finish(batch, std::vector<double>(maxima.begin(), maxima.end()), workers);
  }
  return not_finite;
}

void Plan::invert(const Features& spectrum, index n_frames, double smallest, void* out,
                  index n_out) const {
  const SpareScratch::Loan scratch(spare_,
                                   kernels_.overlap_scratch_bytes(spec_.framing, spec_.precision));
  kernels_.overlap_add(spec_.framing, spec_.window.data(), fft_.get(), spectrum, n_frames, smallest,
                       out, n_out, scratch.data());
}

// The second pass, over finished features: in place, along whichever axis is contiguous.
void Plan::finish(const Batch& batch, const std::vector<double>& maxima, index workers) const {
  const LevelSpec& spec = *spec_.level;
  const Runs runs = runs_of(batch.features, n_features(), batch.n_frames);
  const double batch_maximum = maxima.empty() ? 0 : *std::max_element(maxima.begin(), maxima.end());

  const index n_items = static_cast<index>(maxima.size());
  const index n_units = n_items * runs.count;
  parallel(n_units, workers, [&](auto next) {
    index ready = -1;
    Level level{};
    for (index u = next(); u < n_units; u = next()) {
      const index item = u / runs.count, run = u % runs.count;
      if (item != ready) {
        ready = item;
        const double maximum =
            spec.scope == Scope::batch ? batch_maximum : maxima[static_cast<std::size_t>(item)];
        level = level_for(batch.features.type, maximum);
      }
      char* data = static_cast<char*>(batch.features.data) +
                   batch.features_offset[static_cast<std::size_t>(item)] + run * runs.step;
      const index length = std::min(runs.length, runs.total - run * runs.length);
      kernels_.apply_level(level, spec_.precision, batch.features.type, data, data, length,
                           runs.stride);
    }
  });
}

}  // namespace fastmel
