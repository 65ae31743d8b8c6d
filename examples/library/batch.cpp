// Features of files of any lengths, as one job on two threads.
//
//     ./batch whisper a.f32 b.f32 > features
//
// Samples are native float32 at the front end's sample rate. The features of one file follow those
// of the other, as they lie in memory.
#include <cstdio>
#include <exception>
#include <fastmel/fastmel.hpp>
#include <fstream>
#include <string>
#include <vector>

namespace {

std::vector<float> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<float> samples(static_cast<std::size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(samples.data()),
            static_cast<std::streamsize>(samples.size() * sizeof(float)));
  return samples;
}

std::size_t bytes_of(fastmel_type type) {
  return type == FASTMEL_FLOAT16 ? 2 : type == FASTMEL_FLOAT64 ? 8 : 4;
}

// A file and room for its features.
struct Job {
  std::vector<float> samples;
  std::vector<char> features;
  fastmel::Clip clip;

  Job(const fastmel::FrontEnd& frontend, const std::string& path) : samples(read(path)) {
    const auto n_samples = static_cast<std::int64_t>(samples.size());
    const fastmel_shape shape = frontend.shape(n_samples);
    features.resize(static_cast<std::size_t>(shape.size) * bytes_of(shape.type));
    clip.samples = samples.data();  // its memory stays where it is
    clip.n_samples = n_samples;
    clip.features = features.data();
    clip.size = shape.size;
  }
};

}  // namespace

int main(int n_arguments, char** arguments) try {
  if (n_arguments < 2) {
    for (const auto& entry : fastmel::catalogue()) {
      std::printf("%s: %s\n", entry.name.c_str(), entry.description.c_str());
    }
    return 2;
  }
  const fastmel::FrontEnd frontend(arguments[1]);
  std::vector<Job> jobs;
  std::vector<fastmel::Clip> clips;
  for (int i = 2; i < n_arguments; ++i) {
    jobs.emplace_back(frontend, arguments[i]);
    clips.push_back(jobs.back().clip);
  }
  frontend.run(clips, 2);
  for (const Job& job : jobs) std::fwrite(job.features.data(), 1, job.features.size(), stdout);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "batch: %s\n", error.what());
  return 1;
}
