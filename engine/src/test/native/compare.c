// Compares every instruction set of this machine with the portable functions, on the same pseudo-random bytes
// everywhere, and prints a digest of all results: two machines with the same digest compute alike. The Java tests
// compare the portable functions with the scalar kernel. Exit status 0: all the same, and the digest is the one
// given. tools/test-native.sh runs this here and, under qemu, on 64-bit ARM.

#include "../../main/native/plumbline.c"
#include <stdio.h>

// --- portable products, of which the digest tells that they are right ----------------------------------------

// W1, for finite f16
static int64_t f16(uint32_t bits)
{
    int exponent = bits >> 10 & 31;
    int64_t fraction = bits & 1023;
    int64_t magnitude = exponent == 0 ? fraction : (fraction | 1024) << (exponent - 1);
    return bits & 0x8000 ? -magnitude : magnitude;
}

static int quant(int format, const uint8_t *block, int row, int c)
{
    if (bits_of(format) == 8) {
        return (int8_t)block[2 * (GROUP * (c / 2) + row) + c % 2];
    }
    int q = 0, done = 0;
    for (int width = 4; width > 0; width /= 2) {
        if (bits_of(format) & width) {
            uint32_t word = u32(block + 4 * (GROUP * (done + c / 2 * width / 16) + row));
            q |= (int)(word >> (c / 2 * width % 16 + c % 2 * 16) & ((1u << width) - 1)) << done;
            done += width;
        }
    }
    return has_levels(format) ? LEVELS[q] : q;
}

// The weight of a row of a group in column c, where `w` is the group; modulo 2^64.
static uint64_t weight(int format, const uint8_t *w, int row, int c)
{
    if (format == F16) {
        return (uint64_t)f16(u16(w + 2 * (GROUP * (size_t)c + row)));
    }
    if (is_float(format)) {
        float v;
        memcpy(&v, w + 4 * (GROUP * (size_t)c + row), sizeof v);
        return (uint64_t)(int64_t)v;
    }
    const uint8_t *head = w + (size_t)(c / BLOCK / unit_blocks(format)) * unit_bytes(format);
    const uint8_t *block = head + head_bytes(format) + c / BLOCK % unit_blocks(format) * block_bytes(format);
    const uint8_t *scales = block + quant_bytes(format) + row;
    c %= BLOCK;
    int64_t scale = 1, min = 1;
    if (two_levels(format)) {
        scale = (int8_t)scales[c / step_of(format) * GROUP];
        min = (int8_t)scales[(has_mins(format) ? BLOCK / step_of(format) + c / step_of(format) : 0) * GROUP];
    }
    int64_t q = quant(format, block, row, c) - bias_of(format);
    uint64_t product = (uint64_t)f16(u16(head + 2 * row)) * (uint64_t)(scale * q);
    return has_mins(format) ? product + (uint64_t)f16(u16(head + 2 * (GROUP + row))) * (uint64_t)min : product;
}

static void product_portable(const struct job *j)
{
    for (int row = j->from; row < j->to; row += GROUP) {
        const uint8_t *w = j->w + row / GROUP * group_bytes(j->format, j->columns);
        for (int t = 0; t < j->count; t++) {
            const int16_t *x = j->x + (size_t)t * j->columns;
            int64_t sums[GROUP] = {0};
            for (int r = 0; r < GROUP; r++) {
                for (int c = 0; c < j->columns; c++) {
                    sums[r] = (int64_t)((uint64_t)sums[r] + weight(j->format, w, r, c) * (uint64_t)(int64_t)x[c]);
                }
            }
            deliver(j, t, row, sums);
        }
    }
}

// --- the test -----------------------------------------------------------------------------------------------

static uint64_t state = 1, digest = UINT64_C(0xcbf29ce484222325);

static uint32_t next(void) // Knuth's MMIX generator
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

static void add(const void *results, size_t bytes) // FNV-1a
{
    for (size_t i = 0; i < bytes; i++) {
        digest = (digest ^ ((const uint8_t *)results)[i]) * UINT64_C(0x100000001b3);
    }
}

static int same(const char *what, int set, int format, const int64_t *a, const int64_t *b, int count)
{
    for (int i = 0; i < count; i++) {
        if (a[i] != b[i]) {
            printf("%s, instruction set %d, format %d: result %d is %lld, but portable %lld\n", what, set, format, i,
                   (long long)b[i], (long long)a[i]);
            return 0;
        }
    }
    return 1;
}

enum { ROWS = 45, COLUMNS = 512, COUNT = 11, SIZE = 83, POSITIONS = 300 };

// Whether byte i of a file holds the exponent of a scale or float; one bit less keeps it finite and not too large.
static int is_exponent(int format, size_t i)
{
    size_t at = format == Q2_K ? 80 : format == Q3_K ? 108 : format == Q6_K ? 208 : 0;
    i %= FORMATS[format].bytes;
    return i == (format == F32 ? 3 : at + 1) || (has_mins(format) && i == at + 3);
}

