// libFuzzer's target for the C interface: arbitrary bytes become a chain and its items, whose
// buffers have exactly the sizes that the interface asks for, so that AddressSanitizer sees each
// step beyond them. What is accepted must give the same bits by two threads, and in two parts
// of which each holds the samples that fastmel_samples_of names, and no others.
//
//     nox -s fuzz
#include <fastmel/fastmel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace {

// What is left of the input; zeros after its end.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  bool flag() { return byte() % 2 != 0; }
  bool rarely() { return byte() % 16 == 15; }
  // 0 ... n - 1
  std::int64_t below(std::int64_t n) { return word() % n; }
  std::int64_t word() { return byte() << 16 | byte() << 8 | byte(); }

  // A usual number, or any.
  double number(double usual) {
    static const double odd[] = {0.0,
                                 -0.0,
                                 1.0,
                                 -1.0,
                                 0.97,
                                 1e-10,
                                 32768.0,
                                 1e30,
                                 -1e30,
                                 1e-30,
                                 5e-324,
                                 1.7e308,
                                 std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity(),
                                 std::numeric_limits<double>::quiet_NaN()};
    const std::uint8_t which = byte();
    if (which < 128) return usual;
    if (which < 240) return odd[which % (sizeof odd / sizeof *odd)];
    double x;
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | byte();
    std::memcpy(&x, &bits, sizeof x);
    return x;
  }

  // An enumerator, or now and then none.
  template <class E>
  E one_of(int n) {
    return static_cast<E>(rarely() ? static_cast<int>(byte()) : static_cast<int>(byte()) % n);
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

struct PlanFree {
  void operator()(fastmel_plan* plan) const { fastmel_plan_free(plan); }
};
using Plan = std::unique_ptr<fastmel_plan, PlanFree>;
using Memory = std::unique_ptr<char[]>;

void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "FAILED: %s (%s)\n", what, fastmel_message());
  std::abort();
}

fastmel_spec spec_of(Bytes& in, std::vector<double>& window, std::vector<double>& bands) {
  fastmel_spec spec;
  fastmel_spec_init(&spec);
  spec.precision = in.one_of<fastmel_precision>(2);
  spec.n_fft = in.rarely() ? in.word() % 4096 : 1 + in.byte() % 130;
  spec.hop_length = in.rarely() ? (std::int64_t{1} << in.byte() % 63) : 1 + in.byte() % 80;
  spec.offset = in.rarely() ? in.word() - (1 << 23) : in.byte() - std::int64_t{64};
  spec.pad_before = in.one_of<fastmel_pad>(5);
  spec.pad_after = in.one_of<fastmel_pad>(5);
  spec.scale = in.number(1);
  spec.preemphasis = in.number(0);
  spec.first_has_previous = in.flag();
  spec.prepare = in.flag();
  spec.window_begin = in.rarely() ? in.byte() : 0;
  spec.window_length = in.rarely() ? in.byte() - std::int64_t{2} : spec.n_fft - spec.window_begin;
  spec.dither = in.number(0);
  spec.dither_seed = static_cast<std::uint64_t>(in.word()) << 40 | 7u;
  spec.remove_mean = in.flag();
  spec.frame_preemphasis = in.number(0.97);
  spec.energy = in.one_of<fastmel_energy>(4);
  spec.energy_gain = in.number(1);
  spec.energy_floor = in.number(1e-10);
  spec.energy_last = in.flag();
  spec.spectrum = in.rarely() ? FASTMEL_COMPLEX : FASTMEL_POWER;
  spec.power = in.number(2);
  spec.spectrum_floor = in.number(0);
  spec.spectrum_add = in.number(0);
  spec.leveled = in.flag();
  spec.log = in.one_of<fastmel_log>(5);
  spec.log_scale = in.number(10);
  spec.log_floor = in.number(1e-10);
  spec.log_add = in.number(0);
  spec.reference_is_peak = in.rarely();
  spec.reference = in.number(1);
  spec.has_range = in.rarely();
  spec.range = in.number(80);
  spec.peak = in.one_of<fastmel_peak>(3);
  spec.fixed_peak = in.number(0);
  spec.shift = in.number(0);
  spec.gain = in.number(1);
  if (in.rarely()) spec.low = in.number(-1), spec.high = in.number(1);

  window.resize(static_cast<std::size_t>(std::max<std::int64_t>(spec.n_fft, 0)));
  for (std::size_t i = 0; i < window.size(); ++i) {
    window[i] = 0.5 + static_cast<double>(i % 7) / 16;
  }
  if (!window.empty()) window[window.size() / 2] = in.number(1);
  spec.window = window.data();
  if (in.flag()) {
    spec.n_bands = in.byte() % 24;
    const auto n_bins = static_cast<std::size_t>(spec.n_fft / 2 + 1);
    bands.assign(static_cast<std::size_t>(spec.n_bands) * n_bins, 0.0);
    for (std::size_t m = 0; m < static_cast<std::size_t>(spec.n_bands); ++m) {
      const std::size_t begin = in.byte() % n_bins, width = in.byte() % (n_bins + 1);
      for (std::size_t k = begin; k < std::min(n_bins, begin + width); ++k) {
        bands[m * n_bins + k] = 1.0 / static_cast<double>(1 + k - begin);
      }
    }
    bands.resize(std::max<std::size_t>(bands.size(), 1));
    spec.bands = bands.data();
  }
  return spec;
}

