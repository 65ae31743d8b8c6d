// Mel-like bands of files of any lengths, as one job on two threads.
//
//     ./batch a.f32 b.f32 > features.f32
//
// Samples and features are native float32; of each file, 20 rows of 1 + n_samples / 160 frames.
#include <cmath>
#include <cstdio>
#include <exception>
#include <fastmel/fastmel.hpp>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

constexpr std::int64_t n_fft = 400, hop_length = 160, n_bands = 20;

// Triangles of equal width.
std::vector<double> triangles() {
  const int n_bins = n_fft / 2 + 1;
  const double width = n_bins / (n_bands + 1.0);
  std::vector<double> weights;
  for (int m = 1; m <= n_bands; ++m) {
    for (int k = 0; k < n_bins; ++k) {
      weights.push_back(std::fmax(0.0, 1 - std::fabs(k - m * width) / width));
    }
  }
  return weights;
}

fastmel::Plan make_plan() {
  const std::vector<double> window(n_fft, 1.0), weights = triangles();
  fastmel::Spec spec;
  spec.precision = FASTMEL_SINGLE;
  spec.n_fft = n_fft;
  spec.hop_length = hop_length;
  spec.offset = n_fft / 2;
  spec.window = window.data();
  spec.n_bands = n_bands;
  spec.bands = weights.data();
  spec.leveled = 1;
  spec.log = FASTMEL_LOG_LN;
  spec.log_floor = 1e-10;
  return fastmel::Plan(spec);
}

std::vector<float> read(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<float> samples(static_cast<std::size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(samples.data()),
            static_cast<std::streamsize>(samples.size() * sizeof(float)));
  return samples;
}

}  // namespace

int main(int n_arguments, char** arguments) try {
  const fastmel::Plan plan = make_plan();
  std::vector<std::vector<float>> signals, features;
  std::vector<fastmel_item> items;
  for (int i = 1; i < n_arguments; ++i) {
    signals.push_back(read(arguments[i]));
    const auto n_samples = static_cast<std::int64_t>(signals.back().size());
    fastmel_item item{};
    item.sample_stride = item.frame_stride = sizeof(float);
    item.n_samples = item.end = n_samples;
    item.n_frames = 1 + n_samples / hop_length;
    item.feature_stride = item.n_frames * item.frame_stride;
    features.emplace_back(static_cast<std::size_t>(plan.n_features() * item.n_frames));
    item.samples = signals.back().data();  // its memory stays where it is
    item.features = features.back().data();
    items.push_back(item);
  }
  plan.run(items, 2);
  for (const auto& of_file : features) {
    std::fwrite(of_file.data(), sizeof(float), of_file.size(), stdout);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "batch: %s\n", error.what());
  return 1;
}
