// Every allocation of the core fails once: the n-th, for all n up to the number that a call makes.
// The call then says that there is too little memory, and all that it took is given back. The
// linker puts the functions below in the place of the C library's (-Wl,--wrap).
//
// Built and run by `nox -s fuzz`; exits with 0, and prints how many allocations failed.
#include <fastmel/fastmel.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

namespace {

long until_failure = -1;  // allocations; none fails while it is negative
long living = 0;

bool fails() { return until_failure >= 0 && until_failure-- == 0; }

}  // namespace

extern "C" {
void* __real_malloc(std::size_t);
void* __real_aligned_alloc(std::size_t, std::size_t);
void __real_free(void*);

void* __wrap_malloc(std::size_t size) {
  if (fails()) return nullptr;
  ++living;
  return __real_malloc(size);
}

void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  if (fails()) return nullptr;
  ++living;
  return __real_aligned_alloc(alignment, size);
}

void __wrap_free(void* p) {
  living -= p != nullptr;
  __real_free(p);
}
}

void* operator new(std::size_t size) {
  if (void* p = __wrap_malloc(size != 0 ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* p = __wrap_aligned_alloc(unit, (size + unit - 1) / unit * unit)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { __wrap_free(p); }
void operator delete(void* p, std::size_t) noexcept { __wrap_free(p); }
void operator delete(void* p, std::align_val_t) noexcept { __wrap_free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { __wrap_free(p); }

namespace {

void require(bool condition, const char* what, long n) {
  if (condition) return;
  std::fprintf(stderr, "%s, where allocation %ld failed: %s\n", what, n, fastmel_message());
  std::exit(1);
}

struct Case {
  std::int64_t n_fft;
  int workers, n_items;
  bool leveled;
};

// Returns how many allocations failed, one at a time, of a plan and a run.
long failures_of(const Case& how) {
  const std::vector<double> window(static_cast<std::size_t>(how.n_fft), 1.0);
  const std::int64_t n_bins = how.n_fft / 2 + 1, n_bands = 8, n_frames = 3000;
  const std::vector<double> bands(static_cast<std::size_t>(n_bands * n_bins), 0.5);
  const std::vector<float> samples(static_cast<std::size_t>(how.n_fft + 4 * n_frames), 0.25f);
  std::vector<float> features(static_cast<std::size_t>(how.n_items * n_bands * n_frames));
  std::vector<fastmel_item> items(static_cast<std::size_t>(how.n_items));
  for (std::size_t i = 0; i < items.size(); ++i) {
    fastmel_item& item = items[i];
    item.samples = samples.data();
    item.sample_type = FASTMEL_FLOAT32;
    item.sample_stride = sizeof(float);
    item.n_samples = item.end = static_cast<std::int64_t>(samples.size());
    item.begin = item.first = 0;
    item.features = features.data() + static_cast<std::int64_t>(i) * n_bands * n_frames;
    item.feature_type = FASTMEL_FLOAT32;
    item.frame_stride = sizeof(float);
    item.feature_stride = n_frames * item.frame_stride;
    item.n_frames = n_frames;
  }
  fastmel_spec spec;
  fastmel_spec_init(&spec);
  spec.n_fft = how.n_fft;
  spec.hop_length = 4;
  spec.window = window.data();
  spec.bands = bands.data();
  spec.n_bands = n_bands;
  spec.leveled = how.leveled;
  spec.log = FASTMEL_LOG_LN;
  spec.log_floor = 1e-10;
  spec.has_range = how.leveled;
  spec.range = 8;

  for (long n = 0;; ++n) {
    const long before = living;
    until_failure = n;
    fastmel_plan* plan;
    fastmel_status status = fastmel_plan_create(&spec, &plan);
    if (status == FASTMEL_OK) {
      status = fastmel_run_items(plan, items.data(), how.n_items, how.workers, nullptr, nullptr,
                                 nullptr);
    }
    const bool all_succeeded = until_failure >= 0;
    until_failure = -1;
    // A thread that cannot be started leaves its work to the others.
    require(
        status == FASTMEL_NO_MEMORY || (status == FASTMEL_OK && (all_succeeded || how.workers > 1)),
        "another status", n);
    fastmel_plan_free(plan);
    require(living == before || how.workers > 1, "memory that is not given back", n);
    if (all_succeeded) return n;
  }
}

}  // namespace

int main() {
  long failures = 0;
  fastmel_instruction_set();  // which keeps a list for good
  for (const std::int64_t n_fft : {1, 16, 400, 509, 1021}) {
    for (const int workers : {1, 3}) {
      for (const int n_items : {1, 4}) {
        for (const bool leveled : {false, true}) {
          failures += failures_of({n_fft, workers, n_items, leveled});
        }
      }
    }
  }
  std::printf("%ld allocations failed, one at a time\n", failures);
  return 0;
}
