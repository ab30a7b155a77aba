package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import plumbline.exact.BlockFormat;

/// Weights for a few input rows, straight from the mapped file to quants that are already multiplied with their
/// group's integer scale; see [Handles] for how the loops are called. For the formats that large models are made of;
/// the others are copied and unpacked as [VectorMatrix#unpack] does it.
///
/// A processor looks a few hundred instructions ahead. So these loops, in which weights come from memory, are short:
/// then many reads are under way at once. Scales and minima, which lie between, are read when the caches have them.
final class StreamLoops {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final Class<?> I = int.class;
    private static final Class<?> L = long.class;
    private static final Class<?> SS = short[].class;
    private static final Class<?> BS = byte[].class;
    private static final Class<?> M = MemorySegment.class;

    /// One object for each loop, see [DotLoops].
    private static final MethodHandles.Lookup HERE = MethodHandles.lookup();
    private static final MethodHandle MINIMA =
            Handles.of(HERE, "subtractMinima", BS, int[].class, I, double[].class, I, I, double[].class);
    private static final Map<BlockFormat, StreamLoops> KNOWN = new EnumMap<>(BlockFormat.class);

    static {
        for (BlockFormat format : new BlockFormat[] {BlockFormat.Q8_0, BlockFormat.Q4_K, BlockFormat.Q6_K}) {
            KNOWN.put(format, new StreamLoops(format.name().toLowerCase(Locale.ROOT)));
        }
    }

    private final MethodHandle quants;
    private final MethodHandle heads;
    private final MethodHandle minima = MINIMA;

    private StreamLoops(String format) {
        quants = Handles.of(HERE, format, M, L, I, SS);
        heads = Handles.of(HERE, format + "Heads", M, L, I, SS, SS, BS);
    }

    /// Loops for a format, where there are any.
    static Optional<StreamLoops> of(BlockFormat format) {
        return Optional.ofNullable(KNOWN.get(format));
    }

