// libFuzzer's target for front ends: arbitrary text becomes a configuration, and what is accepted
// runs in memory of exactly the size that the interface asks for. It must write itself as JSON that
// gives it again, and have the same bits by two threads, in two parts of which each holds the
// samples that fastmel_frontend_samples_of names, and no others, and by a stream.
//
//     nox -s fuzz
#include <fastmel/fastmel.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

// Text asks for filters of any size: what a fuzzer has no memory and no time for fails here.
void* operator new(std::size_t size) {
  constexpr std::size_t most = std::size_t{1} << 26;
  if (size <= most) {
    if (void* p = std::malloc(size)) return p;
  }
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

constexpr std::int64_t most_samples = 4000, most_values = 1 << 18;

struct Free {
  void operator()(fastmel_frontend* frontend) const { fastmel_frontend_free(frontend); }
};
using FrontEnd = std::unique_ptr<fastmel_frontend, Free>;
struct FreeStream {
  void operator()(fastmel_stream* stream) const { fastmel_stream_free(stream); }
};
using Stream = std::unique_ptr<fastmel_stream, FreeStream>;
using Memory = std::unique_ptr<char[]>;

void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "FAILED: %s (%s)\n", what, fastmel_message());
  std::abort();
}

std::size_t size_of(fastmel_type type) {
  if (type == FASTMEL_INT16 || type == FASTMEL_FLOAT16) return 2;
  return type == FASTMEL_FLOAT64 ? 8 : 4;
}

FrontEnd made_of(const std::string& spec) {
  fastmel_frontend* made;
  const fastmel_status status = fastmel_frontend_create(spec.c_str(), &made);
  check((status == FASTMEL_OK) == (made != nullptr), "a front end and a status");
  check(status == FASTMEL_OK || status == FASTMEL_INVALID || status == FASTMEL_NO_MEMORY,
        "a status that creation does not have");
  return FrontEnd(made);
}

Memory samples_of(fastmel_type type, std::int64_t n) {
  const std::size_t size = size_of(type);
  Memory made(new char[static_cast<std::size_t>(n) * size]);
  std::uint32_t state = 1;
  for (std::int64_t i = 0; i < n; ++i) {
    state = state * 1664525u + 1013904223u;
    const auto value = static_cast<std::int32_t>(state);
    const auto put = [&](auto x) {
      std::memcpy(made.get() + static_cast<std::size_t>(i) * size, &x, sizeof x);
    };
    switch (type) {
      case FASTMEL_FLOAT32: put(static_cast<float>(value * 0x1p-32)); break;
      case FASTMEL_FLOAT64: put(value * 0x1p-32); break;
      case FASTMEL_INT16: put(static_cast<std::int16_t>(value >> 16)); break;
      default: put(value); break;
    }
  }
  return made;
}

struct Result {
  fastmel_status status;
  fastmel_shape shape;
  Memory features;
  std::size_t bytes() const { return static_cast<std::size_t>(shape.size) * size_of(shape.type); }
};

Result run(const fastmel_frontend* frontend, const fastmel_clip& given, const fastmel_shape& shape,
           int workers) {
  fastmel_clip clip = given;
  Result made{FASTMEL_OK, shape, nullptr};
  made.features.reset(new char[made.bytes()]);
  std::memset(made.features.get(), 0x55, made.bytes());
  clip.features = made.features.get();
  clip.size = shape.size;
  std::int64_t bad;
  made.status = fastmel_frontend_run_clips(frontend, &clip, 1, workers, nullptr, nullptr, &bad);
  check((made.status == FASTMEL_NOT_FINITE) == (bad == 0), "the bad clip");
  return made;
}

// Frames first ... first + n - 1, from a copy of the samples that they are made of.
Result part(const fastmel_frontend* frontend, const fastmel_clip& whole, std::int64_t first,
            std::int64_t n) {
  fastmel_clip clip = whole;
  clip.first = first;
  clip.n_frames = n;
  check(fastmel_frontend_samples_of(frontend, whole.n_samples, first, n, &clip.begin, &clip.end) ==
            FASTMEL_OK,
        "samples of a part");
  const std::size_t size = size_of(whole.sample_type);
  const auto count = static_cast<std::size_t>(clip.end - clip.begin) * size;
  const Memory samples(new char[count]);
  std::memcpy(samples.get(),
              static_cast<const char*>(whole.samples) + static_cast<std::size_t>(clip.begin) * size,
              count);
  clip.samples = samples.get();
  fastmel_shape shape;
  check(fastmel_frontend_part_shape(frontend, n, whole.sample_type, &shape) == FASTMEL_OK,
        "the shape of a part");
  return run(frontend, clip, shape, 1);
}

