// The C interface of front ends.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "c_frontend.h"
#include "c_interface.h"
#include "frontend/catalogue.h"

namespace {

using namespace fastmel;

const FrontEnd& checked(const fastmel_frontend* frontend) {
  require(frontend != nullptr, "frontend", "is null");
  return *frontend->front_end;
}

fastmel_shape shape_of(const Shape& shape) {
  fastmel_shape made;
  made.n_axes = shape.n_axes;
  std::copy(shape.axes, shape.axes + 3, made.axes);
  made.size = shape.size();
  made.type = shape.type == Type::f16   ? FASTMEL_FLOAT16
              : shape.type == Type::f64 ? FASTMEL_FLOAT64
                                        : FASTMEL_FLOAT32;
  return made;
}

// The members that the caller's header has, with the defaults of the others.
fastmel_clip known(const fastmel_clip* given) {
  fastmel_clip made;
  fastmel_clip_init(&made);
  std::memcpy(&made, given, given->struct_size);
  return made;
}

Clip clip_of(const fastmel_clip& given) {
  Clip made;
  Signal& signal = made.signal;
  made.whole = given.n_frames < 0;
  signal.data = given.samples;
  signal.type = sample_of(given.sample_type);
  signal.stride = given.sample_stride == 0 ? size_of(signal.type) : given.sample_stride;
  signal.n_samples = given.n_samples;
  signal.begin = given.begin;
  signal.end = given.end < 0 ? given.n_samples : given.end;
  made.features = given.features;
  made.capacity = given.size;
  made.first = given.first;
  made.n_frames = given.n_frames;
  return made;
}

// An array of structs of the size that its first one tells.
std::vector<Clip> clips_of(const fastmel_clip* clips, Index n) {
  require(n >= 0, "n_clips", "must not be negative");
  require(clips != nullptr || n == 0, "clips", "is null");
  std::vector<Clip> made;
  const std::size_t size = n == 0 ? 0 : clips->struct_size;
  const char* at = reinterpret_cast<const char*>(clips);
  for (Index i = 0; i < n; ++i, at += size) {
    const auto* clip = reinterpret_cast<const fastmel_clip*>(at);
    require(
        clip->struct_size == size && size != 0 && size <= sizeof(fastmel_clip), "struct_size",
        "is not one of this version: call fastmel_clip_init, and link the library of the header");
    made.push_back(naming_item(i, n, [&] { return clip_of(known(clip)); }));
  }
  return made;
}

}  // namespace

int64_t fastmel_catalogue_size(void) {
  int64_t size = 0;
  guarded([&] {
    size = static_cast<int64_t>(catalogue().size());
    return FASTMEL_OK;
  });
  return size;
}

const char* fastmel_catalogue_name(int64_t i) {
  return i < 0 || i >= fastmel_catalogue_size() ? nullptr
                                                : catalogue()[static_cast<std::size_t>(i)].name;
}

const char* fastmel_catalogue_description(int64_t i) {
  return i < 0 || i >= fastmel_catalogue_size()
             ? nullptr
             : catalogue()[static_cast<std::size_t>(i)].description;
}

fastmel_status fastmel_frontend_create(const char* spec, fastmel_frontend** frontend) {
  if (frontend != nullptr) *frontend = nullptr;
  return guarded([&] {
    require(spec != nullptr, "spec", "is null");
    require(frontend != nullptr, "frontend", "is null");
    *frontend = new fastmel_frontend{FrontEnd::make(spec)};
    return FASTMEL_OK;
  });
}

void fastmel_frontend_free(fastmel_frontend* frontend) { delete frontend; }

const char* fastmel_frontend_name(const fastmel_frontend* frontend) {
  if (frontend == nullptr || frontend->front_end->name().empty()) return nullptr;
  return frontend->front_end->name().c_str();
}

const char* fastmel_frontend_json(const fastmel_frontend* frontend) {
  const char* json = nullptr;
  guarded([&] {
    json = checked(frontend).to_json().c_str();
    return FASTMEL_OK;
  });
  return json;
}

