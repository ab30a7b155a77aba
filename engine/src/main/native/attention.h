// The two products of attention for one instruction set of x86: included after its primitives. Vectors are
// 2 * LANES int16 entries of a row.

#define ENTRIES (2 * LANES)

// Dot products of a query row with up to SCORE_ROWS key rows, over `entries` entries (at most 256, a multiple
// of ENTRIES). The query is split into its high and low bytes, so that all sums fit int32: 256 * 255 * 2^15 < 2^31.
INLINE void ISA(score)(const int16_t *q, const int16_t *k, int size, int entries, int rows, int64_t *out)
{
    INTS high[SCORE_ROWS], low[SCORE_ROWS];
    for (int j = 0; j < rows; j++, k += size) {
        INTS h = ISA(same)(0), l = ISA(same)(0);
        UNROLL
        for (int d = 0; d < entries; d += ENTRIES) {
            PAIRS row = ISA(row)(k + d), in = ISA(row)(q + d);
            h = ISA(dot)(h, row, ISA(high_bytes)(in));
            l = ISA(dot)(l, row, ISA(low_bytes)(in));
        }
        high[j] = h;
        low[j] = l;
    }
    for (int j = rows; j < SCORE_ROWS; j++) {
        high[j] = low[j] = ISA(same)(0);
    }
    ISA(add_rows)(high, low, out);
}

TARGET static void ISA(scores)(const int16_t *q, const int16_t *k, int size, int positions, int64_t *out)
{
    int whole = size / ENTRIES * ENTRIES;
    for (int j = 0; j < positions; j += SCORE_ROWS, k += (size_t)SCORE_ROWS * size) {
        int rows = positions - j < SCORE_ROWS ? positions - j : SCORE_ROWS;
        int64_t sums[SCORE_ROWS] = {0};
        if (size == 64 && rows == SCORE_ROWS) { // lengths known to the compiler
            ISA(score)(q, k, 64, 64, SCORE_ROWS, sums);
        }
        for (int d = 0; (size != 64 || rows < SCORE_ROWS) && d < whole; d += 256) {
            ISA(score)(q + d, k + d, size, whole - d < 256 ? whole - d : 256, rows, sums);
        }
        for (int i = 0; i < rows; i++) {
            for (int d = whole; d < size; d++) {
                sums[i] += q[d] * k[(size_t)i * size + d];
            }
            out[j + i] = sums[i];
        }
    }
}

// Adds weighted value rows over `vectors` (a constant) vectors of entries. Pairs of positions are multiplied at
// once, each weight in three digits of 9 bits: MIX_RUN * 511 * 2^15 < 2^31.
INLINE void ISA(mix_run)(int vectors, int32_t digits[3][MIX_RUN / 2], const int16_t *v, size_t size, int count,
                         int64_t *out)
{
    INTS a[2][3][2];
    EACH(i, vectors) EACH(g, 3) a[i][g][0] = a[i][g][1] = ISA(same)(0);
    for (int j = 0; j < count; j += 2, v += 2 * size) {
        const int16_t *next = j + 1 < count ? v + size : v; // the last weight of an odd count is 0
        EACH(i, vectors) {
            PAIRS row = ISA(row)(v + i * ENTRIES), below = ISA(row)(next + i * ENTRIES);
            PAIRS low = ISA(low_pairs)(row, below), high = ISA(high_pairs)(row, below);
            EACH(g, 3) {
                INTS w = ISA(same)(digits[g][j / 2]);
                a[i][g][0] = ISA(dot)(a[i][g][0], low, w);
                a[i][g][1] = ISA(dot)(a[i][g][1], high, w);
            }
        }
    }
    ALIGNED int32_t sums[3][2 * ENTRIES];
    EACH(i, vectors) EACH(g, 3) ISA(save_ordered)(sums[g] + i * ENTRIES, a[i][g][0], a[i][g][1]);
    for (int d = 0; d < vectors * ENTRIES; d++) {
        out[d] += sums[0][d] + (int64_t)sums[1][d] * 512 + (int64_t)sums[2][d] * (512 * 512);
    }
}

TARGET static void ISA(mix)(const int32_t *w, const int16_t *v, int size, int positions, int64_t *out)
{
    int whole = size / ENTRIES * ENTRIES;
    memset(out, 0, (size_t)size * sizeof *out);
    for (int from = 0; from < positions; from += MIX_RUN, w += MIX_RUN, v += (size_t)MIX_RUN * size) {
        int count = positions - from < MIX_RUN ? positions - from : MIX_RUN;
        int32_t digits[3][MIX_RUN / 2];
        for (int j = 0; j < count; j += 2) {
            int32_t a = w[j], b = j + 1 < count ? w[j + 1] : 0;
            digits[0][j / 2] = (a & 511) | (b & 511) << 16;
            digits[1][j / 2] = (a >> 9 & 511) | (b >> 9 & 511) << 16;
            digits[2][j / 2] = a >> 18 | b >> 18 << 16;
        }
        int d = 0;
        for (; d + 2 * ENTRIES <= whole; d += 2 * ENTRIES) {
            ISA(mix_run)(2, digits, v + d, (size_t)size, count, out + d);
        }
        for (; d < whole; d += ENTRIES) {
            ISA(mix_run)(1, digits, v + d, (size_t)size, count, out + d);
        }
        for (; d < size; d++) {
            for (int j = 0; j < count; j++) {
                out[d] += (int64_t)w[j] * v[(size_t)j * size + d];
            }
        }
    }
}

#undef ENTRIES
