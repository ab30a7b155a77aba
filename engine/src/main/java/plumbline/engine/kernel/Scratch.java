package plumbline.engine.kernel;

import java.util.Arrays;

/// Working arrays of one product, reused by the next one. Owned by one thread at a time.
///
/// Arrays only grow, and hold old values beyond what was written: padding is multiplied with leftovers,
/// finite numbers whose products are never read.
final class Scratch {

    // A piece of the weights: see VectorMatrix.unpack.
    byte[] file = {};
    short[] q = {};
    short[] sub = {};
    short[] subMin = {};
    byte[] subMinBytes = {};
    short[] dBits = {};
    short[] mBits = {};
    double[] d = {};
    double[] weights = {};
    double[] m = {};

    // Inputs as a product wants them, and of what they were made.
    short[] rows = {};
    int[] xSums = {};
    float[] x = {};
    double[] wideX = {};
    double[] wideSums = {};
    /// The size of the groups that `wideSums` are of, or 0.
    int sumsOf;
    private short[] madeOf = {};
    private int[] madeFor = {};

    int[] pairs = {};
    float[] panel = {};
    float[] tile = {};
    double[] scales = {};
    double[] mins = {};
    double[] sums = {};

    /// Whether the inputs were made of these same values for the same purpose, as they often are: several
    /// matrices, and several parts of one, take the same inputs.
    boolean holds(short[] values, int length, int... purpose) {
        return length <= madeOf.length && Arrays.equals(purpose, madeFor)
                && Arrays.equals(values, 0, length, madeOf, 0, length);
    }

    /// Remembers of what the inputs were made.
    void keep(short[] values, int length, int... purpose) {
        if (madeOf.length < length) {
            madeOf = new short[length];
        }
        System.arraycopy(values, 0, madeOf, 0, length);
        madeFor = purpose;
    }

    /// Room for a piece of weights that has `bytes` bytes in the file.
    void roomForPiece(int bytes, int weights) {
        if (q.length < weights || file.length < bytes) {
            int groups = weights / 16 + 64; // vectors read and write whole, beyond the last one
            file = new byte[Math.max(bytes, file.length)];
            q = new short[Math.max(weights, q.length)];
            sub = new short[groups];
            subMin = new short[groups];
            subMinBytes = new byte[groups];
            dBits = new short[groups];
            mBits = new short[groups];
            d = new double[groups];
            m = new double[groups];
        }
    }

    static int[] grown(int[] a, int length) {
        return a.length >= length ? a : new int[length];
    }

    static short[] grown(short[] a, int length) {
        return a.length >= length ? a : new short[length];
    }

    static float[] grown(float[] a, int length) {
        return a.length >= length ? a : new float[length];
    }

    static double[] grown(double[] a, int length) {
        return a.length >= length ? a : new double[length];
    }
}