// Whether frames first ... of `whole` are those of `of`, whichever axis they lie on.
bool same(const Result& whole, const Result& of, std::int64_t first, std::int64_t n) {
  const std::size_t unit = size_of(whole.shape.type);
  const bool rows = of.shape.axes[0] == n && of.shape.axes[1] == whole.shape.axes[1];
  const auto at = [&](const Result& result, std::int64_t t, std::int64_t i) {
    const std::int64_t width = result.shape.axes[1];
    const std::int64_t place = rows ? t * width + i : i * width + t;
    return result.features.get() + static_cast<std::size_t>(place) * unit;
  };
  const std::int64_t features = whole.shape.axes[rows ? 1 : 0];
  for (std::int64_t t = 0; t < n; ++t) {
    for (std::int64_t i = 0; i < features; ++i) {
      if (std::memcmp(at(whole, first + t, i), at(of, t, i), unit) != 0) return false;
    }
  }
  return true;
}

// What a stream gives of the samples, in pieces that lie in memory of their own size, the last one
// by a copy of it.
void check_stream(const fastmel_frontend* frontend, const fastmel_clip& clip, const Result& whole,
                  std::int64_t n_frames, std::uint32_t state) {
  fastmel_stream* made;
  const fastmel_status status = fastmel_stream_create(frontend, clip.sample_type, &made);
  check((status == FASTMEL_OK) == (made != nullptr), "a stream and a status");
  Stream stream(made);
  if (!stream) return;
  std::int64_t given = 0;
  const auto gives = [&](std::int64_t n, auto&& call) {
    fastmel_shape shape;
    check(fastmel_frontend_part_shape(frontend, n, clip.sample_type, &shape) == FASTMEL_OK,
          "the shape of a part");
    Result piece{FASTMEL_OK, shape, nullptr};
    piece.features.reset(new char[piece.bytes()]);
    std::int64_t frames;
    check(call(piece.features.get(), shape.size, &frames) == FASTMEL_OK, "a piece is refused");
    check(frames == n, "another number of frames");
    check(same(whole, piece, given, n), "a stream has other bits");
    given += n;
  };
  const std::size_t size = size_of(clip.sample_type);
  for (std::int64_t at = 0; at < clip.n_samples;) {
    state = state * 1664525u + 1013904223u;
    const std::int64_t n = std::min<std::int64_t>(state >> 8 & 0x3ff, clip.n_samples - at);
    const Memory samples(new char[static_cast<std::size_t>(n) * size]);
    std::memcpy(samples.get(),
                static_cast<const char*>(clip.samples) + static_cast<std::size_t>(at) * size,
                static_cast<std::size_t>(n) * size);
    gives(fastmel_stream_frames_of(made, n),
          [&](void* to, std::int64_t room, std::int64_t* frames) {
            return fastmel_stream_push(made, samples.get(), n, to, room, frames);
          });
    at += n;
  }
  check(fastmel_stream_copy(stream.get(), &made) == FASTMEL_OK, "a copy of a stream");
  stream.reset(made);
  gives(fastmel_stream_frames_left(made), [&](void* to, std::int64_t room, std::int64_t* frames) {
    return fastmel_stream_flush(made, to, room, frames);
  });
  check(given == n_frames, "another number of frames in all");
}

}  // namespace

// The last four bytes choose samples, the others are the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::uint8_t* how = data + size - 4;
  const FrontEnd made = made_of(std::string(reinterpret_cast<const char*>(data), size - 4));
  if (!made) return 0;

  const std::string json = fastmel_frontend_json(made.get());
  const FrontEnd again = made_of(json);
  check(again && json == fastmel_frontend_json(again.get()), "JSON that gives something else");

  fastmel_clip clip;
  fastmel_clip_init(&clip);
  clip.n_samples = (how[0] << 8 | how[1]) % most_samples;
  clip.sample_type = static_cast<fastmel_type>(how[2] % 4);
  fastmel_shape shape;
  if (fastmel_frontend_shape(made.get(), clip.n_samples, clip.sample_type, &shape) != FASTMEL_OK ||
      shape.size > most_values) {
    return 0;
  }
  clip.end = clip.n_samples;
  const Memory samples = samples_of(clip.sample_type, clip.n_samples);
  clip.samples = samples.get();
  const Result whole = run(made.get(), clip, shape, 1), by_two = run(again.get(), clip, shape, 2);
  check(whole.status == by_two.status, "two threads have another status");
  if (whole.status != FASTMEL_OK) return 0;
  check(std::memcmp(whole.features.get(), by_two.features.get(), whole.bytes()) == 0,
        "two threads have other bits");

  std::int64_t n_frames;
  check(fastmel_frontend_n_frames(made.get(), clip.n_samples, &n_frames) == FASTMEL_OK, "frames");
  if (!fastmel_frontend_runs_parts(made.get()) || shape.n_axes != 2 || n_frames < 2) return 0;
  const std::int64_t at = 1 + how[3] % (n_frames - 1);
  const Result before = part(made.get(), clip, 0, at);
  const Result after = part(made.get(), clip, at, n_frames - at);
  check(before.status == FASTMEL_OK && after.status == FASTMEL_OK, "a part is refused");
  if (shape.axes[0] == shape.axes[1]) return 0;  // which are frames is not told
  check(same(whole, before, 0, at) && same(whole, after, at, n_frames - at),
        "parts have other bits");
  check_stream(made.get(), clip, whole, n_frames, how[3]);
  return 0;
}
