/* fastmel: audio samples to features, frame by frame: window, Fourier transform, spectrum,
 * filterbank, logarithm. The C interface of the core that the Python package stands on, and the
 * same numbers.
 *
 * A front end is one of the catalogue, or of a configuration in JSON, as the Python package writes
 * it: all that happens between samples and features. It never changes, and any number of threads
 * may run it at once.
 *
 *     fastmel_frontend *frontend;
 *     fastmel_shape shape;
 *     if (fastmel_frontend_create("whisper", &frontend)) puts(fastmel_message());
 *     fastmel_frontend_shape(frontend, n_samples, FASTMEL_FLOAT32, &shape);
 *     float *features = malloc(shape.size * sizeof(float));
 *     fastmel_frontend_run(frontend, samples, FASTMEL_FLOAT32, n_samples, features, shape.size);
 *     fastmel_frontend_free(frontend);
 *
 * Beneath it is the chain that is computed in one pass, for those who bring windows and filters of
 * their own.
 *
 * A fastmel_spec says what a chain computes. A plan is a chain made ready to run: it never changes,
 * and any number of threads may run it at once. An item is a signal, or a part of one, and the
 * place of its features; many items of any lengths run as one job.
 *
 *     fastmel_spec spec;
 *     fastmel_spec_init(&spec);
 *     spec.n_fft = 400; spec.hop_length = 160; spec.offset = 200; spec.window = window;
 *     fastmel_plan *plan;
 *     if (fastmel_plan_create(&spec, &plan)) puts(fastmel_message());
 *     const int64_t size = fastmel_n_features(plan) * n_frames;
 *     fastmel_run(plan, samples, n_samples, features, size, n_frames);
 *     fastmel_plan_free(plan);
 *
 * Results do not depend on the number of threads, the instruction set, or the way in which a signal
 * is cut into parts: not in a single bit.
 *
 * Every function may be called from any thread, at any time, but for what is freed while it is in
 * use. Functions that return a fastmel_status refuse null pointers and whatever else they can see
 * to be wrong, do not abort, and leave what they give back unset if they fail, unless told below.
 * Messages call samples `y` and features `out` where they come from the chain, as in Python.
 *
 * Versions: as long as the first number is 0, the second one rises when a declaration changes or
 * goes; else only new ones come, and structs with a struct_size get members at their ends. A
 * program then runs with a later library without being compiled again.
 */
#ifndef FASTMEL_H
#define FASTMEL_H

#include <stddef.h>
#include <stdint.h>

#if defined(FASTMEL_STATIC) || !(defined(_WIN32) || defined(__GNUC__))
#define FASTMEL_API
#elif !defined(_WIN32)
#define FASTMEL_API __attribute__((visibility("default")))
#elif defined(FASTMEL_BUILDING)
#define FASTMEL_API __declspec(dllexport)
#else
#define FASTMEL_API __declspec(dllimport)
#endif

/* In C++ a value that is none of the constants is undefined unless the type of them is told. */
#ifdef __cplusplus
#define FASTMEL_INT : int
#else
#define FASTMEL_INT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What every function that can fail returns. */
typedef enum fastmel_status FASTMEL_INT {
  FASTMEL_OK = 0,
  FASTMEL_INVALID = 1,   /* an argument; fastmel_message() names it */
  FASTMEL_NO_MEMORY = 2, /* too little memory */
  /* A sample is NaN or infinite, or sums of samples are. Plans have computed all; front ends leave
   * features in part unwritten. */
  FASTMEL_NOT_FINITE = 3,
  FASTMEL_INTERRUPTED = 4, /* as asked for; features are in part unwritten */
  FASTMEL_FAILED = 5       /* anything else */
} fastmel_status;

/* Why the last call that failed in this thread did so. It stays until the next one that fails. */
FASTMEL_API const char* fastmel_message(void);

/* As "0.1.0". */
FASTMEL_API const char* fastmel_version(void);

/* The instruction set in use: the best of this machine, or the one that the environment variable
 * FASTMEL_SIMD names. NULL if it names none that runs here. */
FASTMEL_API const char* fastmel_instruction_set(void);

typedef enum fastmel_type FASTMEL_INT {
  FASTMEL_FLOAT32 = 0,
  FASTMEL_FLOAT64 = 1,
  FASTMEL_INT16 = 2,  /* samples only: full scale is 1 */
  FASTMEL_INT32 = 3,  /* likewise */
  FASTMEL_FLOAT16 = 4 /* features of front ends only */
} fastmel_type;

/* Asked some twenty times a second on the calling thread; the call ends if it returns other than 0.
 */
