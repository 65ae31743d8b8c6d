// What the processor and the operating system offer; nothing else.
#pragma once

namespace fastmel {

struct Cpu {
  bool avx2;
  bool avx512;  // F, CD, BW, DQ and VL, as of Skylake-X
};

Cpu detect_cpu();

}  // namespace fastmel
