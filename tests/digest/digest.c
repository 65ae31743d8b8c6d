/* A digest of the features of every front end of the catalogue, a line each: where two builds of
 * the library print the same, they compute the same bits (`nox -s musl`, `nox -s cross`).
 */
#include <fastmel/fastmel.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(fastmel_status status, const char* name) {
  if (status == FASTMEL_OK) return;
  fprintf(stderr, "%s: %s\n", name, fastmel_message());
  exit(1);
}

/* Noise that grows from 2^-12 to full scale again and again: of integers, so that it is the same
 * everywhere. */
static void make_noise(int16_t* pcm, float* samples, int64_t n) {
  uint32_t state = 1;
  for (int64_t i = 0; i < n; ++i) {
    state = state * 1664525u + 1013904223u;
    const int32_t noise = (int32_t)(state >> 16) - 32768;
    pcm[i] = (int16_t)(noise / (1 << (12 - i / 500 % 13)));
    samples[i] = (float)pcm[i] / 32768.0f;
  }
}

/* FNV-1a of the values' bits, in whatever byte order they lie. */
static uint64_t digest(const void* values, int64_t n, fastmel_type type, uint64_t hash) {
  for (int64_t i = 0; i < n; ++i) {
    uint16_t half;
    uint32_t single;
    uint64_t bits;
    if (type == FASTMEL_FLOAT16) {
      memcpy(&half, (const char*)values + 2 * i, 2);
      bits = half;
    } else if (type == FASTMEL_FLOAT32) {
      memcpy(&single, (const char*)values + 4 * i, 4);
      bits = single;
    } else {
      memcpy(&bits, (const char*)values + 8 * i, 8);
    }
    for (int byte = 0; byte < 64; byte += 8) hash = (hash ^ (bits >> byte & 0xff)) * 0x100000001b3u;
  }
  return hash;
}

static uint64_t run(const fastmel_frontend* frontend, const char* name, const void* samples,
                    fastmel_type type, int64_t n, uint64_t hash) {
  fastmel_shape shape;
  check(fastmel_frontend_shape(frontend, n, type, &shape), name);
  void* features = malloc((size_t)shape.size * 8 + 1);
  check(fastmel_frontend_run(frontend, samples, type, n, features, shape.size), name);
  hash = digest(features, shape.size, shape.type, hash);
  free(features);
  return hash;
}

int main(void) {
  enum { n = 24000 };
  int16_t* pcm = malloc(n * sizeof *pcm);
  float* samples = malloc(n * sizeof *samples);
  make_noise(pcm, samples, n);
  for (int64_t i = 0; i < fastmel_catalogue_size(); ++i) {
    const char* name = fastmel_catalogue_name(i);
    fastmel_frontend* frontend;
    check(fastmel_frontend_create(name, &frontend), name);
    uint64_t hash = run(frontend, name, samples, FASTMEL_FLOAT32, n, 0xcbf29ce484222325u);
    hash = run(frontend, name, pcm, FASTMEL_INT16, n, hash);
    printf("%016llx %s\n", (unsigned long long)hash, name);
    fastmel_frontend_free(frontend);
  }
  free(samples);
  free(pcm);
  return 0;
}
