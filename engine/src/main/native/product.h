// Matrix products for one instruction set: included once for each, after its primitives.
//
// Lanes are rows. A block of 32 columns is 16 pairs of columns, each pair one vector of int16 for every LANES
// rows. Sums under one scale fit int32 (128 * 32767 * 32 < 2^27), and are then multiplied with it into 64-bit
// lanes, modulo 2^64: what the lanes hold on the way doesn't matter, because the load rule bounds the result.

#define VECTORS (GROUP / LANES)

// One pair of columns: a field of each plane. All but the addresses are constants once this is unrolled.
INLINE PAIRS ISA(pair)(int format, const uint8_t *block, int v, int p)
{
    if (bits_of(format) == 8) {
        return ISA(bytes)(block + 2 * GROUP * p + 2 * LANES * v);
    }
    INTS q = ISA(same)(0);
    int done = 0; // bits; as many words are in the planes before
    EACH(i, 3) {
        const int width = 4 >> i;
        if (bits_of(format) & width) {
            const uint8_t *words = block + 4 * GROUP * (done + p * width / 16) + 4 * LANES * v;
            q = ISA(both)(q, ISA(field)(words, p * width % 16 - done, (((1 << width) - 1) << done) * 0x10001));
            done += width;
        }
    }
    return ISA(pairs)(has_levels(format) ? ISA(levels)(q) : q);
}

// Scale i of a block, LANES rows of it; where i is beyond the scales, min i - BLOCK / step.
INLINE INTS ISA(scale)(int format, const uint8_t *head, const uint8_t *block, int v, int i)
{
    int min = i >= BLOCK / step_of(format);
    INTS d = ISA(scales)(head + (min ? 2 * GROUP : 0) + 2 * LANES * v);
    return two_levels(format) ? ISA(times)(d, ISA(small)(block + quant_bytes(format) + i * GROUP + LANES * v)) : d;
}

// One input row: weights go from memory through registers straight into the products.
INLINE void ISA(one)(int format, const uint8_t *w, int blocks, const int16_t *x, const int32_t *totals, int64_t *sums)
{
    const int steps = BLOCK / step_of(format);
    SUMS s[VECTORS];
    EACH(v, VECTORS) s[v] = ISA(none)();
    const uint8_t *head = w, *block = w + head_bytes(format);
    for (int k = 0; k < blocks; k++, x += BLOCK, totals += steps) {
        UNROLL
        for (size_t i = 0; i < unit_bytes(format) / unit_blocks(format); i += 64) {
            __builtin_prefetch(block + AHEAD_BYTES + i);
        }
        EACH(v, VECTORS) EACH(i, steps) {
            const int from = i * step_of(format) / 2, to = from + step_of(format) / 2;
            INTS a = ISA(same)(bias_of(format) == 0 ? 0 : -bias_of(format) * totals[i]);
            INTS b = ISA(same)(0); // two chains: the latency of a product is some 5 cycles
            UNROLL
            for (int p = from; p < to; p += 2) {
                a = ISA(dot)(a, ISA(pair)(format, block, v, p), ISA(input)(x + 2 * p));
                b = ISA(dot)(b, ISA(pair)(format, block, v, p + 1), ISA(input)(x + 2 * p + 2));
            }
            s[v] = ISA(fold)(s[v], ISA(plus)(a, b), ISA(scale)(format, head, block, v, i));
            if (has_mins(format)) {
                s[v] = ISA(fold)(s[v], ISA(same)(totals[i]), ISA(scale)(format, head, block, v, steps + i));
            }
        }
        block += block_bytes(format);
        if ((k + 1) % unit_blocks(format) == 0) {
            head = block;
            block += head_bytes(format);
        }
    }
    EACH(v, VECTORS) ISA(save_sums)(sums + v * LANES, s[v]);
}

// `inputs` (a constant) rows of x times `pairs` pairs of columns under one scale, unpacked in `panel`; sums are 32 for
// each input. `scale` has VECTORS vectors, and where the format has mins so many of these after them.
INLINE void ISA(tile)(int inputs, int pairs, int bias, int mins, const int16_t *panel, const INTS *scale,
                      const int16_t *x, size_t columns, const int32_t *totals, size_t row_totals, int64_t *sums)
{
    for (int from = 0; from < VECTORS; from += TILE_VECTORS) {
        INTS a[TILE_INPUTS][TILE_VECTORS];
        EACH(t, inputs) EACH(v, TILE_VECTORS) a[t][v] = ISA(same)(bias == 0 ? 0 : -bias * totals[t * row_totals]);
        for (int p = 0; p < pairs; p++) {
            PAIRS w[TILE_VECTORS];
            EACH(v, TILE_VECTORS) w[v] = ISA(load)(panel + 2 * (GROUP * p + LANES * (from + v)));
            EACH(t, inputs) {
                INPUT in = ISA(input)(x + t * columns + 2 * p);
                EACH(v, TILE_VECTORS) a[t][v] = ISA(dot)(a[t][v], w[v], in);
            }
        }
        EACH(t, inputs) EACH(v, TILE_VECTORS) {
            int64_t *at = sums + t * GROUP + (from + v) * LANES;
            SUMS s = ISA(fold)(ISA(sums)(at), a[t][v], scale[from + v]);
            if (mins) {
                s = ISA(fold)(s, ISA(same)(totals[t * row_totals]), scale[VECTORS + from + v]);
            }
            ISA(save_sums)(at, s);
        }
    }
}

