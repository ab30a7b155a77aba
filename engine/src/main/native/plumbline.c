// The native kernel: exact integer products of packed weights, and exact attention, with the widest vectors
// that the processor has. It returns the bits of the scalar kernel (spec/arithmetic.md); vector width,
// order of additions and number of threads show in nothing but time.
//
// No function here allocates (but plumb_allocate), locks, or keeps state: all are safe for threads. The caller
// has checked every length. Stack use stays below 80 KiB, the room that a JVM leaves for native code.

#define _DEFAULT_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define API __attribute__((visibility("default")))
#define ALIGNED __attribute__((aligned(64)))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define EACH(i, count) UNROLL for (int i = 0; i < (count); i++)

// The compiler must not carry the contents of `a` over in registers: there are too few.
#define KEEP_IN_MEMORY(a) __asm__ volatile("" : : "r"(a) : "memory")

enum { PORTABLE, AVX2, AVX512, NEON, SHA }; // instruction sets, and what x86 has for SHA-256
enum { F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_XS }; // formats
enum { LOG2E_20 = 1512775, SLOPE_20 = 2414040, CUBE_30 = 48012366 }; // spec/arithmetic.md E2, G1, G2
enum {
    VERSION = 2,        // of what callers rely on: names, parameters, packed layout
    GROUP = 32,         // rows packed together
    BLOCK = 32,         // columns under one scale
    INPUTS_MAX = 64,    // input rows per pass over the weights
    TOTALS_MAX = 12288, // sums of blocks of inputs, per pass
    MIX_RUN = 128,      // positions between two folds of weighted values
    HEAD_MAX = 512,     // entries of a head
    EXP_RUN = 256,      // powers of two at a time, a multiple of 8
    AHEAD_BYTES = 8192, // weights that are read once are asked for earlier than the processor would by itself
    WIDE_EXPONENT = 22, // of an f16 whose integer may need more than 31 bits: below, it is at most 2047 * 2^20
};

#define EACH_FORMAT(f) f(Q4_0) f(Q4_1) f(Q5_0) f(Q5_1) f(Q8_0) f(IQ4_NL) \
    f(Q2_K) f(Q3_K) f(Q4_K) f(Q5_K) f(Q6_K) f(IQ4_XS)

struct job {
    int format, rows, columns, count, from, to;
    const uint8_t *w;
    const int16_t *x;
    const int32_t *exponents; // or NULL: results are exact sums instead of wide values
    int64_t *y;
};

// One head of attention: a query row, and the rows that it sees.
struct head {
    const int64_t *table; // of Exp2
    const int16_t *q, *keys, *values, *key_exponents, *value_exponents;
    int eq, size, count;
    int64_t *dots;    // room for `count`, and as many
    int32_t *weights; // behind them
    int64_t *out;
};

#include "layout.h"

API int32_t plumb_version(void) { return VERSION; }

