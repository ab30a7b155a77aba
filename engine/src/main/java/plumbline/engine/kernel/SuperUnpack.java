package plumbline.engine.kernel;

import static plumbline.engine.kernel.BlockUnpack.half;
import static plumbline.engine.kernel.BlockUnpack.unsigned;
import static plumbline.engine.kernel.BlockUnpack.word;

import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Blocks of 256 weights, from the file's bytes to int16 quants in the order of the columns.
///
/// As [BlockUnpack]; besides, each group of 16 or 32 weights has an integer scale, to `sub`, and in some
/// formats an integer minimum, to `subMin`: W = D sub q - M subMin. Source: spec/arithmetic.md section 2.
final class SuperUnpack {

    private static final int SIZE = 256;

    private SuperUnpack() {}

    static void q2_k(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            int o = 84 * k;
            d[k] = half(b, o + 80);
            m[k] = half(b, o + 82);
            for (int g = 0; g < 16; g++) {
                sub[16 * k + g] = (short) (b[o + g] & 15);
                subMin[16 * k + g] = (short) (b[o + g] >> 4 & 15);
            }
            for (int i = 0; i < 64; i += Lanes.NIBBLES) {
                ShortVector v = unsigned(b, o + 16 + i);
                int to = SIZE * k + i / 32 * 128 + i % 32;
                v.and((short) 3).intoArray(q, to);
                bits(v, 2, 3).intoArray(q, to + 32);
                bits(v, 4, 3).intoArray(q, to + 64);
                bits(v, 6, 3).intoArray(q, to + 96);
            }
        }
    }

    static void q3_k(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            int o = 110 * k;
            d[k] = half(b, o + 108);
            for (int g = 0; g < 16; g++) {
                int low = b[o + 96 + g % 8] >> g / 8 * 4 & 15;
                sub[16 * k + g] = (short) ((low | (b[o + 104 + g % 4] >> g / 4 * 2 & 3) << 4) - 32);
            }
            for (int i = 0; i < 32; i += Lanes.NIBBLES) {
                ShortVector high = unsigned(b, o + i);
                threeBits(unsigned(b, o + 32 + i), high, q, SIZE * k + i);
                threeBits(unsigned(b, o + 64 + i), high.lanewise(VectorOperators.LSHR, 4), q, SIZE * k + 128 + i);
            }
        }
    }

    private static void threeBits(ShortVector low, ShortVector high, short[] q, int to) {
        for (int j = 0; j < 4; j++) {
            ShortVector v = bits(low, 2 * j, 3).add(bits(high, j, 1).lanewise(VectorOperators.LSHL, 2));
            v.sub((short) 4).intoArray(q, to + 32 * j);
        }
    }

    static void q4_k(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            int o = 144 * k;
            d[k] = half(b, o);
            m[k] = half(b, o + 2);
            sixBits(b, o + 4, sub, subMin, 8 * k);
            for (int i = 0; i < 4; i++) {
                for (int j = 0; j < 32; j += 2 * Lanes.WIDTH) {
                    ShortVector v = BlockUnpack.wide(b, o + 16 + 32 * i + j);
                    int to = SIZE * k + 64 * i + j;
                    v.and((short) 15).intoArray(q, to);
                    v.lanewise(VectorOperators.LSHR, 4).intoArray(q, to + 32);
                }
            }
        }
    }

    static void q5_k(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            int o = 176 * k;
            d[k] = half(b, o);
            m[k] = half(b, o + 2);
            sixBits(b, o + 4, sub, subMin, 8 * k);
            for (int i = 0; i < 128; i += Lanes.NIBBLES) {
                ShortVector v = unsigned(b, o + 48 + i);
                ShortVector high = unsigned(b, o + 16 + i % 32)
                        .lanewise(VectorOperators.LSHR, i / 32 * 2);
                int to = SIZE * k + i / 32 * 64 + i % 32;
                v.and((short) 15).add(high.and((short) 1).lanewise(VectorOperators.LSHL, 4)).intoArray(q, to);
                v.lanewise(VectorOperators.LSHR, 4).add(high.and((short) 2).lanewise(VectorOperators.LSHL, 3))
                        .intoArray(q, to + 32);
            }
        }
    }

    /// Eight scales and eight minima of six bits, packed in 12 bytes.
    private static void sixBits(byte[] b, int at, short[] sub, short[] subMin, int to) {
        int low = word(b, at);
        int min = word(b, at + 4);
        int high = word(b, at + 8);
        spread(low & 0x3f3f3f3f, sub, to);
        spread(high & 0x0f0f0f0f | low >>> 2 & 0x30303030, sub, to + 4);
        spread(min & 0x3f3f3f3f, subMin, to);
        spread(high >>> 4 & 0x0f0f0f0f | min >>> 2 & 0x30303030, subMin, to + 4);
    }

    private static void spread(int bytes, short[] into, int to) {
        into[to] = (short) (bytes & 255);
        into[to + 1] = (short) (bytes >> 8 & 255);
        into[to + 2] = (short) (bytes >> 16 & 255);
        into[to + 3] = (short) (bytes >>> 24);
    }

    static void q6_k(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            int o = 210 * k;
            d[k] = half(b, o + 208);
            for (int g = 0; g < 16; g++) {
                sub[16 * k + g] = b[o + 192 + g];
            }
            for (int i = 0; i < 64; i += Lanes.NIBBLES) {
                int low = o + i / 32 * 64 + i % 32;
                int to = SIZE * k + i / 32 * 128 + i % 32;
                ShortVector v = unsigned(b, low);
                ShortVector w = unsigned(b, low + 32);
                ShortVector high = unsigned(b, o + 128 + i).lanewise(VectorOperators.LSHL, 4);
                sixth(v.and((short) 15), high).intoArray(q, to);
                sixth(w.and((short) 15), high.lanewise(VectorOperators.LSHR, 2)).intoArray(q, to + 32);
                sixth(v.lanewise(VectorOperators.LSHR, 4), high.lanewise(VectorOperators.LSHR, 4))
                        .intoArray(q, to + 64);
                sixth(w.lanewise(VectorOperators.LSHR, 4), high.lanewise(VectorOperators.LSHR, 6))
                        .intoArray(q, to + 96);
            }
        }
    }

    private static ShortVector sixth(ShortVector low, ShortVector high) {
        return low.or(high.and((short) 0x30)).sub((short) 32);
    }

    static void iq4_xs(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            int o = 136 * k;
            d[k] = half(b, o);
            int high = half(b, o + 2);
            for (int g = 0; g < 8; g++) {
                int low = b[o + 4 + g / 2] >> g % 2 * 4 & 15;
                sub[8 * k + g] = (short) ((low | (high >> 2 * g & 3) << 4) - 32);
                BlockUnpack.levels(b, o + 8 + 16 * g, q, SIZE * k + 32 * g);
            }
        }
    }

    private static ShortVector bits(ShortVector v, int shift, int mask) {
        return v.lanewise(VectorOperators.LSHR, shift).and((short) mask);
    }
}