static int products(int format)
{
    static uint8_t file[ROWS * COLUMNS * 4];
    static int16_t x[COUNT * COLUMNS];
    static int64_t expected[COUNT * ROWS], y[COUNT * ROWS];
    int32_t exponents[COUNT];
    for (size_t i = 0; i < sizeof file; i++) {
        file[i] = (uint8_t)next();
        file[i] &= is_exponent(format, i) ? 0xbb : 0xff;
    }
    for (int i = 0; i < COUNT * COLUMNS; i++) {
        x[i] = (int16_t)(next() % 65535 - 32767);
    }
    for (int t = 0; t < COUNT; t++) {
        exponents[t] = (int32_t)(next() % 80) - 60;
    }
    uint8_t *w = plumb_allocate(plumb_packed_bytes(format, ROWS, COLUMNS));
    int good = plumb_pack(format, ROWS, COLUMNS, file, w) == 0;
    for (int count = 1; count <= COUNT; count += 5) {
        struct job j = {format, ROWS, COLUMNS, count, 0, ROWS, w, x, count == 6 ? NULL : exponents, expected};
        product_portable(&j);
        add(expected, (size_t)count * ROWS * sizeof *expected);
        for (int set = 1; set <= NEON; set++) {
            if (plumb_sets() >> set & 1) {
                plumb_multiply(set, format, w, x, count == 6 ? NULL : exponents, y, ROWS, COLUMNS, count, 0, ROWS);
                good &= same("product", set, format, expected, y, count * ROWS);
            }
        }
    }
    plumb_free(w);
    return good;
}

static int attention(void)
{
    static int16_t rows[SIZE * POSITIONS];
    static int32_t w[POSITIONS];
    static int64_t scores[POSITIONS], mixed[SIZE], out[POSITIONS];
    int good = 1;
    for (int i = 0; i < SIZE * POSITIONS; i++) {
        rows[i] = (int16_t)(next() % 4 == 0 ? 0x8000 : next());
    }
    for (int j = 0; j < POSITIONS; j++) {
        w[j] = (int32_t)(next() & 0x1ffffff);
    }
    plumb_scores(PORTABLE, rows, 7, rows, 0, SIZE, POSITIONS, scores, 0);
    plumb_mix(PORTABLE, w, rows, 0, SIZE, POSITIONS, mixed, 0);
    add(scores, sizeof scores);
    add(mixed, sizeof mixed);
    for (int set = 1; set <= NEON; set++) {
        if (plumb_sets() >> set & 1) {
            plumb_scores(set, rows, 7, rows, 0, SIZE, POSITIONS, out, 0);
            good &= same("scores", set, -1, scores, out, POSITIONS);
            plumb_mix(set, w, rows, 0, SIZE, POSITIONS, out, 0);
            good &= same("mix", set, -1, mixed, out, SIZE);
        }
    }
    return good;
}

// Rotation, a head and a gate, with a table of no meaning: the arithmetic is the same.
static int steps(void)
{
    enum { ENTRIES_MAX = 300 };
    static int64_t table[768], z[2 * ENTRIES_MAX], scratch[2 * POSITIONS], results[2][4 * ENTRIES_MAX], all[3 * ENTRIES_MAX];
    static int16_t rows[64 * POSITIONS], exponents[POSITIONS], xq[ENTRIES_MAX];
    static int32_t angles[32];
    int good = 1;
    for (int i = 0; i < 768; i++) {
        table[i] = (int64_t)next() + 1;
    }
    for (int i = 0; i < 3 * ENTRIES_MAX; i++) {
        all[i] = (int64_t)next() << 16; // one next() in an expression: their order would be the compiler's choice
        all[i] >>= next() % 40;
        all[i] = next() % 2 ? -all[i] : all[i];
    }
    for (int i = 0; i < 64 * POSITIONS; i++) {
        rows[i] = (int16_t)(next() % 65535 - 32767);
    }
    for (int i = 0; i < POSITIONS; i++) {
        exponents[i] = (int16_t)(-12 - (int)(next() % 6));
    }
    for (int i = 0; i < 32; i++) {
        angles[i] = (int32_t)(next() >> 1) - (1 << 29);
    }
    for (int set = 0; set <= NEON; set++) {
        if (plumb_sets() >> set & 1) {
            int64_t *out = results[set != PORTABLE], *up = z + ENTRIES_MAX;
            for (int gelu = 0; gelu < 2; gelu++) {
                memcpy(z, all + gelu * ENTRIES_MAX, sizeof z);
                *out++ = plumb_gate(set, table, gelu, z, up, 0, ENTRIES_MAX, xq, 0);
                for (int i = 0; i < ENTRIES_MAX; i++) {
                    *out++ = xq[i];
                }
            }
            memcpy(z, all, sizeof z);
            *out++ = plumb_rotate(set, z, 0, 64, 32, 0, angles, angles, 0, 193635250, xq, 0);
            *out++ = plumb_rotate(set, z, 64, 64, 32, 1, angles, angles, 0, 0, xq, 64);
            for (int i = 0; i < 128; i++) {
                *out++ = xq[i];
            }
            plumb_attend(set, table, xq, -14, rows, exponents, rows, exponents, 64, 5, POSITIONS - 5, scratch, out, 0);
            good &= same("step", set, -1, results[0], results[set != PORTABLE], 4 * ENTRIES_MAX);
        }
    }
    add(results[0], sizeof results[0]);
    return good;
}

int main(int count, char **arguments)
{
    int good = 1;
    for (int format = F32; format <= IQ4_XS; format++) {
        good &= products(format);
    }
    good &= attention();
    good &= steps();
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)digest);
    if (count > 1 && strcmp(text, arguments[1]) != 0) {
        printf("the digest should be %s\n", arguments[1]);
        good = 0;
    }
    printf("%s, digest %s, instruction sets %x\n", good ? "all the same" : "DIFFERENT", text,
           (unsigned)plumb_sets());
    return !good;
}