// Memory for packed weights, in large pages where the system has them; NULL if there is none.
API void *plumb_allocate(int64_t bytes)
{
    const size_t large = (size_t)2 << 20;
    void *memory;
    if (posix_memalign(&memory, (size_t)bytes < large ? 64 : large, (size_t)bytes) != 0) {
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if ((size_t)bytes >= large) {
        madvise(memory, (size_t)bytes, MADV_HUGEPAGE); // a wish: pages of any size will do
    }
#endif
    return memory;
}

API void plumb_free(void *memory) { free(memory); }

// --- results ------------------------------------------------------------------------------------------------

#define WIDE_MAX ((INT64_C(1) << 47) - 1)

// spec/arithmetic.md P1, for 0 <= s <= 62 and sums that fit.
static inline int64_t shift(int64_t a, int64_t s) { return (a + ((INT64_C(1) << s) >> 1)) >> s; }

// The same for |a| < 2^62: in this form compilers make vectors where each s is another.
static inline int64_t shift_each(int64_t a, int64_t s) { return ((a * 2 >> s) + 1) >> 1; }

// P4
static inline int bits(uint64_t a) { return a == 0 ? 0 : 64 - __builtin_clzll(a); }

// P2
static inline int64_t wide(int64_t a, int s)
{
    if (s < 0) {
        int64_t limit = s < -47 ? 0 : WIDE_MAX >> -s;
        return a > limit ? WIDE_MAX : a < -limit ? -WIDE_MAX : (int64_t)((uint64_t)a << -s);
    }
    a = s > 62 ? 0 : shift(a, s);
    return a > WIDE_MAX ? WIDE_MAX : a < -WIDE_MAX ? -WIDE_MAX : a;
}

// Writes the sums of input t and the 32 rows from `row` on, those that are asked for (M2).
static inline void deliver(const struct job *j, int t, int row, int64_t *sums)
{
    int64_t *y = j->y + (size_t)t * j->rows + row;
    int rows = j->to - row < GROUP ? j->to - row : GROUP;
    for (int r = 0; j->exponents != NULL && r < GROUP; r++) {
        sums[r] = wide(sums[r], 24 - 20 - j->exponents[t]);
    }
    memcpy(y, sums, (size_t)rows * sizeof *y);
}

// --- portable attention -------------------------------------------------------------------------------------

static void scores_portable(const int16_t *q, const int16_t *k, int size, int positions, int64_t *out)
{
    for (int j = 0; j < positions; j++, k += size) {
        int64_t sum = 0;
        for (int d = 0; d < size; d++) {
            sum += q[d] * k[d];
        }
        out[j] = sum;
    }
}

static void mix_portable(const int32_t *w, const int16_t *v, int size, int positions, int64_t *out)
{
    memset(out, 0, (size_t)size * sizeof *out);
    for (int j = 0; j < positions; j++, v += size) {
        for (int d = 0; d < size; d++) {
            out[d] += (int64_t)w[j] * v[d];
        }
    }
}

// E1: t becomes 2^(-t / 2^24), in place; `table` as Exp2.table() has it.
static void exp2_portable(const int64_t *table, int64_t *t, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t p = table[t[i] >> 16 & 255];
        p = shift(p * table[256 + (t[i] >> 8 & 255)], 31);
        p = shift(p * table[512 + (t[i] & 255)], 31);
        t[i] = shift(p, (t[i] >> 24 > 40 ? 40 : t[i] >> 24) + 1);
    }
}

// --- instruction sets ---------------------------------------------------------------------------------------

#define ISA(name) name##_portable
#define TARGET
#define INLINE static inline
#include "steps.h"
#include "undef.h"

#if defined(__x86_64__)
#include "avx512.h"
#include "product.h"
#include "attention.h"
#include "steps.h"
#include "undef.h"
#include "avx2.h"
#include "product.h"
#include "attention.h"
#include "steps.h"
#include "undef.h"
#include "sha256.h"
#elif defined(__aarch64__)
#include "neon.h"
#include "product.h"
#include "steps.h"
#include "undef.h"
#endif

// Bit i is set where instruction set i works here.
API int32_t plumb_sets(void)
{
    int32_t sets = 1 << PORTABLE;
#if defined(__x86_64__)
    unsigned a, b, c, d;
    __builtin_cpu_init();
    int f16c = __get_cpuid(1, &a, &b, &c, &d) && (c >> 29 & 1);
    if (f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        sets |= 1 << AVX2;
        sets |= __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1) ? 1 << SHA : 0;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512vnni")) {
            sets |= 1 << AVX512;
        }
    }
#elif defined(__aarch64__)
    sets |= 1 << NEON;
#endif
    return sets;
}

