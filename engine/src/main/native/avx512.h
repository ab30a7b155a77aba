// AVX-512 with VNNI: 16 rows in a vector.
#define ISA(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")))
#define MM(name) _mm512_##name
#define SI(name) _mm512_##name##_si512
#define HALF(p) _mm256_loadu_si256((const void *)(p))
#define QUARTER(p) _mm_loadu_si128((const void *)(p))
#define FOUR_TIMES(a) _mm512_broadcast_i32x4(a)
#define VECTOR __m512i
#define SUMS wide_avx512
#define FLOATS floats_avx512
#define LANES 16
#define TILE_VECTORS 2
#define TILE_INPUTS 8
#define FLOAT_LANES 8
#define SCORE_ROWS 8
#include "x86.h"

INLINE FLOATS ISA(halves)(const uint8_t *from) { return (FLOATS)_mm256_cvtph_ps(QUARTER(from)); }

// a + w[2i] x[2i] + w[2i + 1] x[2i + 1]
INLINE INTS ISA(dot)(INTS a, PAIRS w, INPUT x) { return _mm512_dpwssd_epi32(a, w, x); }

// What low_pairs and high_pairs took apart, in order.
INLINE void ISA(save_ordered)(int32_t *to, INTS low, INTS high)
{
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    _mm512_store_si512(to, _mm512_permutex2var_epi64(low, first, high));
    _mm512_store_si512(to + 16, _mm512_permutex2var_epi64(low, second, high));
}

// out[j] += 256 * (sum of high[j]) + (sum of low[j])
INLINE void ISA(add_rows)(const INTS *high, const INTS *low, int64_t *out)
{
    INTS r[8], s[4], u[2];
    EACH(j, 8) { // lanes 0 to 7: low, 8 to 15: high
        r[j] = _mm512_add_epi32(_mm512_shuffle_i64x2(low[j], high[j], 0x44),
                                _mm512_shuffle_i64x2(low[j], high[j], 0xee));
    }
    EACH(j, 4) {
        s[j] = _mm512_add_epi32(_mm512_unpacklo_epi32(r[2 * j], r[2 * j + 1]),
                                _mm512_unpackhi_epi32(r[2 * j], r[2 * j + 1]));
    }
    EACH(j, 2) { // in each 128 bits: rows 4j to 4j + 3
        u[j] = _mm512_add_epi32(_mm512_unpacklo_epi64(s[2 * j], s[2 * j + 1]),
                                _mm512_unpackhi_epi64(s[2 * j], s[2 * j + 1]));
    }
    INTS z = _mm512_add_epi32(_mm512_shuffle_i64x2(u[0], u[1], 0x88), _mm512_shuffle_i64x2(u[0], u[1], 0xdd));
    __m256i l = _mm512_castsi512_si256(_mm512_shuffle_i64x2(z, z, 0x08));
    __m256i h = _mm512_castsi512_si256(_mm512_shuffle_i64x2(z, z, 0x0d));
    __m512i sums = _mm512_add_epi64(_mm512_cvtepi32_epi64(l), _mm512_slli_epi64(_mm512_cvtepi32_epi64(h), 8));
    _mm512_storeu_si512(out, _mm512_add_epi64(_mm512_loadu_si512(out), sums));
}

INLINE __m512i ISA(shift)(__m512i a, int s)
{
    return _mm512_srli_epi64(_mm512_add_epi64(a, _mm512_set1_epi64(INT64_C(1) << (s - 1))), (unsigned)s);
}

// One of the three tables, for byte `byte` of t.
INLINE __m512i ISA(look_up)(const int64_t *table, __m512i t, int byte)
{
    __m512i i = _mm512_and_si512(_mm512_srli_epi64(t, (unsigned)(8 * byte)), _mm512_set1_epi64(255));
    return _mm512_i64gather_epi64(i, table + 256 * (2 - byte), 8);
}

// E1: t becomes 2^(-t / 2^24), in place. Products are of 32 bits.
INLINE void ISA(exp2)(const int64_t *table, int64_t *t, int count)
{
    for (int i = 0; i < count; i += 8) {
        __mmask8 some = (__mmask8)(count - i < 8 ? (1 << (count - i)) - 1 : 255);
        __m512i x = _mm512_maskz_loadu_epi64(some, t + i);
        __m512i p = ISA(look_up)(table, x, 2);
        p = ISA(shift)(_mm512_mul_epu32(p, ISA(look_up)(table, x, 1)), 31);
        p = ISA(shift)(_mm512_mul_epu32(p, ISA(look_up)(table, x, 0)), 31);
        __m512i one = _mm512_set1_epi64(1), n = _mm512_srli_epi64(x, 24);
        n = _mm512_min_epu64(n, _mm512_set1_epi64(40));
        p = _mm512_srlv_epi64(_mm512_add_epi64(p, _mm512_sllv_epi64(one, n)), _mm512_add_epi64(n, one));
        _mm512_mask_storeu_epi64(t + i, some, p);
    }
}
