// What a core does at most: additions and multiplications of vectors of WIDTH bytes of REAL that do
// not wait for each other. Compiled and called by peak.py, once for each instruction set.
typedef REAL vec __attribute__((vector_size(WIDTH)));

// Six of each fill the ports (latency 4, at most 3 ports), and 16 registers.
enum { CHAINS = 6, OPERATIONS = 2 * CHAINS * (WIDTH / sizeof(REAL)) };

#define LOOP(name, first, second)                                                  \
  REAL name(long n, REAL zero, REAL one) {                                         \
    const vec s = (vec){0} + zero, t = (vec){0} + one; /* known at run time only */ \
    vec a[CHAINS], b[CHAINS], sum = s;                                             \
    for (int i = 0; i < CHAINS; ++i) a[i] = b[i] = t + (REAL)i;                    \
    for (long k = 0; k < n; ++k) {                                                 \
      _Pragma("GCC unroll 8") for (int i = 0; i < CHAINS; ++i) {                   \
        first;                                                                     \
        second;                                                                    \
      }                                                                            \
    }                                                                              \
    for (int i = 0; i < CHAINS; ++i) sum += a[i] + b[i];                           \
    return sum[0];                                                                 \
  }

LOOP(additions, a[i] += s, b[i] += s)
LOOP(multiplications, a[i] *= t, b[i] *= t)
LOOP(both, a[i] += s, b[i] *= t)

long operations(void) { return OPERATIONS; }
