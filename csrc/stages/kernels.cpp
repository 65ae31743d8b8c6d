// Fills the table of one instruction set. The only file that is compiled several times; it sees
// raw pointers and plain structs, and turns run-time types into template arguments.
#include "../kernels.h"
#include "../float_environment.h"

#include "normalize.h"
#include "overlap_add.h"
#include "pcen.h"
#include "pipeline.h"
#include "project.h"

#define FASTMEL_STRING2(x) #x
#define FASTMEL_STRING(x) FASTMEL_STRING2(x)

namespace fastmel::FASTMEL_VARIANT {
namespace {

template <class X>
struct type_tag {
  using type = X;
};

template <class F>
auto with_real(Real real, F&& f) {
  return real == Real::f64 ? f(type_tag<double>()) : f(type_tag<float>());
}

template <class F>
auto with_precision(Precision precision, F&& f) {
  return precision == Precision::f64 ? f(type_tag<double>()) : f(type_tag<float>());
}

template <class F>
void with_sample(Sample sample, F&& f) {
  switch (sample) {
    case Sample::f32: return f(type_tag<float>());
    case Sample::f64: return f(type_tag<double>());
    case Sample::i16: return f(type_tag<std::int16_t>());
    case Sample::i32: return f(type_tag<std::int32_t>());
  }
}

// Single precision never writes double: the caller converts such input beforehand.
template <class F>
void with_precision_and_output(Precision precision, Real output, F&& f) {
  if (precision == Precision::f32) return f(type_tag<float>(), type_tag<float>());
  if (output == Real::f32) return f(type_tag<double>(), type_tag<float>());
  return f(type_tag<double>(), type_tag<double>());
}

index lanes(Precision precision) {
  return with_precision(precision, [](auto t) { return vec<typename decltype(t)::type>::lanes; });
}

void* make_fft(index n_fft, Precision precision, bool fused) {
  return with_precision(precision, [=](auto t) -> void* {
    try {
      return new RealFft<typename decltype(t)::type>(n_fft, fused);
    } catch (...) {
      return nullptr;
    }
  });
}

void free_fft(void* fft, Precision precision) {
  with_precision(precision,
                 [=](auto t) { delete static_cast<RealFft<typename decltype(t)::type>*>(fft); });
}

index arranged_size(const void* fft, Precision precision) {
  return with_precision(precision, [=](auto t) {
    return static_cast<const RealFft<typename decltype(t)::type>*>(fft)->arranged_size();
  });
}

void arrange(const void* fft, Precision precision, const void* window, void* out) {
  with_precision(precision, [=](auto t) {
    using T = typename decltype(t)::type;
    static_cast<const RealFft<T>*>(fft)->arrange(static_cast<const T*>(window),
                                                 static_cast<T*>(out));
  });
}

index scratch_bytes(const Chain& chain, Sample sample) {
  return with_precision(chain.precision, [&](auto t) {
    return block_scratch_bytes<typename decltype(t)::type>(chain, sample);
  });
}

void run(const Chain& chain, const Signal& signal, const Features& features, index first,
         index n_frames, void* scratch, Statistics* statistics) {
  with_precision_and_output(chain.precision, features.type, [&](auto t, auto o) {
    with_sample(signal.type, [&](auto s) {
      run_frames<typename decltype(s)::type, typename decltype(t)::type,
                 typename decltype(o)::type>(chain, signal, features, first, n_frames, scratch,
                                             statistics);
    });
  });
}

void level(const Level& level, Precision precision, Real type, const void* in, void* out, index n,
           index stride) {
  with_precision_and_output(precision, type, [&](auto t, auto o) {
    using T = typename decltype(t)::type;
    using O = typename decltype(o)::type;
    apply_level(LevelOf<T, O>(level), static_cast<const O*>(in), static_cast<O*>(out), n, stride);
  });
}

double level_of(const Level& level, Precision precision, Real type, double x) {
  double result = 0;
  with_precision_and_output(precision, type, [&](auto t, auto o) {
    using T = typename decltype(t)::type;
    const LevelOf<T, typename decltype(o)::type> of(level);
    const vec<T> reference(static_cast<T>(level.reference));
    result = static_cast<double>(max_lane(of.logarithm(vec<T>(static_cast<T>(x))) - reference));
  });
  return result;
}

double maximum(Real type, const void* in, index n) {
  return with_real(type, [&](auto o) {
    return static_cast<double>(
        maximum_or_nan(static_cast<const typename decltype(o)::type*>(in), n));
  });
}

void project_columns(const Bands& bands, Precision precision, index n_in, const Features& in,
                     const Features& out, index n_frames, void* scratch) {
  with_precision_and_output(precision, out.type, [&](auto t, auto o) {
    using T = typename decltype(t)::type;
    using O = typename decltype(o)::type;
    if (in.type == Real::f64) {
      project<T, double, O>(bands, n_in, in, out, n_frames, scratch);
    } else {
      project<T, float, O>(bands, n_in, in, out, n_frames, scratch);
    }
  });
}

void normalize(const Normalization& how, const Features& features, index n_features, index n_frames,
               void* scratch) {
  with_real(features.type, [&](auto o) {
    normalize_features(how, rows_of<typename decltype(o)::type>(features), n_features, n_frames,
                       scratch);
  });
}

index overlap_bytes(const Framing& framing, Precision precision) {
  return with_precision(precision, [&](auto t) {
    return overlap_scratch_bytes<typename decltype(t)::type>(framing);
  });
}

void overlap(const Framing& framing, const double* window, const void* fft,
             const Features& spectrum, index n_frames, double smallest, void* out, index n_out,
             void* scratch) {
  with_real(spectrum.type, [&](auto t) {
    overlap_add(framing, window, fft, spectrum, n_frames, smallest,
                static_cast<typename decltype(t)::type*>(out), n_out, scratch);
  });
}

void pcen(const Pcen& pcen, Real type, const void* s, const void* r, double* out, index n_rows,
          index n_frames, double* state) {
  with_real(type, [&](auto i) {
    using I = typename decltype(i)::type;
    pcen_rows(pcen, static_cast<const I*>(s), static_cast<const I*>(r), out, n_rows, n_frames,
              state);
  });
}

void noise(std::uint64_t seed, index first, double* out, index n) {
  constexpr index step = vec<double>::lanes;
  for (index i = 0; i < n; i += step) {
    std::uint64_t counter[step];
    for (index j = 0; j < step; ++j) counter[j] = static_cast<std::uint64_t>(first + i + j);
    double lane[step];
    normal_deviates(mixed(seed), counter).store(lane);
    for (index j = 0; j < step && i + j < n; ++j) out[i + j] = lane[j];
  }
}

template <class T, class F>
void map(const void* in, void* out, index n, F&& f) {
  constexpr index step = vec<T>::lanes;
  for (index i = 0; i < n; i += step) {
    const index count = n - i < step ? n - i : step;
    T lane[step] = {};
    for (index j = 0; j < count; ++j) lane[j] = static_cast<const T*>(in)[i + j];
    f(vec<T>::load(lane)).store(lane);
    for (index j = 0; j < count; ++j) static_cast<T*>(out)[i + j] = lane[j];
  }
}

void function(int which, Real type, const void* in, void* out, index n) {
  if (which < 3) {
    const Log kind = which == 0 ? Log::ln : which == 1 ? Log::log10 : Log::log2;
    with_real(type, [&](auto t) {
      using T = typename decltype(t)::type;
      map<T>(in, out, n, [&](vec<T> x) { return log(x, log_base<T>(kind)); });
    });
  } else {
    map<double>(in, out, n, [&](vec<double> x) {
      return which == 3 ? exp(x) : which == 4 ? log1p(x) : expm1(x);
    });
  }
}

// f in the environment that its results are defined in. The compiler must not see into the call: it
// knows of no environment, and may do arithmetic before it.
template <auto f>
struct Defined;

template <class R, class... A, R (*f)(A...)>
struct Defined<f> {
  static R call(A... a) {
    R (*volatile const hidden)(A...) = f;
    const FloatEnvironment environment;
    return hidden(a...);
  }
};

}  // namespace

extern const Kernels kernels;
const Kernels kernels{FASTMEL_STRING(FASTMEL_VARIANT),
                      needs,
                      lanes,
                      Defined<make_fft>::call,
                      free_fft,
                      arranged_size,
                      arrange,
                      scratch_bytes,
                      Defined<run>::call,
                      Defined<level>::call,
                      Defined<level_of>::call,
                      Defined<maximum>::call,
                      Defined<project_columns>::call,
                      normalize_scratch_bytes,
                      Defined<normalize>::call,
                      overlap_bytes,
                      Defined<overlap>::call,
                      Defined<pcen>::call,
                      Defined<noise>::call,
                      Defined<function>::call};

}  // namespace fastmel::FASTMEL_VARIANT
