// --- packed weights -----------------------------------------------------------------------------------------
//
// Group after group of 32 rows; for each, unit after unit of 32 columns, or 256 for formats with two levels of
// scales. A unit is its head, f16 d of every row, then (if there are mins) f16 m of every row; and its blocks of
// 32 columns. A block is the planes of its quants, then for two levels a signed byte of every row for each
// scale, and for each min (negated). A weight is d * scale * (quant - bias) + m * min.
//
// A plane is words of every row, the columns in pairs, even ones in the low 16 bits: one vector of words shifted
// and masked is two int16 columns for every lane. Nibbles: 4 words; word i has in bits 4j column 8i + 2j, in bits
// 16 + 4j column 8i + 2j + 1. Twos (2 bits): 2 words, 8 pairs each. Ones: 1 word of 16 pairs. The lowest bits are
// in the widest plane: 6 bits are nibbles, then twos. Bytes (8 bits): 16 pairs of bytes of every row.
//
// F16: column after column, 32 rows each. F32 and BF16: the same, each weight as the float of its integer.

// What differs between formats: bits of a quant, what is taken off each (the levels of IQ4 are stored in LEVELS,
// 128 too large), columns under one scale, blocks of a unit (8: two levels of scales), bytes of a unit in the file.
static const struct {
    uint8_t bits, bias, step, blocks, mins, levels, bytes;
} FORMATS[] = {
    [Q4_0] = {4, 8, 32, 1, 0, 0, 18},   [Q4_1] = {4, 0, 32, 1, 1, 0, 20}, [Q5_0] = {5, 16, 32, 1, 0, 0, 22},
    [Q5_1] = {5, 0, 32, 1, 1, 0, 24},   [Q8_0] = {8, 0, 32, 1, 0, 0, 34}, [IQ4_NL] = {4, 128, 32, 1, 0, 1, 18},
    [Q2_K] = {2, 0, 16, 8, 1, 0, 84},   [Q3_K] = {3, 4, 16, 8, 0, 0, 110}, [Q4_K] = {4, 0, 32, 8, 1, 0, 144},
    [Q5_K] = {5, 0, 32, 8, 1, 0, 176},  [Q6_K] = {6, 32, 16, 8, 0, 0, 210}, [IQ4_XS] = {4, 128, 32, 8, 0, 1, 136},
    [F32] = {.bytes = 4}, [F16] = {.bytes = 2}, [BF16] = {.bytes = 2},
};

static inline int is_float(int format) { return format <= BF16; }
static inline int bits_of(int format) { return FORMATS[format].bits; }
static inline int bias_of(int format) { return FORMATS[format].bias; }
static inline int step_of(int format) { return FORMATS[format].step; }
static inline int has_mins(int format) { return FORMATS[format].mins; }
static inline int has_levels(int format) { return FORMATS[format].levels; }
static inline int unit_blocks(int format) { return FORMATS[format].blocks; }
static inline int two_levels(int format) { return unit_blocks(format) > 1; }

// Blocks whose sums fit int32 with weights that are multiplied with their scale of the second level: 64 columns of
// 63 * 15 * 32767, say. 0 where such a weight, or a sum of 32, may be too large.
static inline int run_blocks(int format) { return format == Q5_K ? 1 : format >= Q2_K && format <= Q4_K ? 2 : 0; }

static inline size_t quant_bytes(int format) { return (size_t)bits_of(format) * 4 * GROUP; }
static inline size_t head_bytes(int format) { return has_mins(format) ? 4 * GROUP : 2 * GROUP; }

static inline size_t block_bytes(int format)
{
    int scales = two_levels(format) ? BLOCK / step_of(format) * (1 + has_mins(format)) : 0;
    return quant_bytes(format) + (size_t)scales * GROUP;
}

static inline size_t unit_bytes(int format)
{
    return head_bytes(format) + unit_blocks(format) * block_bytes(format);
}

static size_t group_bytes(int format, int columns)
{
    return is_float(format) ? (size_t)columns * GROUP * (format == F16 ? 2 : 4)
                            : (size_t)columns / BLOCK / unit_blocks(format) * unit_bytes(format);
}

// Input rows that are multiplied in one pass over the weights.
static inline int inputs_at_once(int totals)
{
    int most = TOTALS_MAX / totals;
    return most >= INPUTS_MAX ? INPUTS_MAX : most >= 8 ? most & ~7 : 1;
}

// spec/arithmetic.md section 2: the 16 levels, plus 128.
static const uint8_t LEVELS[16] ALIGNED = {1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241};

static inline uint32_t u16(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8; }
static inline uint32_t u32(const uint8_t *p) { return u16(p) | u16(p + 2) << 16; }

static inline void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

// A unit of one row, read from the file.
struct unit {
    uint32_t d, m; // f16
    int8_t scales[16], mins[16];
    uint8_t quants[256];
};

// What follows is made once for each format, known to the compiler.
#define FOR_FORMAT static inline __attribute__((always_inline))

