// What a layer does between its products, for one instruction set: plain C on rows of 64-bit integers, of which the
// compiler makes vectors. Sections are those of spec/arithmetic.md; widths are proved in its section 13.

// Bits of the largest magnitude.
INLINE int ISA(largest_bits)(const int64_t *z, int count)
{
    uint64_t any = 0;
    for (int i = 0; i < count; i++) {
        any |= (uint64_t)(z[i] < 0 ? -z[i] : z[i]);
    }
    return bits(any);
}

// Q2
INLINE int ISA(narrow)(int64_t *z, int count)
{
    int s = ISA(largest_bits)(z, count) - 31;
    if (s <= 0) {
        return 0;
    }
    for (int i = 0; i < count; i++) {
        z[i] = shift(z[i], s);
    }
    return s;
}

// Q1
INLINE int ISA(quantise)(const int64_t *z, int count, int fraction_bits, int16_t *xq)
{
    int s = ISA(largest_bits)(z, count) - 15;
    s = s < 0 ? 0 : s;
    for (int i = 0; i < count; i++) {
        int64_t x = shift(z[i], s);
        x = x > 32767 ? 32767 : x;
        xq[i] = (int16_t)(x < -32767 ? -32767 : x);
    }
    return s - fraction_bits;
}

// R3, T1 (where scale isn't 0), Q1: a wide row to its entries; returns their exponent.
TARGET static int ISA(rotate)(int64_t *z, int size, int pairs, int halves, const int32_t *cos, const int32_t *sin,
                              int64_t scale, int16_t *xq)
{
    int s = ISA(narrow)(z, size);
    int64_t *second = z + (halves ? pairs : 1);
    for (int i = 0; i < pairs; i++) {
        int at = halves ? i : 2 * i;
        int64_t a = z[at], b = second[at];
        z[at] = shift(a * cos[i] - b * sin[i], 30);
        second[at] = shift(a * sin[i] + b * cos[i], 30);
    }
    for (int i = 0; scale != 0 && i < size; i++) {
        z[i] = shift(z[i] * scale, 30);
    }
    return ISA(quantise)(z, size, 20 - s, xq);
}

// T2 to T4: dot products, which become scores, to weights; returns their sum. `top` becomes the largest exponent ev.
INLINE int64_t ISA(weights)(const struct head *h, int *top)
{
    const int16_t *restrict ek = h->key_exponents, *restrict ev = h->value_exponents;
    int64_t *restrict scores = h->dots;
    int32_t *restrict weights = h->weights;
    const int count = h->count, fraction = h->eq + 24;
    int lowest = INT32_MAX, highest = INT32_MIN, largest = INT32_MIN;
    for (int j = 0; j < count; j++) {
        lowest = ek[j] < lowest ? ek[j] : lowest;
        highest = ek[j] > highest ? ek[j] : highest;
        largest = ev[j] > largest ? ev[j] : largest;
    }
    int usual = fraction + highest <= 0 && fraction + lowest >= -62; // then there is nothing to saturate: 39 bits
    for (int j = 0; usual && j < count; j++) {
        scores[j] = shift_each(scores[j], -(fraction + ek[j]));
    }
    for (int j = 0; !usual && j < count; j++) {
        scores[j] = wide(scores[j], -(fraction + ek[j]));
    }
    int64_t max = INT64_MIN, sum = 0;
    for (int j = 0; j < count; j++) {
        max = scores[j] > max ? scores[j] : max;
    }
    for (int from = 0; from < count; from += EXP_RUN) {
        int64_t p[EXP_RUN];
        int some = count - from < EXP_RUN ? count - from : EXP_RUN;
        for (int j = 0; j < some; j++) {
            p[j] = max - scores[from + j];
        }
        ISA(exp2)(h->table, p, some);
        for (int j = 0; j < some; j++) {
            int64_t s = largest - ev[from + j];
            p[j] = shift(p[j], 6);
            sum += p[j];
            weights[from + j] = (int32_t)shift_each(p[j], s > 40 ? 40 : s); // p has 25 bits: 0 either way
        }
    }
    *top = largest;
    return sum;
}

// T2 to T5
TARGET static void ISA(attend)(const struct head *h)
{
    int64_t sums[HEAD_MAX];
    int ev;
    ISA(scores)(h->q, h->keys, h->size, h->count, h->dots);
    int64_t sum = ISA(weights)(h, &ev);
    ISA(mix)(h->weights, h->values, h->size, h->count, sums);
    int b = bits((uint64_t)sum); // at least 25: the largest weight is 2^24
    int64_t r = (INT64_C(1) << 61) / (b < 31 ? sum << (31 - b) : shift(sum, b - 31));
    for (int d = 0; d < h->size; d++) {
        h->out[d] = wide(shift(sums[d], b - 16) * r, 26 - ev);
    }
}

// G1 to G3, for up to EXP_RUN entries.
INLINE void ISA(activate)(const int64_t *table, int gelu, int64_t *restrict g, int count)
{
    const int64_t limit = (int64_t)(gelu ? 16 : 64) << 20, one = INT64_C(1) << 30;
    int64_t a[EXP_RUN], e[EXP_RUN];
    for (int i = 0; i < count; i++) {
        int64_t below = g[i] > limit ? limit : g[i];
        a[i] = below < -limit ? -limit : below;
        int64_t bend = shift(one + shift(shift(a[i] * a[i], 20) * CUBE_30, 20), 10);
        e[i] = gelu ? shift(shift(a[i] * SLOPE_20, 16) * bend, 20) : shift(a[i] * LOG2E_20, 16);
        e[i] = e[i] < 0 ? -e[i] : e[i]; // the sign is that of g
    }
    ISA(exp2)(table, e, count);
    for (int i = 0; i < count; i++) {
        int64_t negative = a[i] >> 63, above = ((e[i] & negative) | (one & ~negative)) << 30, below = one + e[i];
        int64_t q = (int64_t)((double)above / (double)below); // rounded: perhaps one too large
        q += (above - q * below) >> 63;
        a[i] = shift(a[i] * q, 30);
    }
    for (int i = 0; i < count; i++) {
        int64_t act = g[i] <= -limit ? 0 : a[i];
        g[i] = g[i] >= limit ? g[i] : act;
    }
}

// G4: both rows are overwritten; returns the exponent of xq.
TARGET static int ISA(gate)(const int64_t *table, int gelu, int64_t *g, int64_t *up, int count, int16_t *xq)
{
    for (int from = 0; from < count; from += EXP_RUN) {
        int some = count - from < EXP_RUN ? count - from : EXP_RUN;
        gelu ? ISA(activate)(table, 1, g + from, some) : ISA(activate)(table, 0, g + from, some);
    }
    int sa = ISA(narrow)(g, count), su = ISA(narrow)(up, count);
    for (int i = 0; i < count; i++) {
        g[i] *= up[i];
    }
    return ISA(quantise)(g, count, 40 - sa - su, xq);
}
