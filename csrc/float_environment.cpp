#include "float_environment.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#elif !defined(__aarch64__)
#include <cfenv>
#endif

namespace fastmel {

namespace {

#if defined(__x86_64__) || defined(_M_X64)

using Control = unsigned;
constexpr Control standard = 0x1f80;
Control control() { return _mm_getcsr(); }
void set_control(Control c) { _mm_setcsr(c); }
bool is_standard(Control c) { return (c & ~0x3fu) == standard; }  // whatever was raised before

#elif defined(__aarch64__)

// The control register, and above it the status register, which has what was raised.
using Control = unsigned long long;
constexpr Control standard = 0;
Control control() {
  Control c, status;
  __asm__ volatile("mrs %0, fpcr" : "=r"(c));
  __asm__ volatile("mrs %0, fpsr" : "=r"(status));
  return status << 32 | (c & 0xffffffff);
}
void set_control(Control c) {
  const Control mode = c & 0xffffffff, status = c >> 32;
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
  __asm__ volatile("msr fpsr, %0" : : "r"(status));
}
bool is_standard(Control c) { return (c & 0xffffffff) == standard; }

#else

// C's own: the rounding mode. These machines have no other that a library would set.
using Control = int;
constexpr Control standard = FE_TONEAREST;
Control control() { return std::fegetround(); }
void set_control(Control c) { std::fesetround(c); }
bool is_standard(Control c) { return c == standard; }

#endif

}  // namespace

FloatEnvironment::FloatEnvironment() : saved_(control()) {
  if (!is_standard(static_cast<Control>(saved_))) set_control(standard);
}

FloatEnvironment::~FloatEnvironment() { set_control(static_cast<Control>(saved_)); }

}  // namespace fastmel