FOR_FORMAT void read_32(int format, const uint8_t *p, struct unit *u)
{
    u->d = u16(p);
    u->m = has_mins(format) ? u16(p + 2) : 0;
    p += has_mins(format) ? 4 : 2;
    uint32_t high = bits_of(format) == 5 ? u32(p) : 0;
    p += bits_of(format) == 5 ? 4 : 0;
    for (int i = 0; i < 16; i++) {
        u->quants[i] = (uint8_t)((p[i] & 15) | (high >> i & 1) << 4);
        u->quants[i + 16] = (uint8_t)(p[i] >> 4 | (high >> (i + 16) & 1) << 4);
    }
    if (format == Q8_0) {
        memcpy(u->quants, p, BLOCK);
    }
}

// Adds `width` bits of 32 bytes, those from bit `shift` on, to quants, `up` bits higher.
FOR_FORMAT void take(uint8_t *quants, const uint8_t *from, int shift, int width, int up)
{
    for (int i = 0; i < BLOCK; i++) {
        quants[i] |= (uint8_t)((from[i] >> shift & ((1 << width) - 1)) << up);
    }
}

FOR_FORMAT void read_q2_k(const uint8_t *p, struct unit *u)
{
    u->d = u16(p + 80);
    u->m = u16(p + 82);
    for (int g = 0; g < 16; g++) {
        u->scales[g] = (int8_t)(p[g] & 15);
        u->mins[g] = (int8_t)-(p[g] >> 4);
    }
    EACH(g, 8) take(u->quants + 32 * g, p + 16 + g / 4 * 32, g % 4 * 2, 2, 0);
}

FOR_FORMAT void read_q3_k(const uint8_t *p, struct unit *u)
{
    u->d = u16(p + 108);
    for (int g = 0; g < 16; g++) {
        int low = p[96 + g % 8] >> g / 8 * 4 & 15;
        u->scales[g] = (int8_t)((low | (p[104 + g % 4] >> g / 4 * 2 & 3) << 4) - 32);
    }
    EACH(g, 8) {
        take(u->quants + 32 * g, p + 32 + g / 4 * 32, g % 4 * 2, 2, 0);
        take(u->quants + 32 * g, p, g, 1, 2);
    }
}

// Q4_K and Q5_K: 12 bytes hold 8 scales and 8 mins of 6 bits.
FOR_FORMAT void read_q45_k(int format, const uint8_t *p, struct unit *u)
{
    const uint8_t *s = p + 4, *high = p + 16, *low = format == Q5_K ? p + 48 : p + 16;
    u->d = u16(p);
    u->m = u16(p + 2);
    EACH(g, 8) {
        u->scales[g] = (int8_t)(g < 4 ? s[g] & 63 : (s[g + 4] & 15) | s[g - 4] >> 6 << 4);
        u->mins[g] = (int8_t)-(g < 4 ? s[g + 4] & 63 : s[g + 4] >> 4 | s[g] >> 6 << 4);
        take(u->quants + 32 * g, low + g / 2 * 32, g % 2 * 4, 4, 0);
        take(u->quants + 32 * g, high, g, format == Q5_K, 4);
    }
}

FOR_FORMAT void read_q6_k(const uint8_t *p, struct unit *u)
{
    u->d = u16(p + 208);
    memcpy(u->scales, p + 192, 16);
    EACH(g, 8) {
        take(u->quants + 32 * g, p + g / 4 * 64 + g % 2 * 32, g % 4 / 2 * 4, 4, 0);
        take(u->quants + 32 * g, p + 128 + g / 4 * 32, g % 4 * 2, 2, 4);
    }
}

FOR_FORMAT void read_iq4_xs(const uint8_t *p, struct unit *u)
{
    u->d = u16(p);
    for (int g = 0; g < 8; g++) {
        u->scales[g] = (int8_t)(((p[4 + g / 2] >> g % 2 * 4 & 15) | (u16(p + 2) >> 2 * g & 3) << 4) - 32);
        for (int i = 0; i < 16; i++) {
            u->quants[32 * g + i] = p[8 + 16 * g + i] & 15;
            u->quants[32 * g + 16 + i] = p[8 + 16 * g + i] >> 4;
        }
    }
}

FOR_FORMAT void read_unit(int format, const uint8_t *file, struct unit *u)
{
    switch (format) {
    case Q2_K: read_q2_k(file, u); break;
    case Q3_K: read_q3_k(file, u); break;
    case Q4_K: case Q5_K: read_q45_k(format, file, u); break;
    case Q6_K: read_q6_k(file, u); break;
    case IQ4_XS: read_iq4_xs(file, u); break;
    default: read_32(format, file, u); break;
    }
}