typedef int (*fastmel_interrupt)(void* context);

/* The length of a signal that has not ended: its frames may not reach beyond `end`. */
#define FASTMEL_UNKNOWN_LENGTH ((int64_t)1 << 60)

/* --- front ends -------------------------------------------------------------------------- */

/* The catalogue: names, and a line about each; NULL where there is no i-th. */
FASTMEL_API int64_t fastmel_catalogue_size(void);
FASTMEL_API const char* fastmel_catalogue_name(int64_t i);
FASTMEL_API const char* fastmel_catalogue_description(int64_t i);

typedef struct fastmel_frontend fastmel_frontend;

/* Makes a front end of a name of the catalogue, or of a checkpoint on a hub,
 * "openai/whisper-small", whose features are a row's; or of JSON: what fastmel_frontend_json()
 * returns here or in another version, FrontEnd.to_json() in Python, or an object of some parameters
 * of Python's MelConfig; those that are left out have their defaults. *frontend is NULL if that
 * fails: then the message tells the name that may have been meant, or the parameter and what it
 * accepts. Free it when no call uses it any more; NULL may be freed. */
FASTMEL_API fastmel_status fastmel_frontend_create(const char* spec, fastmel_frontend** frontend);
FASTMEL_API void fastmel_frontend_free(fastmel_frontend* frontend);

/* These belong to the front end. The name is NULL where it is not one of the catalogue; the JSON
 * has all parameters, and what is made of it has the same features in every version. */
FASTMEL_API const char* fastmel_frontend_name(const fastmel_frontend* frontend);
FASTMEL_API const char* fastmel_frontend_json(const fastmel_frontend* frontend);

/* In Hz, and features of a frame. 0 for NULL. */
FASTMEL_API int64_t fastmel_frontend_sample_rate(const fastmel_frontend* frontend);
FASTMEL_API int64_t fastmel_frontend_n_features(const fastmel_frontend* frontend);

/* Frames, or patches of frames, of a signal of so many samples. */
FASTMEL_API fastmel_status fastmel_frontend_n_frames(const fastmel_frontend* frontend,
                                                     int64_t n_samples, int64_t* n_frames);

/* Features in C order, the last axis fastest: (features, frames) or (frames, features), as the
 * front end has it, and before them an axis of patches where it makes such. */
typedef struct fastmel_shape {
  int n_axes;
  int64_t axes[3];
  int64_t size; /* values, all in all */
  fastmel_type type;
} fastmel_shape;

/* The shape and the type of the features of a whole signal, or of a part of n_frames frames.
 * Signals that are too short are refused. */
FASTMEL_API fastmel_status fastmel_frontend_shape(const fastmel_frontend* frontend,
                                                  int64_t n_samples, fastmel_type sample_type,
                                                  fastmel_shape* shape);
FASTMEL_API fastmel_status fastmel_frontend_part_shape(const fastmel_frontend* frontend,
                                                       int64_t n_frames, fastmel_type sample_type,
                                                       fastmel_shape* shape);

/* Features of a whole signal of adjacent samples, on the calling thread. `size` is how many values
 * `features` has room for, which are of the shape's type. Samples that are not finite are refused,
 * and leave `features` in part unwritten. */
FASTMEL_API fastmel_status fastmel_frontend_run(const fastmel_frontend* frontend,
                                                const void* samples, fastmel_type sample_type,
                                                int64_t n_samples, void* features, int64_t size);

/* A signal and the place of its features; or of a longer signal the samples begin ... end - 1, and
 * the frames first ... first + n_frames - 1. Call fastmel_clip_init() first: it sets every member,
 * to what the comments say or else to 0. */
typedef struct fastmel_clip {
  size_t struct_size;  /* leave it as it is */
  const void* samples; /* sample `begin` */
  fastmel_type sample_type;
  int64_t sample_stride; /* in bytes; 0: they are adjacent */
  int64_t n_samples;     /* of the signal; of one that has not ended FASTMEL_UNKNOWN_LENGTH */
  void* features;
  int64_t size; /* values that it has room for */

  int64_t begin, end; /* `end` is n_samples unless set */
  /* Frames that the signal has; `n_frames` is -1, all frames of a whole signal, unless set. */
  int64_t first, n_frames;
} fastmel_clip;

#define fastmel_clip_init(clip) fastmel_clip_init_of_size((clip), sizeof(fastmel_clip))
FASTMEL_API void fastmel_clip_init_of_size(fastmel_clip* clip, size_t struct_size);

