// Primitives that AVX2 and AVX-512 share. MM(f) and SI(f) are the functions of their width.
#define INLINE TARGET static inline __attribute__((always_inline))
#define INTS VECTOR
#define PAIRS VECTOR // int16: two columns of each row; in attention, entries of a row
#define INPUT VECTOR

typedef struct { VECTOR even, odd; } SUMS;
typedef float FLOATS __attribute__((vector_size(4 * FLOAT_LANES)));

// Where row r of a vector lies in stored SUMS.
#define SUM_AT(r) (((r) & 1) * LANES / 2 + ((r) >> 1))

// Bits of every word: shifted right (left by -shift), then masked.
INLINE INTS ISA(field)(const uint8_t *words, int shift, int32_t mask)
{
    VECTOR w = SI(loadu)((const void *)words);
    w = shift < 0 ? MM(slli_epi32)(w, -shift) : MM(srli_epi32)(w, shift);
    return SI(and)(w, MM(set1_epi32)(mask));
}

INLINE INTS ISA(both)(INTS a, INTS b) { return SI(or)(a, b); }
INLINE PAIRS ISA(pairs)(INTS words) { return words; }

// Nibbles in int16 to LEVELS; a set high bit gives 0.
INLINE INTS ISA(levels)(INTS nibbles)
{
    return MM(shuffle_epi8)(FOUR_TIMES(_mm_load_si128((const void *)LEVELS)),
                            SI(or)(nibbles, MM(set1_epi16)((short)0x8000)));
}

INLINE PAIRS ISA(bytes)(const uint8_t *pairs) { return MM(cvtepi8_epi16)(HALF(pairs)); }
INLINE PAIRS ISA(load)(const int16_t *panel) { return SI(load)((const void *)panel); }
INLINE void ISA(save)(int16_t *panel, PAIRS w) { SI(store)((void *)panel, w); }

INLINE INPUT ISA(input)(const int16_t *x)
{
    int32_t pair;
    memcpy(&pair, x, sizeof pair);
    return MM(set1_epi32)(pair);
}

INLINE INTS ISA(same)(int32_t a) { return MM(set1_epi32)(a); }
INLINE INTS ISA(small)(const uint8_t *bytes) { return MM(cvtepi8_epi32)(QUARTER(bytes)); }
INLINE INTS ISA(times)(INTS a, INTS b) { return MM(mullo_epi32)(a, b); }

// (q - bias) * scale
INLINE PAIRS ISA(scaled)(PAIRS q, int bias, INTS scale)
{
    INTS twice = SI(or)(MM(slli_epi32)(scale, 16), SI(and)(scale, MM(set1_epi32)(0xffff)));
    return MM(mullo_epi16)(MM(sub_epi16)(q, MM(set1_epi16)((short)bias)), twice);
}

INLINE INTS ISA(plus)(INTS a, INTS b) { return MM(add_epi32)(a, b); }

// f16 to integers in units of 2^-24. Below 2^31 (see WIDE_EXPONENT) all steps are exact.
INLINE INTS ISA(scales)(const uint8_t *halves)
{
    return MM(cvtps_epi32)(MM(mul_ps)(MM(cvtph_ps)(HALF(halves)), MM(set1_ps)(0x1p24f)));
}

INLINE SUMS ISA(none)(void) { return (SUMS){MM(set1_epi32)(0), MM(set1_epi32)(0)}; }

// s + a * b in 64-bit lanes, modulo 2^64.
INLINE SUMS ISA(fold)(SUMS s, INTS a, INTS b)
{
    s.even = MM(add_epi64)(s.even, MM(mul_epi32)(a, b));
    s.odd = MM(add_epi64)(s.odd, MM(mul_epi32)(MM(srli_epi64)(a, 32), MM(srli_epi64)(b, 32)));
    return s;
}

INLINE SUMS ISA(sums)(const int64_t *s)
{
    return (SUMS){SI(load)((const void *)s), SI(load)((const void *)(s + LANES / 2))};
}

INLINE void ISA(save_sums)(int64_t *to, SUMS s)
{
    SI(store)((void *)to, s.even);
    SI(store)((void *)(to + LANES / 2), s.odd);
}

// Sum of 16 inputs.
INLINE int32_t ISA(half_total)(const int16_t *x)
{
    __m256i a = _mm256_madd_epi16(_mm256_loadu_si256((const void *)x), _mm256_set1_epi16(1));
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

INLINE PAIRS ISA(row)(const int16_t *entries) { return SI(loadu)((const void *)entries); }
INLINE INPUT ISA(high_bytes)(PAIRS a) { return MM(srai_epi16)(a, 8); }
INLINE INPUT ISA(low_bytes)(PAIRS a) { return SI(and)(a, MM(set1_epi16)(255)); }
INLINE PAIRS ISA(low_pairs)(PAIRS a, PAIRS b) { return MM(unpacklo_epi16)(a, b); }
INLINE PAIRS ISA(high_pairs)(PAIRS a, PAIRS b) { return MM(unpackhi_epi16)(a, b); }
