// Primitives for 64-bit ARM (NEON is a part of it): 4 rows in a vector.
#define ISA(name) name##_neon
#define TARGET
#define INLINE static inline __attribute__((always_inline))

#define LANES 4
#define TILE_VECTORS 4
#define TILE_INPUTS 4
#define PAIRS int16x4x2_t // even columns, odd columns
#define INTS int32x4_t
#define INPUT int16x4_t
#define SUMS wide_neon
#define FLOATS floats_neon
#define FLOAT_LANES 4

typedef struct { int64x2_t low, high; } SUMS;
typedef float FLOATS __attribute__((vector_size(16)));

// Where row r of a vector lies in stored SUMS.
#define SUM_AT(r) (r)

// Bits of every word: shifted right (left by -shift), then masked.
INLINE INTS ISA(field)(const uint8_t *words, int shift, int32_t mask)
{
    uint32x4_t w = vshlq_u32(vreinterpretq_u32_u8(vld1q_u8(words)), vdupq_n_s32(-shift));
    return vreinterpretq_s32_u32(vandq_u32(w, vdupq_n_u32((uint32_t)mask)));
}

INLINE INTS ISA(both)(INTS a, INTS b) { return vorrq_s32(a, b); }

INLINE PAIRS ISA(pairs)(INTS words)
{
    int16x8_t pairs = vreinterpretq_s16_s32(words);
    return vuzp_s16(vget_low_s16(pairs), vget_high_s16(pairs));
}

// Nibbles in int16 to LEVELS; an index beyond the table gives 0.
INLINE INTS ISA(levels)(INTS nibbles)
{
    int32x4_t index = vorrq_s32(nibbles, vdupq_n_s32((int32_t)0x80008000));
    return vreinterpretq_s32_u8(vqtbl1q_u8(vld1q_u8(LEVELS), vreinterpretq_u8_s32(index)));
}

INLINE PAIRS ISA(bytes)(const uint8_t *pairs)
{
    int16x8_t w = vmovl_s8(vreinterpret_s8_u8(vld1_u8(pairs)));
    return vuzp_s16(vget_low_s16(w), vget_high_s16(w));
}

INLINE PAIRS ISA(load)(const int16_t *panel)
{
    return (PAIRS){{vld1_s16(panel), vld1_s16(panel + 4)}};
}

INLINE void ISA(save)(int16_t *panel, PAIRS w)
{
    vst1_s16(panel, w.val[0]);
    vst1_s16(panel + 4, w.val[1]);
}

INLINE INPUT ISA(input)(const int16_t *x)
{
    int32_t pair;
    memcpy(&pair, x, sizeof pair);
    return vreinterpret_s16_s32(vdup_n_s32(pair));
}

INLINE INTS ISA(same)(int32_t a) { return vdupq_n_s32(a); }

INLINE INTS ISA(small)(const uint8_t *bytes)
{
    int32_t four;
    memcpy(&four, bytes, sizeof four);
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)))));
}

INLINE INTS ISA(times)(INTS a, INTS b) { return vmulq_s32(a, b); }

// (q - bias) * scale
INLINE PAIRS ISA(scaled)(PAIRS q, int bias, INTS scale)
{
    int16x4_t by = vmovn_s32(scale), off = vdup_n_s16((int16_t)bias);
    return (PAIRS){{vmul_s16(vsub_s16(q.val[0], off), by), vmul_s16(vsub_s16(q.val[1], off), by)}};
}

INLINE INTS ISA(plus)(INTS a, INTS b) { return vaddq_s32(a, b); }

// a + w[even] x[0] + w[odd] x[1]
INLINE INTS ISA(dot)(INTS a, PAIRS w, INPUT x)
{
    return vmlal_lane_s16(vmlal_lane_s16(a, w.val[0], x, 0), w.val[1], x, 1);
}

// f16 to integers in units of 2^-24. Below 2^31 (see WIDE_EXPONENT) all steps are exact.
INLINE INTS ISA(scales)(const uint8_t *halves)
{
    float16x4_t h = vreinterpret_f16_u8(vld1_u8(halves));
    return vcvtq_s32_f32(vmulq_n_f32(vcvt_f32_f16(h), 0x1p24f));
}

INLINE SUMS ISA(none)(void) { return (SUMS){vdupq_n_s64(0), vdupq_n_s64(0)}; }

// s + a * b in 64-bit lanes, modulo 2^64.
INLINE SUMS ISA(fold)(SUMS s, INTS a, INTS b)
{
    s.low = vmlal_s32(s.low, vget_low_s32(a), vget_low_s32(b));
    s.high = vmlal_high_s32(s.high, a, b);
    return s;
}

INLINE SUMS ISA(sums)(const int64_t *s) { return (SUMS){vld1q_s64(s), vld1q_s64(s + 2)}; }

INLINE void ISA(save_sums)(int64_t *to, SUMS s)
{
    vst1q_s64(to, s.low);
    vst1q_s64(to + 2, s.high);
}

// Sum of 16 inputs.
INLINE int32_t ISA(half_total)(const int16_t *x)
{
    return vaddvq_s32(vpadalq_s16(vpaddlq_s16(vld1q_s16(x)), vld1q_s16(x + 8)));
}

INLINE FLOATS ISA(halves)(const uint8_t *from)
{
    return (FLOATS)vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(from)));
}

// Plain C: the compiler does well enough.
#define scores_neon scores_portable
#define mix_neon mix_portable
#define exp2_neon exp2_portable