// One word of a plane: 16 / width pairs of `width` bits each, those from bit `shift` of the quants. Four pairs at a
// time: the product brings the four fields that lie 16 bits apart together in its highest bits.
FOR_FORMAT uint32_t word(const uint8_t *quants, int width, int shift)
{
    const uint64_t fields = ((1u << width) - 1) * UINT64_C(0x0001000100010001), one = 1;
    const uint64_t together = one << 48 | one << (32 + width) | one << (16 + 2 * width) | one << 3 * width;
    uint64_t even = 0, odd = 0;
    for (int j = 0; j < 16 / width; j += 4, quants += 8) {
        uint64_t q = (u32(quants) | (uint64_t)u32(quants + 4) << 32) >> shift;
        even |= ((q & fields) * together >> 48) << j * width;
        odd |= ((q >> 8 & fields) * together >> 48) << j * width;
    }
    return (uint32_t)(even | odd << 16);
}

FOR_FORMAT void put_quants(int format, const uint8_t *quants, int row, uint8_t *block)
{
    for (int p = 0; bits_of(format) == 8 && p < BLOCK / 2; p++) {
        memcpy(block + 2 * (GROUP * p + row), quants + 2 * p, 2);
    }
    uint8_t *to = block + 4 * row;
    for (int width = 4, done = 0; width > 0; width /= 2) {
        for (int i = 0; bits_of(format) & width && i < width; i++, to += 4 * GROUP) {
            uint32_t v = word(quants + 32 / width * i, width, done);
            put16(to, v);
            put16(to + 2, v >> 16);
        }
        done += bits_of(format) & width;
    }
}

// Packs a unit of one row. Returns whether one of its scales may need more than 31 bits.
FOR_FORMAT int pack_unit(int format, const uint8_t *file, int row, uint8_t *to)
{
    struct unit u;
    u.m = 0;
    memset(u.quants, 0, two_levels(format) ? sizeof u.quants : 0);
    read_unit(format, file, &u);
    put16(to + 2 * row, u.d);
    if (has_mins(format)) {
        put16(to + 2 * (GROUP + row), u.m);
    }
    to += head_bytes(format);
    int count = BLOCK / step_of(format);
    for (int b = 0; b < unit_blocks(format); b++, to += block_bytes(format)) {
        put_quants(format, u.quants + BLOCK * b, row, to);
        uint8_t *scales = to + quant_bytes(format) + row;
        for (int i = 0; two_levels(format) && i < count; i++) {
            scales[i * GROUP] = (uint8_t)u.scales[b * count + i];
            if (has_mins(format)) {
                scales[(count + i) * GROUP] = (uint8_t)u.mins[b * count + i];
            }
        }
    }
    int limit = WIDE_EXPONENT - (two_levels(format) ? 7 : 0); // |scale| and |min| <= 2^7
    return (int)(u.d >> 10 & 31) >= limit || (int)(u.m >> 10 & 31) >= limit;
}

static void pack_column(int format, const uint8_t *from, uint8_t *to)
{
    if (format == F16) {
        memcpy(to, from, 2);
        return;
    }
    uint32_t bits = format == BF16 ? u16(from) << 16 : u32(from);
    float v;
    memcpy(&v, &bits, sizeof v);
    double up = (double)v * 0x1p24 + 0.5; // exact: v has 24 significant bits
    int64_t whole = (int64_t)up;
    v = (float)(whole - (up < (double)whole)); // rounded half up (W2)
    memcpy(to, &v, sizeof v);
}

// Bytes of a packed matrix.
API int64_t plumb_packed_bytes(int32_t format, int32_t rows, int32_t columns)
{
    return (int64_t)(((size_t)rows + GROUP - 1) / GROUP * group_bytes(format, columns));
}

FOR_FORMAT int pack_rows(int format, int rows, int columns, const uint8_t *file, uint8_t *packed)
{
    int wide = 0;
    size_t group = group_bytes(format, columns), weight_bytes = format == F16 ? 2 : 4, bytes = FORMATS[format].bytes;
    int units = is_float(format) ? columns : columns / BLOCK / unit_blocks(format);
    if (rows % GROUP != 0) {
        memset(packed + rows / GROUP * group, 0, group);
    }
    for (int from = 0; from < rows; from += GROUP, file += GROUP * units * bytes, packed += group) {
        for (int k = 0; k < units; k++) { // all rows of a unit: what is written stays in the nearest cache
            for (int r = 0; r < GROUP && from + r < rows; r++) {
                const uint8_t *unit = file + ((size_t)r * units + k) * bytes;
                __builtin_prefetch(unit + 256); // too many rows for the processor to see by itself
                if (is_float(format)) {
                    pack_column(format, unit, packed + ((size_t)k * GROUP + r) * weight_bytes);
                } else {
                    wide |= pack_unit(format, unit, r, packed + k * unit_bytes(format));
                }
            }
        }
    }
    return wide;
}

// Packs a matrix of the file. Returns 1 if one of its scales may need more than 31 bits, which no product here is
// right for; else 0.
API int32_t plumb_pack(int32_t format, int32_t rows, int32_t columns, const uint8_t *file, uint8_t *packed)
{
    switch (format) {
#define PACK(format) case format: return pack_rows(format, rows, columns, file, packed);
    PACK(F32) PACK(F16) PACK(BF16) EACH_FORMAT(PACK)
    default: return 0;
    }
}
