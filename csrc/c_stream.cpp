// The C interface of streams of front ends.
#include <algorithm>
#include <cstring>
#include <vector>

#include "c_frontend.h"
#include "c_interface.h"
#include "frontend/frontend_stream.h"

struct fastmel_stream {
  fastmel::FrontEndStream stream;
};

namespace {

using namespace fastmel;

FrontEndStream& checked(fastmel_stream* stream) {
  require(stream != nullptr, "stream", "is null");
  return stream->stream;
}

Signal chunk_of(const FrontEndStream& stream, const void* samples, Index stride, Index n) {
  require(n >= 0 && n <= unknown_length / 2, "n_samples", "must be in [0, 2**59]");
  Signal made;
  made.data = samples;
  made.type = stream.type();
  made.stride = stride == 0 ? size_of(made.type) : stride;
  made.n_samples = made.end = n;
  return made;
}

FrontEndStream::Step step_of(const fastmel_chunk& chunk) {
  require(
      chunk.struct_size == sizeof chunk, "struct_size",
      "is not one of this version: call fastmel_chunk_init, and link the library of the header");
  FrontEndStream& of = checked(chunk.stream);
  return {&of,
          chunk_of(of, chunk.samples, chunk.sample_stride, chunk.n_samples),
          {chunk.features, chunk.size}};
}

// f(), whose samples may not be finite.
template <class F>
fastmel_status guarded_samples(F&& f, int64_t* bad = nullptr) {
  if (bad != nullptr) *bad = -1;
  return guarded([&] {
    try {
      f();
    } catch (const ChunkNotFinite& error) {
      if (bad != nullptr) *bad = error.item();
      return failed(FASTMEL_NOT_FINITE, error.what());
    }
    return FASTMEL_OK;
  });
}

}  // namespace

fastmel_status fastmel_stream_create(const fastmel_frontend* frontend, fastmel_type sample_type,
                                     fastmel_stream** stream) {
  if (stream != nullptr) *stream = nullptr;
  return guarded([&] {
    require(frontend != nullptr, "frontend", "is null");
    require(stream != nullptr, "stream", "is null");
    *stream = new fastmel_stream{FrontEndStream(frontend->front_end, sample_of(sample_type))};
    return FASTMEL_OK;
  });
}

fastmel_status fastmel_stream_copy(const fastmel_stream* stream, fastmel_stream** copy) {
  if (copy != nullptr) *copy = nullptr;
  return guarded([&] {
    require(stream != nullptr, "stream", "is null");
    require(copy != nullptr, "copy", "is null");
    *copy = new fastmel_stream{FrontEndStream(stream->stream)};
    return FASTMEL_OK;
  });
}

void fastmel_stream_free(fastmel_stream* stream) { delete stream; }

int64_t fastmel_stream_frames_of(const fastmel_stream* stream, int64_t n_samples) {
  int64_t n = 0;
  guarded([&] {
    if (stream != nullptr) n = stream->stream.frames_of(n_samples);
    return FASTMEL_OK;
  });
  return n;
}

int64_t fastmel_stream_frames_left(const fastmel_stream* stream) {
  return stream == nullptr ? 0 : stream->stream.frames_left();
}

int64_t fastmel_stream_latency(const fastmel_stream* stream) {
  return stream == nullptr ? 0 : stream->stream.latency();
}

int64_t fastmel_stream_n_samples(const fastmel_stream* stream) {
  return stream == nullptr ? 0 : stream->stream.n_samples();
}

int64_t fastmel_stream_n_frames(const fastmel_stream* stream) {
  return stream == nullptr ? 0 : stream->stream.n_frames();
}

fastmel_status fastmel_stream_push(fastmel_stream* stream, const void* samples, int64_t n_samples,
                                   void* features, int64_t size, int64_t* n_frames) {
  return guarded_samples([&] {
    FrontEndStream& of = checked(stream);
    require(n_frames != nullptr, "n_frames", "is null");
    *n_frames = of.push(chunk_of(of, samples, 0, n_samples), {features, size});
  });
}

fastmel_status fastmel_stream_flush(fastmel_stream* stream, void* features, int64_t size,
                                    int64_t* n_frames) {
  return guarded([&] {
    FrontEndStream& of = checked(stream);
    require(n_frames != nullptr, "n_frames", "is null");
    *n_frames = of.end({features, size});
    return FASTMEL_OK;
  });
}

fastmel_status fastmel_stream_reset(fastmel_stream* stream) {
  return guarded([&] {
    checked(stream).reset();
    return FASTMEL_OK;
  });
}

void fastmel_chunk_init_of_size(fastmel_chunk* chunk, size_t struct_size) {
  if (chunk == nullptr) return;
  fastmel_chunk made;
  std::memset(&made, 0, sizeof made);
  made.struct_size = struct_size;
  std::memcpy(chunk, &made, std::min(struct_size, sizeof made));
}

fastmel_status fastmel_streams_push(fastmel_chunk* chunks, int64_t n_chunks, int workers,
                                    int64_t* bad_chunk) {
  return guarded_samples(
      [&] {
        require(n_chunks >= 0, "n_chunks", "must not be negative");
        require(chunks != nullptr || n_chunks == 0, "chunks", "is null");
        require(workers >= 1, "workers", "must be at least 1");
        std::vector<FrontEndStream::Step> steps;
        for (Index i = 0; i < n_chunks; ++i) {
          steps.push_back(naming_item(i, [&] { return step_of(chunks[i]); }));
        }
        FrontEndStream::push(steps, workers);
        for (Index i = 0; i < n_chunks; ++i) {
          chunks[i].n_frames = steps[static_cast<std::size_t>(i)].n_frames;
        }
      },
      bad_chunk);
}
