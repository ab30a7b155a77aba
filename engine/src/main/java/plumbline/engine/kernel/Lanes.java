package plumbline.engine.kernel;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Vector shapes of this machine: one width, chosen once, up to 512 bits.
///
/// Nothing but speed depends on the width. The species are constants, because C2 makes vector
/// instructions only where it knows the species.
final class Lanes {

    /// Vector width in bits: 128, 256 or 512 (64 where the machine has no vectors).
    static final int BITS = Math.min(512, VectorShape.preferredShape().vectorBitSize());

    static final boolean X86 = System.getProperty("os.arch").equals("amd64");

    /// Whether all that the loops do is done in vector registers. On x86 before AVX (which has
    /// floats of 256 bits) C2 can't convert between lane sizes, and makes objects on the heap
    /// instead.
    static final boolean FAST =
            !X86 || VectorSpecies.ofLargestShape(float.class).vectorBitSize() >= 256;

    private static final VectorShape FULL = VectorShape.forBitSize(BITS);
    private static final VectorShape HALF = VectorShape.forBitSize(Math.max(64, BITS / 2));

    static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, FULL);
    static final VectorSpecies<Float> F = VectorSpecies.of(float.class, FULL);
    static final VectorSpecies<Double> D = VectorSpecies.of(double.class, FULL);
    /// As many lanes as [#D].
    static final VectorSpecies<Integer> I_HALF = VectorSpecies.of(int.class, HALF);
    /// As many lanes as [#D].
    static final VectorSpecies<Float> F_HALF = VectorSpecies.of(float.class, HALF);
    /// As many lanes as [#I].
    static final VectorSpecies<Short> S_HALF = VectorSpecies.of(short.class, HALF);
    /// Twice as many lanes as [#I].
    static final VectorSpecies<Short> S = VectorSpecies.of(short.class, FULL);
    /// Twice as many lanes as [#I].
    static final VectorSpecies<Byte> B_HALF = VectorSpecies.of(byte.class, HALF);

    static final VectorSpecies<Byte> B = VectorSpecies.of(byte.class, FULL);
    /// 16 short lanes, or as many as there are.
    static final VectorSpecies<Short> S16 =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Math.min(256, BITS)));
    /// As many lanes as [#S16].
    static final VectorSpecies<Byte> B16 =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, Math.min(128, BITS / 2))));

    /// Lanes of [#S16]: 16 or 8.
    static final int NIBBLES = S16.length();
    /// 32-bit lanes.
    static final int WIDTH = I.length();
    /// 64-bit lanes.
    static final int WIDTH_64 = D.length();
    /// Input rows of a tile: two 32-bit vectors.
    static final int GROUP = 2 * WIDTH;

    /// Whether the machine surely has a fused multiply-add. Without one, `fma` is emulated with big
    /// decimals. An x86 machine with 256-bit integers (AVX2) has it, and so has every 64-bit ARM.
    /// Where products are exact, as they all are here, mul and add give the same bits.
    static final boolean FUSED = BITS > 128 || !X86;

    private Lanes() {}

    static FloatVector fma(FloatVector a, FloatVector b, FloatVector sum) {
        return FUSED ? a.fma(b, sum) : a.mul(b).add(sum);
    }

    static DoubleVector fma(DoubleVector a, DoubleVector b, DoubleVector sum) {
        return FUSED ? a.fma(b, sum) : a.mul(b).add(sum);
    }

    /// `WIDTH_64` floats as doubles.
    static DoubleVector doubles(float[] a, int at) {
        return (DoubleVector) FloatVector.fromArray(F_HALF, a, at)
                .convertShape(VectorOperators.F2D, D, 0);
    }

    /// The first half of `v` as doubles.
    static DoubleVector low(IntVector v) {
        return (DoubleVector) v.convertShape(VectorOperators.I2D, D, 0);
    }

    /// The second half of `v` as doubles.
    static DoubleVector high(IntVector v) {
        return (DoubleVector) v.convertShape(VectorOperators.I2D, D, 1);
    }

    /// The first half of `v` as doubles.
    static DoubleVector low(FloatVector v) {
        return (DoubleVector) v.convertShape(VectorOperators.F2D, D, 0);
    }

    /// The second half of `v` as doubles.
    static DoubleVector high(FloatVector v) {
        return (DoubleVector) v.convertShape(VectorOperators.F2D, D, 1);
    }

    /// `WIDTH` little-endian int16 values as ints.
    static IntVector ints(byte[] b, int at) {
        return (IntVector) ByteVector.fromArray(B_HALF, b, at).reinterpretAsShorts()
                .convertShape(VectorOperators.S2I, I, 0);
    }

    /// `WIDTH` int16 values as ints.
    static IntVector ints(short[] a, int at) {
        return (IntVector) ShortVector.fromArray(S_HALF, a, at)
                .convertShape(VectorOperators.S2I, I, 0);
    }
}
