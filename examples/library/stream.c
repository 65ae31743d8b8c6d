/* A log power spectrogram while the signal comes in.
 *
 *     ./stream < samples.f32 > features.f32
 *
 * Samples and features are native float32; a frame of 201 features follows the other. What is
 * written has the bits of a call on the whole signal, which fits into memory here only by chance.
 */
#include <fastmel/fastmel.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { n_fft = 400, hop_length = 160, chunk = 1000, room = 4096, most_frames = room / hop_length };

static void check(fastmel_status status) {
  if (status == FASTMEL_OK) return;
  fprintf(stderr, "stream: %s\n", fastmel_message());
  exit(1);
}

static fastmel_plan* make_plan(void) {
  double window[n_fft];
  for (int i = 0; i < n_fft; ++i) window[i] = 0.5 - 0.5 * cos(2 * 3.141592653589793 * i / n_fft);
  fastmel_spec spec;
  fastmel_spec_init(&spec);
  spec.n_fft = n_fft;
  spec.hop_length = hop_length;
  spec.offset = n_fft / 2; /* frames are centred on their samples */
  spec.pad_before = spec.pad_after = FASTMEL_PAD_REFLECT;
  spec.window = window;
  spec.leveled = 1;
  spec.log = FASTMEL_LOG_10;
  spec.log_floor = 1e-10;
  fastmel_plan* plan;
  check(fastmel_plan_create(&spec, &plan));
  return plan;
}

int main(void) {
  fastmel_plan* plan = make_plan();
  const int64_t n_features = fastmel_n_features(plan);
  float samples[room], *features = malloc(sizeof(float) * most_frames * (size_t)n_features);
  int64_t begin = 0, end = 0, frame = 0; /* samples in memory, and the frame that is next */
  for (int more = 1; more || frame <= end / hop_length;) {
    const size_t got = fread(samples + (end - begin), sizeof(float), chunk, stdin);
    more = got > 0;
    end += (int64_t)got;

    /* As many frames as these samples are enough for; all that are left after the last sample. */
    const int64_t n_samples = more ? FASTMEL_UNKNOWN_LENGTH : end;
    int64_t n = 0, first_needed, last_needed;
    while (n < most_frames && (more || frame + n <= end / hop_length)) {
      check(fastmel_samples_of(plan, n_samples, frame, n + 1, &first_needed, &last_needed));
      if (last_needed > end) break;
      ++n;
    }
    fastmel_item item;
    memset(&item, 0, sizeof item);
    item.samples = samples;
    item.sample_stride = sizeof(float);
    item.n_samples = n_samples;
    item.begin = begin;
    item.end = end;
    item.features = features;
    item.feature_stride = sizeof(float);
    item.frame_stride = n_features * (int64_t)sizeof(float);
    item.first = frame;
    item.n_frames = n;
    check(fastmel_run_items(plan, &item, 1, 1, NULL, NULL, NULL));
    fwrite(features, sizeof(float) * (size_t)n_features, (size_t)n, stdout);
    frame += n;

    /* The next frame decides what is kept. The last ones may mirror it. */
    check(fastmel_samples_of(plan, FASTMEL_UNKNOWN_LENGTH, frame, 1, &first_needed, &last_needed));
    first_needed = first_needed > n_fft ? first_needed - n_fft : 0;
    if (first_needed > begin) {
      const int64_t kept = first_needed < end ? first_needed : end;
      memmove(samples, samples + (kept - begin), sizeof(float) * (size_t)(end - kept));
      begin = kept;
    }
  }
  free(features);
  fastmel_plan_free(plan);
  return 0;
}