int64_t fastmel_frontend_sample_rate(const fastmel_frontend* frontend) {
  return frontend == nullptr ? 0 : frontend->front_end->config().sample_rate;
}

int64_t fastmel_frontend_n_features(const fastmel_frontend* frontend) {
  return frontend == nullptr ? 0 : frontend->front_end->config().n_features();
}

int fastmel_frontend_runs_parts(const fastmel_frontend* frontend) {
  return frontend != nullptr && frontend->front_end->runs_parts() ? 1 : 0;
}

fastmel_status fastmel_frontend_n_frames(const fastmel_frontend* frontend, int64_t n_samples,
                                         int64_t* n_frames) {
  return guarded([&] {
    require(n_frames != nullptr, "n_frames", "is null");
    *n_frames = checked(frontend).n_frames(n_samples);
    return FASTMEL_OK;
  });
}

fastmel_status fastmel_frontend_shape(const fastmel_frontend* frontend, int64_t n_samples,
                                      fastmel_type sample_type, fastmel_shape* shape) {
  return guarded([&] {
    require(shape != nullptr, "shape", "is null");
    *shape = shape_of(checked(frontend).shape(n_samples, sample_of(sample_type)));
    return FASTMEL_OK;
  });
}

fastmel_status fastmel_frontend_part_shape(const fastmel_frontend* frontend, int64_t n_frames,
                                           fastmel_type sample_type, fastmel_shape* shape) {
  return guarded([&] {
    require(shape != nullptr, "shape", "is null");
    *shape = shape_of(checked(frontend).part_shape(n_frames, sample_of(sample_type)));
    return FASTMEL_OK;
  });
}

fastmel_status fastmel_frontend_run(const fastmel_frontend* frontend, const void* samples,
                                    fastmel_type sample_type, int64_t n_samples, void* features,
                                    int64_t size) {
  fastmel_clip clip;
  fastmel_clip_init(&clip);
  clip.samples = samples;
  clip.sample_type = sample_type;
  clip.n_samples = n_samples;
  clip.features = features;
  clip.size = size;
  return fastmel_frontend_run_clips(frontend, &clip, 1, 1, nullptr, nullptr, nullptr);
}

fastmel_status fastmel_frontend_run_clips(const fastmel_frontend* frontend,
                                          const fastmel_clip* clips, int64_t n_clips, int workers,
                                          fastmel_interrupt interrupt, void* context,
                                          int64_t* bad_clip) {
  if (bad_clip != nullptr) *bad_clip = -1;
  return guarded([&] {
    const FrontEnd& front_end = checked(frontend);
    require(workers >= 1, "workers", "must be at least 1");
    const std::vector<Clip> made = clips_of(clips, n_clips);
    Asked asked{interrupt, context};
    try {
      front_end.run(made.data(), n_clips, workers, asked.interrupt_of_core());
    } catch (const NotFinite& error) {
      if (bad_clip != nullptr) *bad_clip = error.clip();
      return failed(FASTMEL_NOT_FINITE, error.what());
    }
    return FASTMEL_OK;
  });
}

fastmel_status fastmel_frontend_samples_of(const fastmel_frontend* frontend, int64_t n_samples,
                                           int64_t first, int64_t n_frames, int64_t* begin,
                                           int64_t* end) {
  return guarded([&] {
    require(begin != nullptr && end != nullptr, "begin and end", "must not be null");
    const Span span = checked(frontend).samples_of(n_samples, first, n_frames);
    *begin = span.empty() ? 0 : span.begin;
    *end = span.empty() ? 0 : span.end;
    return FASTMEL_OK;
  });
}

void fastmel_clip_init_of_size(fastmel_clip* clip, size_t struct_size) {
  if (clip == nullptr) return;
  fastmel_clip made;
  std::memset(&made, 0, sizeof made);
  made.struct_size = struct_size;
  made.end = -1;
  made.n_frames = -1;
  std::memcpy(clip, &made, std::min(struct_size, sizeof made));
}