int size_of(fastmel_type type) {
  return type == FASTMEL_INT16 ? 2 : type == FASTMEL_FLOAT64 ? 8 : 4;
}

// Samples, and memory for features, each with the strides of an item.
struct Buffers {
  Memory samples, features;
  std::int64_t n_bytes = 0;
};

constexpr std::int64_t most_bytes = 1 << 20;

// Memory of exactly what two strides reach, and where its element (0, 0) is; null if it is large.
char* reached(std::int64_t unit, std::int64_t n, std::int64_t stride, std::int64_t m,
              std::int64_t other, Memory& memory, std::int64_t& n_bytes) {
  std::int64_t low = 0, high = unit;
  if (n <= 0 || m <= 0) low = high = 0;
  for (const auto& [count, step] : {std::pair{n, stride}, std::pair{m, other}}) {
    if (high == 0) break;
    if (std::abs(step) > most_bytes || count > most_bytes) return nullptr;
    (step < 0 ? low : high) += (count - 1) * step;
  }
  n_bytes = high - low;
  if (n_bytes > most_bytes) return nullptr;
  memory.reset(new char[static_cast<std::size_t>(n_bytes)]);
  return memory.get() - low;
}

void fill(const fastmel_item& item, Bytes& in) {
  std::uint32_t state = static_cast<std::uint32_t>(in.word()) | 1u;
  const bool finite = !in.rarely();
  for (std::int64_t i = 0; i < item.end - item.begin; ++i) {
    state = state * 1664525u + 1013904223u;
    char* at = static_cast<char*>(const_cast<void*>(item.samples)) + i * item.sample_stride;
    const double value = static_cast<std::int32_t>(state) * 0x1p-31;
    const bool is_odd = !finite && i % 97 == 5;
    const auto put = [&](auto x) { std::memcpy(at, &x, sizeof x); };
    switch (item.sample_type) {
      case FASTMEL_FLOAT32: put(is_odd ? std::nanf("") : static_cast<float>(value)); break;
      case FASTMEL_FLOAT64: put(is_odd ? -HUGE_VAL : value); break;
      case FASTMEL_INT16: put(static_cast<std::int16_t>(state >> 16)); break;
      default: put(static_cast<std::int32_t>(state)); break;
    }
  }
}

// An item that has all samples of its signal; false if its memory would be large.
bool item_of(Bytes& in, const fastmel_plan* plan, bool pairs, fastmel_item& item, Buffers& own) {
  item.sample_type = static_cast<fastmel_type>(in.byte() % 4);
  const std::int64_t size = size_of(item.sample_type);
  item.sample_stride = in.rarely() ? size * (in.byte() % 5 - 2) : size;
  item.n_samples = in.rarely() ? in.word() % 20000 : in.below(700);
  item.begin = 0;
  item.end = item.n_samples;
  char* samples = reached(size, item.n_samples, item.sample_stride, 1, 0, own.samples, own.n_bytes);
  item.feature_type = in.flag() ? FASTMEL_FLOAT64 : FASTMEL_FLOAT32;
  item.first = in.rarely() ? in.byte() : 0;
  item.n_frames = in.below(70);
  const std::int64_t unit = size_of(item.feature_type) * (pairs ? 2 : 1);
  const std::int64_t n = fastmel_n_features(plan);
  const bool rows = in.flag(), back = in.rarely();
  item.frame_stride = rows ? unit : unit * n;
  item.feature_stride = (rows ? unit * item.n_frames : unit) * (back ? -1 : 1);
  if (in.rarely()) item.feature_stride = unit * (in.byte() - 128);
  char* features = reached(unit, n, item.feature_stride, item.n_frames, item.frame_stride,
                           own.features, own.n_bytes);
  item.samples = samples;
  item.features = features;
  if (samples == nullptr || features == nullptr) return false;
  if (own.n_bytes > 0) std::memset(own.features.get(), 0x55, static_cast<std::size_t>(own.n_bytes));
  fill(item, in);
  return true;
}