// All of `count` inputs, as many at a time as there are registers for.
INLINE void ISA(tiles)(int count, int pairs, int bias, int mins, const int16_t *panel, const INTS *scale,
                       const int16_t *x, size_t columns, const int32_t *totals, size_t row_totals, int64_t *sums)
{
    int t = 0;
#define TILE(n) \
    for (; t + (n) <= count; t += (n)) { \
        ISA(tile)(n, pairs, bias, mins, panel, scale, x + t * columns, columns, totals + t * row_totals, row_totals, \
                  sums + t * GROUP); \
    }
    TILE(TILE_INPUTS)
    TILE(2)
    TILE(1)
#undef TILE
}

// `count` input rows: each block is unpacked once, then multiplied with all of them. Where run_blocks() says so,
// weights are multiplied with their scale of the second level first, so that longer runs are under one scale. Mins are
// columns then: a pair for each, 128 min and min, times the two digits of a total.
INLINE void ISA(many)(int format, const uint8_t *w, int blocks, const int16_t *x, int count,
                      const int32_t *totals, int64_t *sums)
{
    ALIGNED int16_t panel[2 * BLOCK * GROUP], mins[16 * 2 * GROUP];
    const int steps = BLOCK / step_of(format), run = run_blocks(format), in_unit = unit_blocks(format);
    size_t columns = (size_t)blocks * BLOCK, row_totals = (size_t)blocks * steps;
    memset(sums, 0, (size_t)count * GROUP * sizeof *sums);
    const uint8_t *head = w, *block = w + head_bytes(format);
    for (int k = 0; k < blocks; k++, x += BLOCK, totals += steps) {
        INTS scale[2 * VECTORS], one = ISA(same)(1);
        EACH(v, VECTORS) {
            EACH(p, BLOCK / 2) {
                const uint8_t *by = block + quant_bytes(format) + p / (step_of(format) / 2) * GROUP + LANES * v;
                PAIRS q = ISA(pair)(format, block, v, p);
                ISA(save)(panel + 2 * (GROUP * ((run ? k % run : 0) * BLOCK / 2 + p) + LANES * v),
                          run ? ISA(scaled)(q, bias_of(format), ISA(small)(by)) : q);
            }
            for (int i = 0; run && has_mins(format) && i < steps; i++) {
                const uint8_t *by = block + quant_bytes(format) + (steps + i) * GROUP + LANES * v;
                ISA(save)(mins + 2 * (GROUP * (k % in_unit * steps + i) + LANES * v),
                          ISA(scaled)(ISA(pairs)(ISA(same)(1 << 16 | 128)), 0, ISA(small)(by)));
            }
        }
        KEEP_IN_MEMORY(panel);
        for (int i = 0; !run && i < steps; i++) {
            EACH(v, VECTORS) {
                scale[v] = ISA(scale)(format, head, block, v, i);
                if (has_mins(format)) {
                    scale[VECTORS + v] = ISA(scale)(format, head, block, v, steps + i);
                }
            }
            const int from = i * step_of(format);
            ISA(tiles)(count, step_of(format) / 2, bias_of(format), has_mins(format), panel + from * GROUP, scale,
                       x + from, columns, totals + i, row_totals, sums);
        }
        EACH(v, 2 * VECTORS) { // d, then m
            scale[v] = run && (v < VECTORS || has_mins(format)) ? ISA(scales)(head + 2 * LANES * v) : one;
        }
        if (run && (k + 1) % run == 0) {
            ISA(tiles)(count, run * BLOCK / 2, 0, 0, panel, scale, x + BLOCK - run * BLOCK, columns, totals, 0, sums);
        }
        block += block_bytes(format);
        if ((k + 1) % in_unit == 0) {
            KEEP_IN_MEMORY(mins);
            if (run && has_mins(format)) {
                ISA(tiles)(count, in_unit * steps, 0, 0, mins, scale + VECTORS,
                           (const int16_t *)(totals + steps - in_unit * steps), 2 * row_totals, totals, 0, sums);
            }
            head = block;
            block += head_bytes(format);
        }
    }
}

