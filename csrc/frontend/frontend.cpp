#include "frontend.h"

#include <algorithm>
#include <cstring>

#include "../dispatch.h"
#include "../errors.h"
#include "../float_environment.h"
#include "../lattice.h"
#include "catalogue.h"
#include "feature_steps.h"
#include "json.h"
#include "samples.h"
#include "specifications.h"

namespace fastmel {

namespace {

constexpr Index most_samples = Index{1} << 40;

bool is_json(std::string_view spec) {
  if (spec.substr(0, 3) == "\xef\xbb\xbf") spec.remove_prefix(3);
  const std::size_t first = spec.find_first_not_of(" \t\r\n");
  return first != spec.npos && spec[first] == '{';
}

Config config_of(const CatalogueRow& row) { return Config::from_json(read_json(row.json)); }

// The name in JSON, while the row of that name is still equal.
std::string kept_name(const Json& json, const Config& config) {
  const auto* object = json.as<JsonObject>();
  const Json* name = object != nullptr ? find(*object, "name") : nullptr;
  const auto* text = name != nullptr ? name->as<std::string>() : nullptr;
  for (const CatalogueRow& row : catalogue()) {
    if (text != nullptr && row.name == *text) {
      return config_of(row).to_json(*text) == config.to_json(*text) ? *text : "";
    }
  }
  return {};
}

}  // namespace

Index Shape::size() const {
  return product("features", product("features", axes[0], axes[1]), n_axes == 3 ? axes[2] : 1);
}

Lattice Shape::checked(void* features, Index capacity) const {
  const Index needed = size(), unit = size_of(type);
  if (needed > capacity) {
    refuse("size=" + std::to_string(capacity) + " is less than the " + std::to_string(needed) +
           " values of the features");
  }
  const Lattice made{features, unit, {needed, 1}, {unit, 0}};
  require(needed == 0 || features != nullptr, "features", "is null");
  require(is_aligned(made), "features", "must be aligned");
  return made;
}

std::unique_ptr<FrontEnd> FrontEnd::make(std::string_view spec) {
  if (!is_json(spec)) {
    const CatalogueRow& row = row_named(spec);
    return std::make_unique<FrontEnd>(config_of(row), row.name);
  }
  const Json json = read_json(spec);
  Config config = Config::from_json(json);
  std::string name = kept_name(json, config);
  return std::make_unique<FrontEnd>(std::move(config), std::move(name));
}

FrontEnd::FrontEnd(Config config, std::string name)
    : config_(std::move(config)),
      name_(std::move(name)),
      plan_(plan_of(config_, config_.window_values(), bank_of(config_).filterbank),
            active_kernels()),
      post_(post_of(config_)) {
  config_.n_features();  // throws where there are too many
}

const std::string& FrontEnd::to_json() const {
  std::call_once(written_, [this] { json_ = config_.to_json(name_); });
  return json_;
}

// --- lengths, shapes and types -------------------------------------------------------------------

Real FrontEnd::chained_type(Sample type) const {
  if (!config_.dtype.empty()) return config_.dtype == "float64" ? Real::f64 : Real::f32;
  return type == Sample::f64 && config_.precision == "double" ? Real::f64 : Real::f32;
}

Index FrontEnd::chained_frames(Index n_prepared) const {
  const Index lost = config_.preemphasis_scope == "valid" ? 1 : 0;
  return fastmel::n_frames(config_.frame_rule(), std::max<Index>(0, n_prepared - lost));
}

Index FrontEnd::n_frames(Index n_samples) const {
  require(n_samples >= 0 && n_samples <= most_samples, "n_samples", "must be in [0, 2**40]");
  Index frames = post_.frames_after(chained_frames(prepared_length(config_, n_samples)));
  for (const FeatureStep& step : config_.after) frames = length_after(step, frames);
  return frames;
}

Shape FrontEnd::shape_of(Index frames, Sample type) const {
  Shape made;
  made.type = post_.type_after(type_of(chained_type(type)));
  for (const FeatureStep& step : config_.after) made.type = type_after(step, made.type);
  Index* axis = made.axes;
  if (!config_.after.empty()) {
    if (const auto* patches = std::get_if<Patches>(&config_.after.back())) {
      made.n_axes = 3;
      *axis++ = frames;
      frames = patches->frames;
    }
  }
  const Index width = config_.n_features();
  const bool time_first = config_.layout == "time_mel";
  axis[0] = time_first ? frames : width;
  axis[1] = time_first ? width : frames;
  return made;
}

Shape FrontEnd::shape(Index n_samples, Sample type) const {
  const Index frames = n_frames(n_samples);
  const Index prepared = prepared_length(config_, n_samples);
  check_length(prepared);
  post_.check("the signal", chained_frames(prepared), plan_.n_features());
  return shape_of(frames, type);
}

Shape FrontEnd::part_shape(Index n_frames, Sample type) const {
  require(n_frames >= 0 && n_frames <= furthest, "n_frames", "must be in [0, 2**62]");
  return shape_of(n_frames, type);
}

// Of a signal without a frame, or one that the original refuses.
void FrontEnd::check_length(Index n_prepared) const {
  const auto text = [](Index n) { return std::to_string(n); };
  const Index needs = least_samples();
  if (n_prepared == 0) refuse("samples are none; a front end needs some");
  if (n_prepared < needs) {
    refuse("samples are " + text(n_prepared) + "; this front end needs " + text(needs));
  }
  check_reflection(n_prepared);
}

Index FrontEnd::least_samples() const {
  const Index lost = config_.preemphasis_scope == "valid" ? 1 : 0;
  return shortest_signal(config_.frame_rule()) + lost;
}

void FrontEnd::check_reflection(Index n_samples) const {
  const FrameRule rule = config_.frame_rule();
  const Index lost = config_.preemphasis_scope == "valid" ? 1 : 0;
  const Index before = config_.pad_mode.before == "reflect" ? rule.before : 0;
  const Index after = config_.pad_mode.after == "reflect" ? rule.after : 0;
  const Index reflects = std::max({Index{0}, before, after}) + lost;
  if (n_samples <= reflects) {
    refuse("samples are " + std::to_string(n_samples) +
           "; reflection at the edges needs more than " + std::to_string(reflects));
  }
}

bool FrontEnd::runs_parts() const {
  return streams() && config_.before.empty() && config_.after.empty() && post_.makes_parts();
}

bool FrontEnd::streams() const {
  const auto repeats = [](const SampleStep& step) {
    return std::holds_alternative<RepeatAndPad>(step);
  };
  const auto floors = [](const FeatureStep& step) {
    return std::holds_alternative<FloorBelowMaximum>(step);
  };
  const bool dithered = config_.dither != 0 && config_.dither_scope == "signal";
  const bool maximum = config_.ref.is("max") || (config_.dynamic_range && !config_.peak.number);
  return std::none_of(config_.before.begin(), config_.before.end(), repeats) &&
         std::none_of(config_.after.begin(), config_.after.end(), floors) &&
         !post_.needs_all_frames() && !dithered && !maximum;
}

const StreamPlan& FrontEnd::stream_plan() const {
  require(streams(), "frontend",
          "cannot stream in C: a step, a maximum, statistics or dither need more than some frames");
  std::call_once(streamed_, [this] {
    // It does not outlive the front end, whose plan this is.
    const std::shared_ptr<const Plan> plan(std::shared_ptr<void>(), &plan_);
    stream_plan_ = std::make_unique<const StreamPlan>(plan, config_.frame_rule());
  });
  return *stream_plan_;
}

FeatureStream FrontEnd::feature_stream() const {
  return FeatureStream(post_.spec(), config_.after, plan_.n_features(), plan_.kernels());
}

Span FrontEnd::samples_of(Index n_samples, Index first, Index n_frames) const {
  require(runs_parts(), "frontend", "has stages that need the whole signal");
  Clip part;
  part.signal.n_samples = n_samples;
  part.first = first;
  part.n_frames = n_frames;
  const Span frames = chained_frames(part);
  return plan_.samples_of(n_samples, frames.begin, frames.end - frames.begin);
}

// The frames of the chain that a part is made of. Throws where the signal has none such.
Span FrontEnd::chained_frames(const Clip& part) const {
  const Index n = part.signal.n_samples, first = part.first;
  require(n >= 0 && n <= unknown_length, "n_samples", "must be in [0, 2**60]");
  require(first >= 0, "first", "must not be negative");
  require(part.n_frames >= 0, "n_frames", "must not be negative");
  const Index chained = chained_frames(n), all = post_.frames_after(chained);
  if (first > all || part.n_frames > all - first) {
    refuse("n_frames=" + std::to_string(part.n_frames) + " from first=" + std::to_string(first) +
           " on are more than the " + std::to_string(all) + " frames of the signal");
  }
  return post_.frames_for(first, part.n_frames, chained);
}

// --- runs ----------------------------------------------------------------------------------------

// What a clip is between the steps of a run.
struct FrontEnd::Work {
  PreparedSignal prepared;
  Index first = 0;  // frame of the chain
  std::optional<Block> chained;
};

// Where the features of a clip go. Throws where it is refused.
Lattice FrontEnd::check(const Clip& clip) const {
  const Signal& signal = clip.signal;
  Shape made;
  if (clip.whole) {
    made = shape(signal.n_samples, signal.type);
    require(signal.begin == 0 && signal.end == signal.n_samples, "samples",
            "must be all of a signal whose frames are all asked for");
  } else {
    require(runs_parts(), "frontend", "has stages that need the whole signal");
    made = part_shape(clip.n_frames, signal.type);
    chained_frames(clip);
  }
  require(signal.begin >= 0 && signal.begin <= signal.end, "begin", "must lie in [0, end]");
  checked(signal);
  return made.checked(clip.features, clip.capacity);
}

void FrontEnd::begin(const Clip& clip, Work& work) const {
  work.prepared = clip.whole ? prepare(config_, clip.signal, plan_.kernels())
                             : PreparedSignal{clip.signal, std::nullopt};
  const Span part =
      clip.whole ? Span{0, chained_frames(work.prepared.signal.n_samples)} : chained_frames(clip);
  work.first = part.begin;
  work.chained.emplace(
      chained(part.end - part.begin, clip.signal.type, in_place() ? clip.features : nullptr));
}

Block FrontEnd::chained(Index frames, Sample sample, void* features) const {
  const Index width = plan_.n_features();
  const bool time_first = config_.layout == "time_mel";
  const Type type = type_of(chained_type(sample));
  if (features == nullptr) return Block(type, frames, width, time_first);
  return Block(type, features, frames, width, size_of(type) * (time_first ? width : 1),
               size_of(type) * (time_first ? 1 : frames), time_first);
}

// Whether the chain's features become those of the result in their place.
bool FrontEnd::in_place() const {
  return post_.in_place() &&
         std::all_of(config_.after.begin(), config_.after.end(), [](const FeatureStep& step) {
           return std::holds_alternative<FloorBelowMaximum>(step);
         });
}

void FrontEnd::finish(Block chained, void* features, const std::optional<Part>& part) const {
  const FloatEnvironment environment;
  Block made = post_.apply(std::move(chained), plan_.kernels(), part);
  for (const FeatureStep& step : config_.after) {
    made = apply_step(step, std::move(made), plan_.kernels());
  }
  if (made.data() != features && made.bytes() > 0) {
    std::memcpy(features, made.data(), static_cast<std::size_t>(made.bytes()));
  }
}

void FrontEnd::run(const Clip* clips, Index n_clips, Index workers,
                   const Interrupt& interrupt) const {
  // The core checks what it writes to itself; this is for those that copy their features at the
  // end.
  std::vector<Lattice> samples, features;
  for (Index i = 0; i < n_clips; ++i) {
    features.push_back(naming_item(i, n_clips, [&] { return check(clips[i]); }));
    samples.push_back(lattice_of(clips[i].signal));
  }
  check_apart(samples, features);

  const auto each = [&](auto&& use) {
    parallel(n_clips, workers, interrupt, [&](Units units) {
      for (Index i = units.next(); i < n_clips; i = units.next()) use(i);
    });
  };
  std::vector<Work> works(static_cast<std::size_t>(n_clips));
  const auto work = [&](Index i) -> Work& { return works[static_cast<std::size_t>(i)]; };
  each([&](Index i) { naming_item(i, n_clips, [&] { begin(clips[i], work(i)); }); });

  std::vector<Item> items(works.size());
  for (Index i = 0; i < n_clips; ++i) {
    Item& item = items[static_cast<std::size_t>(i)];
    item.signal = work(i).prepared.signal;
    item.features = work(i).chained->features();
    item.first = work(i).first;
    item.n_frames = work(i).chained->frames();
  }
  RunOptions how;
  how.workers = workers;
  how.one_batch = false;
  how.interrupt = interrupt;
  const Index bad = plan_.run(items.data(), n_clips, how);
  // The core also notices finite samples whose sums are not.
  for (Index i = bad < 0 ? n_clips : bad; i < n_clips; ++i) {
    const std::string which = not_finite(items[static_cast<std::size_t>(i)].signal);
    if (which.empty()) continue;
    throw NotFinite(
        (n_clips == 1 ? "" : item_prefix(i)) + "samples are not finite: sample " + which, i);
  }
  each([&](Index i) {
    std::optional<Part> part;
    if (!clips[i].whole) part = Part{clips[i].first, clips[i].n_frames, work(i).first};
    finish(std::move(*work(i).chained), clips[i].features, part);
    work(i) = {};
  });
}

}  // namespace fastmel