    /// The `blocks` blocks that begin at `at`: quants times their integer scale to `q`, the bits of f16 numbers to
    /// `d` and `m`, integer minima to `subMin`.
    void unpack(MemorySegment w, long at, int blocks, short[] q, short[] d, short[] m, byte[] subMin) {
        try {
            quants.invokeExact(w, at, blocks, q);
            heads.invokeExact(w, at, blocks, d, m, subMin);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// Takes away, for each of the 8 groups of a row's blocks, m * subMin * the sum of the group's inputs: from the
    /// sums that [DotLoops#fold] made. Exact, see [VectorMatrix].
    void minima(byte[] subMin, int[] xSums, int xAt, double[] m, int rows, int blocks, double[] sums) {
        try {
            minima.invokeExact(subMin, xSums, xAt, m, rows, blocks, sums);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    private static void q8_0(MemorySegment w, long at, int blocks, short[] q) {
        for (int k = 0; k < blocks; k++) {
            for (int i = 0; i < 32; i += 2 * Lanes.WIDTH) {
                ((ShortVector) bytes(w, at + 34L * k + 2 + i).convertShape(VectorOperators.B2S, Lanes.S, 0))
                        .intoArray(q, 32 * k + i);
            }
        }
    }

    private static void q8_0Heads(MemorySegment w, long at, int blocks, short[] d, short[] m, byte[] subMin) {
        for (int k = 0; k < blocks; k++) {
            d[k] = w.get(SHORT, at + 34L * k);
        }
    }

    /// Four bytes of six bits each: the second four of eight scales or minima, whose high bits are elsewhere.
    private static long second(int low, int high) {
        return (high & 0x0f0f0f0fL | low >>> 2 & 0x30303030L) << 32;
    }

    private static void q4_k(MemorySegment w, long at, int blocks, short[] q) {
        for (int k = 0; k < blocks; k++) {
            int low = w.get(INT, at + 144L * k + 4);
            long subs = low & 0x3f3f3f3fL | second(low, w.get(INT, at + 144L * k + 12));
            for (int i = 0; i < 4; i++) {
                short a = (short) (subs >>> 16 * i & 255);
                short b = (short) (subs >>> 16 * i + 8 & 255);
                for (int j = 0; j < 32; j += 2 * Lanes.WIDTH) {
                    ShortVector v = (ShortVector) bytes(w, at + 144L * k + 16 + 32 * i + j)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2S, Lanes.S, 0);
                    v.and((short) 15).mul(a).intoArray(q, 256 * k + 64 * i + j);
                    v.lanewise(VectorOperators.LSHR, 4).mul(b).intoArray(q, 256 * k + 64 * i + 32 + j);
                }
            }
        }
    }

    private static void q4_kHeads(MemorySegment w, long at, int blocks, short[] d, short[] m, byte[] subMin) {
        for (int k = 0; k < blocks; k++) {
            long o = at + 144L * k;
            d[k] = w.get(SHORT, o);
            m[k] = w.get(SHORT, o + 2);
            int low = w.get(INT, o + 8);
            LONGS.set(subMin, 8 * k, low & 0x3f3f3f3fL | second(low, w.get(INT, o + 12) >>> 4));
        }
    }

    /// Each turn of the inner loop takes the low bits of one vector of bytes, for two of the four groups that share
    /// a vector of high bits: of all four at once C2 makes no good code.
    private static void q6_k(MemorySegment w, long at, int blocks, short[] q) {
        for (int k = 0; k < blocks; k++) {
            long o = at + 210L * k;
            for (int n = 0; n < 128; n += Lanes.NIBBLES) {
                int i = n & 31;
                int second = n & 32;
                int half = n & 64;
                ShortVector v = nibbles(w, o + n);
                ShortVector high = nibbles(w, o + 128 + half / 2 + i).lanewise(VectorOperators.LSHL, 4)
                        .lanewise(VectorOperators.LSHR, second / 16);
                int to = 256 * k + 2 * half + second + i;
                long s = o + 192 + half / 8 + second / 16 + i / 16;
                sixth(v.and((short) 15), high).mul((short) w.get(ValueLayout.JAVA_BYTE, s)).intoArray(q, to);
                sixth(v.lanewise(VectorOperators.LSHR, 4), high.lanewise(VectorOperators.LSHR, 4))
                        .mul((short) w.get(ValueLayout.JAVA_BYTE, s + 4)).intoArray(q, to + 64);
            }
        }
    }

    private static ShortVector sixth(ShortVector low, ShortVector high) {
        return low.or(high.and((short) 0x30)).sub((short) 32);
    }

    private static void q6_kHeads(MemorySegment w, long at, int blocks, short[] d, short[] m, byte[] subMin) {
        for (int k = 0; k < blocks; k++) {
            d[k] = w.get(SHORT, at + 210L * k + 208);
        }
    }

    private static ByteVector bytes(MemorySegment w, long at) {
        return ByteVector.fromMemorySegment(Lanes.B_HALF, w, at, ByteOrder.LITTLE_ENDIAN);
    }

    private static ShortVector nibbles(MemorySegment w, long at) {
        return (ShortVector) ByteVector.fromMemorySegment(Lanes.B16, w, at, ByteOrder.LITTLE_ENDIAN)
                .convertShape(VectorOperators.ZERO_EXTEND_B2S, Lanes.S16, 0);
    }

    /// A product of a minimum and a sum of inputs is at most 63 * 32 * 32767 < 2^26.
    private static void subtractMinima(byte[] subMin, int[] xSums, int xAt, double[] m, int rows, int blocks,
            double[] sums) {
        for (int r = 0; r < rows; r++) {
            DoubleVector a = DoubleVector.fromArray(Lanes.D, sums, r * Lanes.WIDTH_64);
            for (int k = 0; k < blocks; k++) {
                DoubleVector scale = DoubleVector.broadcast(Lanes.D, -m[r * blocks + k]);
                for (int i = 0; i < 8; i += Lanes.WIDTH_64) {
                    IntVector min = (IntVector) ByteVector
                            .fromArray(ByteVector.SPECIES_64, subMin, 8 * (r * blocks + k) + i)
                            .convertShape(VectorOperators.B2I, Lanes.I_HALF, 0);
                    IntVector sum = min.mul(IntVector.fromArray(Lanes.I_HALF, xSums, xAt + 8 * k + i));
                    a = Lanes.fma((DoubleVector) sum.convertShape(VectorOperators.I2D, Lanes.D, 0), scale, a);
                }
            }
            a.intoArray(sums, r * Lanes.WIDTH_64);
        }
    }
}
