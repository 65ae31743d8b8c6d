// The floating-point environment of a calculation: rounding to nearest, subnormal numbers kept,
// exceptions masked, whatever the caller has set. Some libraries flush subnormals to zero for the
// whole process, which changes results.
//
// Not inline: a calculation that the compiler can see into may be moved to before its environment.
#pragma once

namespace fastmel {

class FloatEnvironment {
 public:
  FloatEnvironment();
  ~FloatEnvironment();  // restores the thread's own, and which exceptions it had raised
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
  unsigned long long saved_;
};

}  // namespace fastmel
