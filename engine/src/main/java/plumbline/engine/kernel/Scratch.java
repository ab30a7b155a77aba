package plumbline.engine.kernel;

import java.util.Arrays;

/// Working arrays of one product, reused by the next one. Owned by one thread at a time.
///
/// Arrays only grow, and hold old values beyond what was written: padding inputs are multiplied
/// with leftovers, finite numbers whose products are never read.
final class Scratch {

    int[] ints = {};
    int[] start = {};
    int[] xSums = {};
    int[] parts = {};
    float[] x = {};
    float[] panel = {};
    float[] tile = {};
    double[] wideX = {};
    double[] scales = {};
    double[] mins = {};
    double[] sums = {};

    static int[] grown(int[] a, int length) {
        return a.length >= length ? a : Arrays.copyOf(a, length);
    }

    static float[] grown(float[] a, int length) {
        return a.length >= length ? a : Arrays.copyOf(a, length);
    }

    static double[] grown(double[] a, int length) {
        return a.length >= length ? a : Arrays.copyOf(a, length);
    }
}