/* Runs clips as one job on up to `workers` threads, this one included; the features of each are
 * those of a call on it alone. Nothing is written if a clip is refused for other than a sample that
 * is not finite. bad_clip, unless NULL, gets the first that made the call FASTMEL_NOT_FINITE, or
 * -1. */
FASTMEL_API fastmel_status fastmel_frontend_run_clips(const fastmel_frontend* frontend,
                                                      const fastmel_clip* clips, int64_t n_clips,
                                                      int workers, fastmel_interrupt interrupt,
                                                      void* context, int64_t* bad_clip);

/* Whether parts of a signal can be run: 0 where a step, a maximum, statistics or dither need the
 * whole signal. */
FASTMEL_API int fastmel_frontend_runs_parts(const fastmel_frontend* frontend);

/* The samples *begin ... *end - 1 that frames first ... first + n_frames - 1 are made of, their
 * padding included: what a stream must hold. n_samples may be FASTMEL_UNKNOWN_LENGTH. */
FASTMEL_API fastmel_status fastmel_frontend_samples_of(const fastmel_frontend* frontend,
                                                       int64_t n_samples, int64_t first,
                                                       int64_t n_frames, int64_t* begin,
                                                       int64_t* end);

/* --- streams ----------------------------------------------------------------------------- */

/* Features of a signal that arrives in pieces: all that a stream gives, one after the other, is
 * what a call on the whole signal gives, bit for bit, however it is cut. A frame is given by the
 * push that makes it certain, and only the samples that later frames are made of are kept.
 *
 *     fastmel_stream *stream;
 *     fastmel_stream_create(frontend, FASTMEL_FLOAT32, &stream);
 *     while ((n = read(samples)) > 0) {
 *       fastmel_stream_push(stream, samples, n, features, size, &n_frames);
 *       ...
 *     }
 *     fastmel_stream_flush(stream, features, size, &n_frames);
 *     fastmel_stream_free(stream);
 *
 * The features of a call have the shape that fastmel_frontend_part_shape() tells of its frames.
 * One thread at a time may use a stream; another gets FASTMEL_FAILED. A call that fails leaves the
 * stream as it was, but for FASTMEL_NO_MEMORY. */
typedef struct fastmel_stream fastmel_stream;

/* Makes a stream of samples of a type; *stream is NULL if that fails. Front ends have none whose
 * frames are not certain before the signal ends: those that refer to a maximum or to statistics of
 * all of it, or repeat it; nor have those with dither of the signal. With a number for "peak" in
 * its JSON, Whisper's refers to no maximum. The front end may be freed before its streams. Free it
 * when no call uses it any more; NULL may be freed. */
FASTMEL_API fastmel_status fastmel_stream_create(const fastmel_frontend* frontend,
                                                 fastmel_type sample_type, fastmel_stream** stream);
FASTMEL_API void fastmel_stream_free(fastmel_stream* stream);

/* Another stream, which goes on from here on its own; *copy is NULL if that fails. */
FASTMEL_API fastmel_status fastmel_stream_copy(const fastmel_stream* stream, fastmel_stream** copy);

/* Frames that a push of so many samples will give, and that the end of the signal will. 0 for NULL,
 * and after the end. */
FASTMEL_API int64_t fastmel_stream_frames_of(const fastmel_stream* stream, int64_t n_samples);
FASTMEL_API int64_t fastmel_stream_frames_left(const fastmel_stream* stream);

/* Takes the next samples, which are adjacent and may be none; *n_frames frames are written, and
 * `size` is how many values `features` has room for. FASTMEL_NOT_FINITE: none of them is taken. */
FASTMEL_API fastmel_status fastmel_stream_push(fastmel_stream* stream, const void* samples,
                                               int64_t n_samples, void* features, int64_t size,
                                               int64_t* n_frames);

/* Ends the signal; the frames that are left are written. Signals that have frames and are too short
 * to be reflected at their edges are refused, and may go on. */
FASTMEL_API fastmel_status fastmel_stream_flush(fastmel_stream* stream, void* features,
                                                int64_t size, int64_t* n_frames);

/* Begins a new signal, also after the end of one. */
FASTMEL_API fastmel_status fastmel_stream_reset(fastmel_stream* stream);

/* Samples and frames (of front ends that end with Patches: patches) of the signal so far; and after
 * how many samples from its beginning on, t * hop_length (of stacked frames and patches, t strides
 * of hops), frame t is given, but for the first ones, which may mirror more. 0 for NULL. */
