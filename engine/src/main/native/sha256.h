// SHA-256 of two messages side by side (of one alone each step waits for the one before): takes both `blocks` blocks of
// 64 bytes further. `states` holds f e b a h g d c of each, `constants` the 64 of FIPS 180-4.
__attribute__((target("sha,sse4.1")))
API void plumb_sha256(const uint32_t *constants, const uint8_t *first, const uint8_t *second, int32_t blocks,
                      uint32_t *states)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const uint8_t *at[2] = {first, second};
    __m128i s[2][2], next[2][2], w[2][4];
    EACH(m, 2) EACH(i, 2) s[m][i] = _mm_loadu_si128((const void *)(states + 8 * m + 4 * i));
    for (int32_t k = 0; k < blocks; k++) {
        EACH(m, 2) EACH(i, 4) w[m][i] = _mm_shuffle_epi8(_mm_loadu_si128((const void *)(at[m] + 16 * i)), swap);
        EACH(m, 2) EACH(i, 2) next[m][i] = s[m][i];
        EACH(i, 16) EACH(m, 2) {
            __m128i *v = w[m], last = v[(i + 3) % 4];
            __m128i sum = _mm_add_epi32(v[i % 4], _mm_loadu_si128((const void *)(constants + 4 * i)));
            next[m][1] = _mm_sha256rnds2_epu32(next[m][1], next[m][0], sum);
            next[m][0] = _mm_sha256rnds2_epu32(next[m][0], next[m][1], _mm_shuffle_epi32(sum, 0x0e));
            if (i < 12) {
                sum = _mm_sha256msg1_epu32(v[i % 4], v[(i + 1) % 4]);
                v[i % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(sum, _mm_alignr_epi8(last, v[(i + 2) % 4], 4)), last);
            }
        }
        EACH(m, 2) EACH(i, 2) s[m][i] = _mm_add_epi32(s[m][i], next[m][i]);
        EACH(m, 2) at[m] += 64;
    }
    EACH(m, 2) EACH(i, 2) _mm_storeu_si128((void *)(states + 8 * m + 4 * i), s[m][i]);
}
