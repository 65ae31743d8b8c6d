// Features of a live signal, frame by frame as they become certain.
//
//     arecord -t raw -f FLOAT_LE -r 16000 | ./live kaldi-fbank > features.f32
//
// Samples are native float32 at the front end's sample rate, and come in chunks of 10 ms, as from a
// sound card. What is written has the bits of a call on the whole signal, for front ends whose
// frames follow each other in memory.
#include <cstdio>
#include <exception>
#include <fastmel/fastmel.hpp>
#include <string>
#include <vector>

namespace {

void write(const std::vector<float>& features) {
  std::fwrite(features.data(), sizeof(float), features.size(), stdout);
  std::fflush(stdout);
}

void run(const std::string& name) {
  const fastmel::FrontEnd front_end(name);
  fastmel::Stream stream(front_end);
  const double rate = static_cast<double>(front_end.sample_rate());
  std::fprintf(stderr, "a frame comes %.1f ms after its hop begins\n",
               1e3 * static_cast<double>(stream.latency()) / rate);
  std::vector<float> chunk(static_cast<std::size_t>(rate) / 100);
  for (;;) {
    const std::size_t got = std::fread(chunk.data(), sizeof(float), chunk.size(), stdin);
    if (got == 0) break;
    write(stream.push(chunk.data(), static_cast<std::int64_t>(got)));
  }
  write(stream.flush());
}

}  // namespace

int main(int n_arguments, char** arguments) {
  if (n_arguments != 2) {
    std::fprintf(stderr, "usage: live FRONT_END < samples.f32 > features.f32\n");
    return 2;
  }
  try {
    run(arguments[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "live: %s\n", error.what());
    return 1;
  }
  return 0;
}
