/* Features of a front end of the catalogue, or of its JSON.
 *
 *     ./features whisper < samples.f32 > features
 *     ./features "$(cat whisper.json)" < samples.f32 > features
 *
 * Samples are native float32 at the front end's sample rate. Features are written as they lie in
 * memory; what they are is said on the standard error.
 */
#include <fastmel/fastmel.h>
#include <stdio.h>
#include <stdlib.h>

static void check(fastmel_status status) {
  if (status == FASTMEL_OK) return;
  fprintf(stderr, "features: %s\n", fastmel_message());
  exit(1);
}

static void* room(void* old, size_t bytes) {
  void* memory = realloc(old, bytes > 0 ? bytes : 1);
  if (memory != NULL) return memory;
  fprintf(stderr, "features: out of memory\n");
  exit(1);
}

static float* read_samples(int64_t* n_samples) {
  float* samples = NULL;
  size_t n = 0, capacity = 0, got;
  do {
    if (capacity - n < 65536) {
      capacity = 2 * capacity + 65536;
      samples = room(samples, capacity * sizeof(float));
    }
    got = fread(samples + n, sizeof(float), capacity - n, stdin);
    n += got;
  } while (got > 0);
  *n_samples = (int64_t)n;
  return samples;
}

static size_t bytes_of(fastmel_type type) {
  return type == FASTMEL_FLOAT16 ? 2 : type == FASTMEL_FLOAT64 ? 8 : 4;
}

static void list(void) {
  for (int64_t i = 0; i < fastmel_catalogue_size(); ++i) {
    printf("%-36s %s\n", fastmel_catalogue_name(i), fastmel_catalogue_description(i));
  }
}

int main(int n_arguments, char** arguments) {
  if (n_arguments != 2) {
    list();
    return 2;
  }
  fastmel_frontend* frontend;
  check(fastmel_frontend_create(arguments[1], &frontend));
  int64_t n_samples;
  float* samples = read_samples(&n_samples);
  fastmel_shape shape;
  check(fastmel_frontend_shape(frontend, n_samples, FASTMEL_FLOAT32, &shape));

  const size_t bytes = bytes_of(shape.type);
  void* features = room(NULL, bytes * (size_t)shape.size);
  check(fastmel_frontend_run(frontend, samples, FASTMEL_FLOAT32, n_samples, features, shape.size));
  for (int axis = 0; axis < shape.n_axes; ++axis) {
    fprintf(stderr, "%s%lld", axis > 0 ? " x " : "", (long long)shape.axes[axis]);
  }
  fprintf(stderr, " values of %zu bytes, at %lld Hz\n", bytes,
          (long long)fastmel_frontend_sample_rate(frontend));
  fwrite(features, bytes, (size_t)shape.size, stdout);

  free(features);
  free(samples);
  fastmel_frontend_free(frontend);
  return 0;
}