bool accepted(fastmel_status status) {
  return status == FASTMEL_OK || status == FASTMEL_NOT_FINITE;
}

// Frames first ... first + n - 1 of an item, from a copy of the samples that they are made of.
fastmel_status run_part(const fastmel_plan* plan, const fastmel_item& whole, std::int64_t skipped,
                        std::int64_t n, char* features) {
  fastmel_item part = whole;
  part.first += skipped;
  part.n_frames = n;
  part.features = features + skipped * whole.frame_stride;
  if (fastmel_samples_of(plan, whole.n_samples, part.first, n, &part.begin, &part.end)) {
    return FASTMEL_INVALID;
  }
  const std::int64_t size = size_of(whole.sample_type), count = part.end - part.begin;
  const Memory samples(new char[static_cast<std::size_t>(size * count)]);
  for (std::int64_t i = 0; i < count; ++i) {
    std::memcpy(samples.get() + i * size,
                static_cast<const char*>(whole.samples) + (part.begin + i) * whole.sample_stride,
                static_cast<std::size_t>(size));
  }
  part.samples = samples.get();
  part.sample_stride = size;
  std::int64_t bad;
  return fastmel_run_items(plan, &part, 1, 1, nullptr, nullptr, &bad);
}

void check_parts(const fastmel_plan* plan, const fastmel_item& whole, const Buffers& own,
                 std::int64_t at) {
  const auto n_bytes = static_cast<std::size_t>(own.n_bytes);
  const Memory again(new char[n_bytes]);
  std::memset(again.get(), 0x55, n_bytes);
  char* features = again.get() + (static_cast<char*>(whole.features) - own.features.get());
  check(accepted(run_part(plan, whole, 0, at, features)), "a part is refused");
  check(accepted(run_part(plan, whole, at, whole.n_frames - at, features)), "a part is refused");
  check(std::memcmp(again.get(), own.features.get(), n_bytes) == 0, "parts have other bits");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes in(data, size);
  std::vector<double> window, bands;
  const fastmel_spec spec = spec_of(in, window, bands);
  fastmel_plan* made;
  const fastmel_status status = fastmel_plan_create(&spec, &made);
  const Plan plan(made);
  check((status == FASTMEL_OK) == (made != nullptr), "a plan and a status");
  if (!made) return 0;

  const std::int64_t n_items = 1 + in.byte() % 3;
  std::vector<fastmel_item> items(static_cast<std::size_t>(n_items));
  std::vector<Buffers> own(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!item_of(in, made, spec.spectrum == FASTMEL_COMPLEX, items[i], own[i])) return 0;
  }
  std::int64_t bad;
  const fastmel_status ran =
      fastmel_run_items(made, items.data(), n_items, 1, nullptr, nullptr, &bad);
  check((ran == FASTMEL_NOT_FINITE) == (bad >= 0) && bad < n_items, "the bad item");
  if (!accepted(ran)) return 0;

  std::vector<std::vector<char>> first;
  for (const Buffers& of : own) {
    first.emplace_back(of.features.get(), of.features.get() + of.n_bytes);
  }
  std::int64_t same;
  check(fastmel_run_items(made, items.data(), n_items, 2, nullptr, nullptr, &same) == ran,
        "two threads have another status");
  check(same == bad, "two threads name another item");
  for (std::size_t i = 0; i < own.size(); ++i) {
    check(own[i].n_bytes == 0 ||
              std::memcmp(first[i].data(), own[i].features.get(), first[i].size()) == 0,
          "two threads have other bits");
  }
  const bool of_maximum = spec.leveled && (spec.reference_is_peak ||
                                           (spec.has_range && spec.peak != FASTMEL_PEAK_FIXED));
  const bool alone = n_items == 1 && items[0].n_frames > 1;
  if (alone && ran == FASTMEL_OK && !of_maximum)
    check_parts(made, items[0], own[0], items[0].n_frames / 2);
  return 0;
}
