// AVX2 with FMA and F16C: 8 rows in a vector.
#define ISA(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma,f16c")))
#define MM(name) _mm256_##name
#define SI(name) _mm256_##name##_si256
#define HALF(p) _mm_loadu_si128((const void *)(p))
#define QUARTER(p) _mm_loadl_epi64((const void *)(p))
#define FOUR_TIMES(a) _mm256_broadcastsi128_si256(a)
#define VECTOR __m256i
#define SUMS wide_avx2
#define FLOATS floats_avx2
#define LANES 8
#define TILE_VECTORS 2
#define TILE_INPUTS 4
#define FLOAT_LANES 4
#define SCORE_ROWS 4
#define exp2_avx2 exp2_portable
#include "x86.h"

INLINE FLOATS ISA(halves)(const uint8_t *from) { return (FLOATS)_mm_cvtph_ps(QUARTER(from)); }

// a + w[2i] x[2i] + w[2i + 1] x[2i + 1]
INLINE INTS ISA(dot)(INTS a, PAIRS w, INPUT x) { return _mm256_add_epi32(a, _mm256_madd_epi16(w, x)); }

// What low_pairs and high_pairs took apart, in order.
INLINE void ISA(save_ordered)(int32_t *to, INTS low, INTS high)
{
    _mm256_store_si256((void *)to, _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_store_si256((void *)(to + 8), _mm256_permute2x128_si256(low, high, 0x31));
}

// out[j] += 256 * (sum of high[j]) + (sum of low[j])
INLINE void ISA(add_rows)(const INTS *high, const INTS *low, int64_t *out)
{
    INTS r[4];
    EACH(j, 4) { // lanes 0 to 3: low, 4 to 7: high
        r[j] = _mm256_add_epi32(_mm256_permute2x128_si256(low[j], high[j], 0x20),
                                _mm256_permute2x128_si256(low[j], high[j], 0x31));
    }
    INTS z = _mm256_hadd_epi32(_mm256_hadd_epi32(r[0], r[1]), _mm256_hadd_epi32(r[2], r[3]));
    INTS l = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(z));
    INTS h = _mm256_slli_epi64(_mm256_cvtepi32_epi64(_mm256_extracti128_si256(z, 1)), 8);
    INTS sums = _mm256_add_epi64(_mm256_loadu_si256((const void *)out), _mm256_add_epi64(l, h));
    _mm256_storeu_si256((void *)out, sums);
}