INLINE void ISA(blocks)(int format, const struct job *j)
{
    ALIGNED int32_t totals[TOTALS_MAX];
    ALIGNED int64_t sums[INPUTS_MAX * GROUP];
    const int step = step_of(format), row_totals = j->columns / step;
    size_t group = group_bytes(format, j->columns);
    int most = inputs_at_once(row_totals);
    for (int t = 0; t < j->count; t += most) {
        int count = j->count - t < most ? j->count - t : most;
        const int16_t *x = j->x + (size_t)t * j->columns;
        for (int i = 0; (bias_of(format) != 0 || has_mins(format)) && i < count * row_totals; i++) {
            const int16_t *some = x + (size_t)i * step;
            totals[i] = ISA(half_total)(some) + (step == BLOCK ? ISA(half_total)(some + BLOCK / 2) : 0);
            if (count > 1 && run_blocks(format)) { // two digits, a pair of inputs
                totals[i] = (totals[i] >> 7 & 0xffff) | (totals[i] & 127) << 16;
            }
        }
        for (int row = j->from; row < j->to; row += GROUP) {
            const uint8_t *w = j->w + row / GROUP * group;
            count == 1 ? ISA(one)(format, w, j->columns / BLOCK, x, totals, sums)
                       : ISA(many)(format, w, j->columns / BLOCK, x, count, totals, sums);
            for (int i = 0; i < count; i++) {
                int64_t y[GROUP];
                for (int r = 0; r < GROUP; r++) {
                    y[r] = sums[i * GROUP + r / LANES * LANES + SUM_AT(r % LANES)];
                }
                deliver(j, t + i, row, y);
            }
        }
    }
}

// `inputs` (a constant) rows of x times F16 or F32 weights. The load rule keeps each partial sum below 2^53 units.
INLINE void ISA(float_tile)(int half, int inputs, const uint8_t *w, int columns, const int16_t *x, double *sums)
{
    typedef double doubles __attribute__((vector_size(8 * FLOAT_LANES)));
    doubles a[4][GROUP / FLOAT_LANES] = {0};
    for (int c = 0; c < columns; c++, w += GROUP * (half ? 2 : 4)) {
        EACH(v, GROUP / FLOAT_LANES) {
            FLOATS f;
            if (half) {
                f = ISA(halves)(w + 2 * FLOAT_LANES * v);
            } else {
                memcpy(&f, w + 4 * FLOAT_LANES * v, sizeof f);
            }
            doubles d = __builtin_convertvector(f, doubles);
            EACH(t, inputs) a[t][v] += d * x[(size_t)t * columns + c];
        }
    }
    memcpy(sums, a, inputs * sizeof a[0]);
}

INLINE void ISA(floats_product)(int half, const struct job *j)
{
    for (int row = j->from; row < j->to; row += GROUP) {
        const uint8_t *w = j->w + (size_t)row * j->columns * (half ? 2 : 4);
        for (int t = 0, inputs; t < j->count; t += inputs) {
            double sums[4 * GROUP];
            const int16_t *x = j->x + (size_t)t * j->columns;
            inputs = j->count - t < 4 ? 1 : 4;
            inputs == 4 ? ISA(float_tile)(half, 4, w, j->columns, x, sums)
                        : ISA(float_tile)(half, 1, w, j->columns, x, sums);
            for (int i = 0; i < inputs; i++) {
                int64_t y[GROUP];
                for (int r = 0; r < GROUP; r++) {
                    y[r] = (int64_t)(sums[i * GROUP + r] * (half ? 0x1p24 : 1));
                }
                deliver(j, t + i, row, y);
            }
        }
    }
}

TARGET static void ISA(product_half)(const struct job *j) { ISA(floats_product)(1, j); }
TARGET static void ISA(product_float)(const struct job *j) { ISA(floats_product)(0, j); }
#define PRODUCT(format) TARGET static void ISA(product_##format)(const struct job *j) { ISA(blocks)(format, j); }
EACH_FORMAT(PRODUCT)
#undef PRODUCT

static void ISA(product)(const struct job *j)
{
#define PRODUCT(format) [format] = ISA(product_##format),
    static void (*const products[])(const struct job *) = {
        ISA(product_float), ISA(product_half), ISA(product_float), EACH_FORMAT(PRODUCT)};
#undef PRODUCT
    products[j->format](j);
}

#undef VECTORS
