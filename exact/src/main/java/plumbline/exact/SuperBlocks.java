package plumbline.exact;

import static plumbline.exact.BlockFormat.NOT_FINITE;
import static plumbline.exact.BlockFormat.f16;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Blocks of 256 weights with a scale for each small group of them. Source: spec/arithmetic.md section 2 (W12-W17).
final class SuperBlocks {

    static final int SIZE = 256;

    /// The 16 levels of the non-linear 4-bit formats.
    private static final int[] LEVELS = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private SuperBlocks() {}

    /// 16 bytes of 4-bit scale and minimum, 64 bytes of 2-bit values, f16 d, f16 dmin.
    static void q2k(MemorySegment data, long o, long[] into, int at) {
        long d = f16(data.get(SHORT, o + 80));
        long min = f16(data.get(SHORT, o + 82));
        for (int i = 0; i < SIZE; i++) {
            int pair = u8(data, o + i / 16);
            int q = u8(data, o + 16 + i / 128 * 32 + i % 32) >> i / 32 % 4 * 2 & 3;
            into[at + i] = weight(d, (pair & 15) * q, min, pair >> 4);
        }
    }

    /// 32 bytes of high bits, 64 bytes of 2-bit values, 12 bytes of 6-bit scales, f16 d.
    static void q3k(MemorySegment data, long o, long[] into, int at) {
        long d = f16(data.get(SHORT, o + 108));
        for (int i = 0; i < SIZE; i++) {
            int q = u8(data, o + 32 + i / 128 * 32 + i % 32) >> i / 32 % 4 * 2 & 3;
            int high = u8(data, o + i % 32) >> i / 32 & 1;
            int g = i / 16;
            int low = u8(data, o + 96 + g % 8) >> g / 8 * 4 & 15;
            int scale = (low | (u8(data, o + 104 + g % 4) >> g / 4 * 2 & 3) << 4) - 32;
            into[at + i] = weight(d, scale * (q - 4 + 4 * high), 0, 0);
        }
    }

    /// f16 d, f16 dmin, 12 bytes of 6-bit scales and minima, 128 bytes of nibbles.
    static void q4k(MemorySegment data, long o, long[] into, int at) {
        long d = f16(data.get(SHORT, o));
        long min = f16(data.get(SHORT, o + 2));
        for (int i = 0; i < SIZE; i++) {
            int g = i / 32;
            int q = u8(data, o + 16 + i / 64 * 32 + i % 32) >> g % 2 * 4 & 15;
            into[at + i] = weight(d, scale(data, o + 4, g) * q, min, minimum(data, o + 4, g));
        }
    }

    /// As q4k with a fifth bit: 32 bytes of high bits before the nibbles.
    static void q5k(MemorySegment data, long o, long[] into, int at) {
        long d = f16(data.get(SHORT, o));
        long min = f16(data.get(SHORT, o + 2));
        for (int i = 0; i < SIZE; i++) {
            int g = i / 32;
            int q = u8(data, o + 48 + i / 64 * 32 + i % 32) >> g % 2 * 4 & 15
                    | (u8(data, o + 16 + i % 32) >> g & 1) << 4;
            into[at + i] = weight(d, scale(data, o + 4, g) * q, min, minimum(data, o + 4, g));
        }
    }

    /// 128 bytes of nibbles, 64 bytes of 2 high bits, 16 signed scales, f16 d.
    static void q6k(MemorySegment data, long o, long[] into, int at) {
        long d = f16(data.get(SHORT, o + 208));
        for (int i = 0; i < SIZE; i++) {
            int half = i / 128;
            int low = u8(data, o + half * 64 + i % 64) >> i % 128 / 64 * 4 & 15;
            int high = u8(data, o + 128 + half * 32 + i % 32) >> i % 128 / 32 * 2 & 3;
            int scale = data.get(ValueLayout.JAVA_BYTE, o + 192 + i / 16);
            into[at + i] = weight(d, scale * ((low | high << 4) - 32), 0, 0);
        }
    }

    /// f16 d, then 16 bytes of nibbles that choose levels: a block of 32.
    static void iq4nl(MemorySegment data, long o, long[] into, int at) {
        long d = f16(data.get(SHORT, o));
        for (int i = 0; i < 32; i++) {
            into[at + i] = weight(d, LEVELS[u8(data, o + 2 + i % 16) >> i / 16 * 4 & 15], 0, 0);
        }
    }

    /// f16 d, 2 bytes and 4 bytes of 6-bit scales, 128 bytes of nibbles that choose levels.
    static void iq4xs(MemorySegment data, long o, long[] into, int at) {
        long d = f16(data.get(SHORT, o));
        int high = data.get(SHORT, o + 2) & 0xffff;
        for (int i = 0; i < SIZE; i++) {
            int g = i / 32;
            int low = u8(data, o + 4 + g / 2) >> g % 2 * 4 & 15;
            int scale = (low | (high >> 2 * g & 3) << 4) - 32;
            int q = LEVELS[u8(data, o + 8 + g * 16 + i % 16) >> i % 32 / 16 * 4 & 15];
            into[at + i] = weight(d, scale * q, 0, 0);
        }
    }

    /// Six-bit scale of group g in the 12 packed bytes at `o`.
    private static int scale(MemorySegment data, long o, int g) {
        return g < 4 ? u8(data, o + g) & 63 : u8(data, o + g + 4) & 15 | u8(data, o + g - 4) >> 6 << 4;
    }

    /// Six-bit minimum of group g in the 12 packed bytes at `o`.
    private static int minimum(MemorySegment data, long o, int g) {
        return g < 4 ? u8(data, o + g + 4) & 63 : u8(data, o + g + 4) >> 4 | u8(data, o + g) >> 6 << 4;
    }

    private static long weight(long d, int q, long min, int m) {
        return d == NOT_FINITE || min == NOT_FINITE ? NOT_FINITE : d * q - min * m;
    }

    private static int u8(MemorySegment data, long offset) {
        return data.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }
}