FASTMEL_API int64_t fastmel_stream_n_samples(const fastmel_stream* stream);
FASTMEL_API int64_t fastmel_stream_n_frames(const fastmel_stream* stream);
FASTMEL_API int64_t fastmel_stream_latency(const fastmel_stream* stream);

/* The next samples of one of many streams. Call fastmel_chunk_init() first: it sets every member to
 * 0. */
typedef struct fastmel_chunk {
  size_t struct_size; /* leave it as it is */
  fastmel_stream* stream;
  const void* samples;
  int64_t sample_stride; /* in bytes; 0: they are adjacent */
  int64_t n_samples;
  void* features;
  int64_t size;     /* values that it has room for */
  int64_t n_frames; /* set by the call: frames that are written */
} fastmel_chunk;

#define fastmel_chunk_init(chunk) fastmel_chunk_init_of_size((chunk), sizeof(fastmel_chunk))
FASTMEL_API void fastmel_chunk_init_of_size(fastmel_chunk* chunk, size_t struct_size);

/* Pushes to many streams of one front end as one job, on up to `workers` threads, this one
 * included: what a server does with its callers, at a fraction of the cost of as many calls. No
 * stream may be named twice. No stream has taken anything if one chunk is refused; bad_chunk,
 * unless NULL, gets the first that made the call FASTMEL_NOT_FINITE, or -1. */
FASTMEL_API fastmel_status fastmel_streams_push(fastmel_chunk* chunks, int64_t n_chunks,
                                                int workers, int64_t* bad_chunk);

/* --- what a chain computes --------------------------------------------------------------- */

typedef enum fastmel_precision FASTMEL_INT {
  FASTMEL_SINGLE = 0,
  FASTMEL_DOUBLE = 1
} fastmel_precision;

/* What lies beyond the ends of a signal, as in numpy.pad. */
typedef enum fastmel_pad FASTMEL_INT {
  FASTMEL_PAD_CONSTANT = 0, /* zeros */
  FASTMEL_PAD_EDGE = 1,
  FASTMEL_PAD_REFLECT = 2,
  FASTMEL_PAD_SYMMETRIC = 3,
  FASTMEL_PAD_LINEAR_RAMP = 4 /* down to 0 over `offset` samples */
} fastmel_pad;

/* A further feature of each frame: the logarithm of its energy. */
typedef enum fastmel_energy FASTMEL_INT {
  FASTMEL_ENERGY_NONE = 0,
  FASTMEL_ENERGY_RAW = 1,      /* before pre-emphasis and window */
  FASTMEL_ENERGY_WINDOWED = 2, /* after them */
  FASTMEL_ENERGY_SPECTRUM = 3  /* of the bins */
} fastmel_energy;

typedef enum fastmel_spectrum FASTMEL_INT {
  FASTMEL_COMPLEX = 0,
  FASTMEL_POWER = 1
} fastmel_spectrum;

typedef enum fastmel_log FASTMEL_INT {
  FASTMEL_LOG_NONE = 0,
  FASTMEL_LOG_LN = 1,
  FASTMEL_LOG_10 = 2,
  FASTMEL_LOG_2 = 3,
  FASTMEL_LOG_LN_ABOVE_E = 4 /* t = ln x where x > e, else x; then t where t > e, else t / e */
} fastmel_log;

/* Of which features the peak is the largest. */
typedef enum fastmel_peak FASTMEL_INT {
  FASTMEL_PEAK_ITEM = 0,
  FASTMEL_PEAK_BATCH = 1, /* all items of a call */
  FASTMEL_PEAK_FIXED = 2  /* none: it is `fixed_peak` */
} fastmel_peak;

/* A chain, in the order of its stages. Call fastmel_spec_init() first: it sets every member, to
 * what the comments say or else to 0; members that a later version adds keep their defaults so. */
