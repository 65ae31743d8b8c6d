// What compilers fuse where they may, for arithmetic.cmake: no headers, so that it compiles for any
// target.

struct Complex {
  double re, im;
};

float scalar(float a, float b, float c) { return a * b + c; }

void loop(float* c, const float* a, const float* b, int n) {
  for (int i = 0; i < n; ++i) c[i] -= a[i] * b[i];
}

// GCC 12 vectorises these two to products that are subtracted and added in turns, by one rounding,
// with contraction off.
Complex product(Complex a, Complex b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

void alternating(Complex* __restrict c, const Complex* __restrict a, const Complex* __restrict b,
                 const Complex* __restrict d, int n) {
  for (int i = 0; i < n; ++i) {
    c[i].re = a[i].re * b[i].re - d[i].re;
    c[i].im = a[i].im * b[i].im + d[i].im;
  }
}
