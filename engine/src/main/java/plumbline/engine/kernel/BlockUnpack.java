package plumbline.engine.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Blocks of 32 weights, from the file's bytes to int16 quants in the order of the columns.
///
/// Each loop takes `blocks` blocks at `b[0 ..]` and writes each block's quants to `q`, the bits of its
/// f16 scale to `d` and, where there is one, of its f16 minimum to `m`. `sub` and `subMin` are for
/// [SuperUnpack]. Source: spec/arithmetic.md section 2.
final class BlockUnpack {

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /// The 16 levels of the non-linear 4-bit formats (spec/arithmetic.md W16).
    static final short[] LEVELS =
            {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /// Lane i holds bit i.
    private static final short[] BIT = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
        (short) 32768};

    private BlockUnpack() {}

    static void q4_0(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            d[k] = half(b, 18 * k);
            for (int i = 0; i < 16; i += Lanes.NIBBLES) {
                ShortVector v = unsigned(b, 18 * k + 2 + i);
                v.and((short) 15).sub((short) 8).intoArray(q, 32 * k + i);
                v.lanewise(VectorOperators.LSHR, 4).sub((short) 8).intoArray(q, 32 * k + 16 + i);
            }
        }
    }

    static void q4_1(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            d[k] = half(b, 20 * k);
            m[k] = half(b, 20 * k + 2);
            for (int i = 0; i < 16; i += Lanes.NIBBLES) {
                ShortVector v = unsigned(b, 20 * k + 4 + i);
                v.and((short) 15).intoArray(q, 32 * k + i);
                v.lanewise(VectorOperators.LSHR, 4).intoArray(q, 32 * k + 16 + i);
            }
        }
    }

    static void q5_0(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            d[k] = half(b, 22 * k);
            fiveBits(b, 22 * k + 2, q, 32 * k, (short) 16);
        }
    }

    static void q5_1(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            d[k] = half(b, 24 * k);
            m[k] = half(b, 24 * k + 2);
            fiveBits(b, 24 * k + 4, q, 32 * k, (short) 0);
        }
    }

    private static void fiveBits(byte[] b, int at, short[] q, int to, short bias) {
        int high = word(b, at);
        for (int i = 0; i < 16; i += Lanes.NIBBLES) {
            ShortVector v = unsigned(b, at + 4 + i);
            fifth(v.and((short) 15), high >>> i).sub(bias).intoArray(q, to + i);
            fifth(v.lanewise(VectorOperators.LSHR, 4), high >>> 16 + i).sub(bias).intoArray(q, to + 16 + i);
        }
    }

    /// Adds 16 to the lanes whose bit is set.
    private static ShortVector fifth(ShortVector v, int bits) {
        ShortVector bit = ShortVector.fromArray(Lanes.S16, BIT, 0);
        return v.add((short) 16, bit.and((short) bits).compare(VectorOperators.NE, (short) 0));
    }

    static void q8_0(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            d[k] = half(b, 34 * k);
            for (int i = 0; i < 32; i += 2 * Lanes.WIDTH) {
                signed(b, 34 * k + 2 + i).intoArray(q, 32 * k + i);
            }
        }
    }

    static void iq4_nl(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        for (int k = 0; k < blocks; k++) {
            d[k] = half(b, 18 * k);
            levels(b, 18 * k + 2, q, 32 * k);
        }
    }

    /// 16 bytes of nibbles that choose levels.
    static void levels(byte[] b, int at, short[] q, int to) {
        for (int i = 0; i < 16; i++) {
            q[to + i] = LEVELS[b[at + i] & 15];
            q[to + 16 + i] = LEVELS[b[at + i] >> 4 & 15];
        }
    }

    static short half(byte[] b, int at) {
        return (short) (b[at] & 255 | b[at + 1] << 8);
    }

    static int word(byte[] b, int at) {
        return (int) INT.get(b, at);
    }

    /// [Lanes#NIBBLES] bytes of 0 to 255.
    static ShortVector unsigned(byte[] b, int at) {
        return (ShortVector) ByteVector.fromArray(Lanes.B16, b, at)
                .convertShape(VectorOperators.ZERO_EXTEND_B2S, Lanes.S16, 0);
    }

    /// `2 * WIDTH` bytes of 0 to 255.
    static ShortVector wide(byte[] b, int at) {
        return (ShortVector) ByteVector.fromArray(Lanes.B_HALF, b, at)
                .convertShape(VectorOperators.ZERO_EXTEND_B2S, Lanes.S, 0);
    }

    /// `2 * WIDTH` bytes of -128 to 127.
    private static ShortVector signed(byte[] b, int at) {
        return (ShortVector) ByteVector.fromArray(Lanes.B_HALF, b, at)
                .convertShape(VectorOperators.B2S, Lanes.S, 0);
    }
}