typedef struct fastmel_spec {
  size_t struct_size;          /* leave it as it is */
  fastmel_precision precision; /* of the arithmetic; FASTMEL_DOUBLE */

  /* Framing. Frame t covers samples t * hop_length - offset ... + n_fft - 1. */
  int64_t n_fft;      /* 1 or more */
  int64_t hop_length; /* 1 ... 2^40 */
  int64_t offset;     /* within 2^40 */
  fastmel_pad pad_before, pad_after;

  /* The signal. */
  double scale;           /* of the samples; 1 */
  double preemphasis;     /* y[i] = x[i] - preemphasis * x[i - 1] */
  int first_has_previous; /* the first sample serves as the previous one of the second, with which
                             the signal begins */

  /* Each frame before its window: noise, subtraction of the mean, pre-emphasis. */
  int prepare;                         /* 0: none of it, and no energy */
  int64_t window_begin, window_length; /* where in the frame the window lies */
  double dither;                       /* amplitude of the noise, of scaled samples */
  uint64_t dither_seed;
  int remove_mean;
  double frame_preemphasis; /* the first sample precedes itself */
  fastmel_energy energy;
  double energy_gain;  /* its factor; 1 */
  double energy_floor; /* its least value */
  int energy_last;     /* after the bands; else before them. Without bands it replaces bin 0. */

  const double* window; /* n_fft values; not kept */

  /* Spectrum: (max(|X|^2, spectrum_floor) + spectrum_add) ^ (power / 2). */
  fastmel_spectrum spectrum; /* FASTMEL_POWER */
  double power;              /* 2 */
  double spectrum_floor, spectrum_add;

  /* Filterbank: n_bands rows of n_fft / 2 + 1 weights, one after the other; not kept. */
  int64_t n_bands;
  const double* bands; /* NULL, without bands: the features are the bins */

  /* Level: v = log_scale * log(max(x, log_floor) + log_add) - (that of the reference);
   *        v = max(v, peak - range) if has_range; then (v + shift) * gain, within low and high. */
  int leveled; /* 0: none of it */
  fastmel_log log;
  double log_scale; /* 1 */
  double log_floor; /* minus infinity */
  double log_add;
  int reference_is_peak;
  double reference; /* a feature, before its logarithm; 1 */
  int has_range;
  double range;
  fastmel_peak peak; /* what `range` and a reference at the peak refer to */
  double fixed_peak; /* as v */
  double shift;
  double gain;      /* 1 */
  double low, high; /* minus and plus infinity */
} fastmel_spec;

#define fastmel_spec_init(spec) fastmel_spec_init_of_size((spec), sizeof(fastmel_spec))
FASTMEL_API void fastmel_spec_init_of_size(fastmel_spec* spec, size_t struct_size);

/* --- plans ------------------------------------------------------------------------------- */

typedef struct fastmel_plan fastmel_plan;

/* Makes a plan; *plan is NULL if that fails. Free it when no call uses it any more; NULL may be
 * freed. */
FASTMEL_API fastmel_status fastmel_plan_create(const fastmel_spec* spec, fastmel_plan** plan);
FASTMEL_API void fastmel_plan_free(fastmel_plan* plan);

/* Features of a frame: bands or n_fft / 2 + 1 bins, and the energy. 0 for NULL. */
FASTMEL_API int64_t fastmel_n_features(const fastmel_plan* plan);

/* --- calls ------------------------------------------------------------------------------- */

/* Features of a whole signal of adjacent samples, on the calling thread: feature i of frame t goes
 * to features[i * n_frames + t]. `size` is that of `features`, at least n_features * n_frames. For
 * plans whose spectrum is no complex one. */
FASTMEL_API fastmel_status fastmel_run(const fastmel_plan* plan, const float* samples,
                                       int64_t n_samples, float* features, int64_t size,
                                       int64_t n_frames);

/* A signal of n_samples, of which samples begin ... end - 1 are in memory, and frames first ...
 * first + n_frames - 1 of it. All strides are in bytes. A plan whose level refers to the maximum
 * needs the whole signal. */
typedef struct fastmel_item {
  const void* samples; /* sample `begin` */
  fastmel_type sample_type;
  int64_t sample_stride;
  int64_t n_samples, begin, end;

  void*
      features; /* feature 0 of frame `first`; of a complex spectrum a feature is a pair (re, im) */
  fastmel_type feature_type; /* FASTMEL_FLOAT32; FASTMEL_FLOAT64 if the precision is double */
  int64_t feature_stride, frame_stride;
  int64_t first, n_frames;
} fastmel_item;

/* Runs items as one job on up to `workers` threads, this one included. Nothing is written if an
 * item is refused. bad_item, unless NULL, gets the first item that made the call
 * FASTMEL_NOT_FINITE, or -1. */
FASTMEL_API fastmel_status fastmel_run_items(const fastmel_plan* plan, const fastmel_item* items,
                                             int64_t n_items, int workers,
                                             fastmel_interrupt interrupt, void* context,
                                             int64_t* bad_item);

/* The samples *begin ... *end - 1 that frames first ... first + n_frames - 1 are made of, their
 * padding included: what a stream must hold. */
FASTMEL_API fastmel_status fastmel_samples_of(const fastmel_plan* plan, int64_t n_samples,
                                              int64_t first, int64_t n_frames, int64_t* begin,
                                              int64_t* end);

#ifdef __cplusplus
}
#endif

#endif /* FASTMEL_H */