static const struct {
    void (*product)(const struct job *);
    void (*scores)(const int16_t *, const int16_t *, int, int, int64_t *);
    void (*mix)(const int32_t *, const int16_t *, int, int, int64_t *);
    void (*attend)(const struct head *);
    int (*rotate)(int64_t *, int, int, int, const int32_t *, const int32_t *, int64_t, int16_t *);
    int (*gate)(const int64_t *, int, int64_t *, int64_t *, int, int16_t *);
} SETS[] = {
#define SET(isa) {product_##isa, scores_##isa, mix_##isa, attend_##isa, rotate_##isa, gate_##isa}
#define product_portable NULL // Java's scalar kernel does it
    [PORTABLE] = SET(portable),
#undef product_portable
#if defined(__x86_64__)
    [AVX2] = SET(avx2),
    [AVX512] = SET(avx512),
#elif defined(__aarch64__)
    [NEON] = SET(neon),
#endif
};

// --- what Java calls; `set` is one of plumb_sets() ------------------------------------------------------------

// y[t * rows + r] = sum over c of W[r][c] * x[t * columns + c] for r in from .. to (from a multiple of 32) and
// every t < count; where `exponents` isn't NULL, as the wide value that belongs to exponents[t] (M2).
API void plumb_multiply(int32_t set, int32_t format, const uint8_t *w, const int16_t *x,
                        const int32_t *exponents, int64_t *y, int32_t rows, int32_t columns, int32_t count,
                        int32_t from, int32_t to)
{
    struct job j = {format, rows, columns, count, from, to, w, x, exponents, y};
    SETS[set].product(&j);
}

// out[outAt + j] = sum over d of q[qAt + d] * k[kAt + j * size + d]; size at most 16,384.
API void plumb_scores(int32_t set, const int16_t *q, int32_t qAt, const int16_t *k, int32_t kAt, int32_t size,
                      int32_t positions, int64_t *out, int32_t outAt)
{
    SETS[set].scores(q + qAt, k + kAt, size, positions, out + outAt);
}

// out[outAt + d] = sum over j of w[j] * v[vAt + j * size + d], where 0 <= w[j] < 2^25.
API void plumb_mix(int32_t set, const int32_t *w, const int16_t *v, int32_t vAt, int32_t size,
                   int32_t positions, int64_t *out, int32_t outAt)
{
    SETS[set].mix(w, v + vAt, size, positions, out + outAt);
}

// Attention of one query row with `count` positions from `from` on (T2 to T5): wide out[at .. at + size), size at
// most 512. `scratch` has 1.5 * count entries, rounded up.
API void plumb_attend(int32_t set, const int64_t *table, const int16_t *q, int32_t eq, const int16_t *keys,
                      const int16_t *key_exponents, const int16_t *values, const int16_t *value_exponents,
                      int32_t size, int32_t from, int32_t count, int64_t *scratch, int64_t *out, int32_t at)
{
    size_t row = (size_t)from * size;
    struct head h = {table, q, keys + row, values + row, key_exponents + from, value_exponents + from,
                     eq, size, count, scratch, (int32_t *)(scratch + count), out + at};
    SETS[set].attend(&h);
}

// A wide head row z[at .. at + size) rotated, scaled where scale isn't 0, and quantised; returns its exponent.
API int32_t plumb_rotate(int32_t set, int64_t *z, int32_t at, int32_t size, int32_t pairs, int32_t halves,
                         const int32_t *cos, const int32_t *sin, int32_t tableAt, int64_t scale, int16_t *xq,
                         int32_t xqAt)
{
    return SETS[set].rotate(z + at, size, pairs, halves, cos + tableAt, sin + tableAt, scale, xq + xqAt);
}

// act(gate) * up, quantised (G1 to G4); returns the exponent.
API int32_t plumb_gate(int32_t set, const int64_t *table, int32_t gelu, int64_t *gate, int64_t *up,
                       int32_t rowAt, int32_t count, int16_t *xq, int32_t at)
{
    return SETS[set].gate(table, gelu, gate + rowAt, up + rowAt, count, xq + at);
}
