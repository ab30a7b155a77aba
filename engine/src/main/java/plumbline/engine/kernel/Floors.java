package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// How fast a kernel multiplies each format, against the least that is expected of it.
///
/// The just-in-time compiler may, after a harmless change, make code that is 3 to 15 times slower, and say
/// nothing. Speeds are in products per step of a chain of shifts (xorshift) that is measured beside each:
/// so the floors, two fifths of what was measured when they were written, hold for machines of other clocks, and
/// roughly under load.
public final class Floors {

    private static final int ROWS = 384;
    private static final int COLUMNS = 2048;
    private static final int MANY = 64;

    /// Of the whole process, its compiler included. One pass lasts a few milliseconds; the best one counts.
    private static final long WARM_UP_NANOS = 500_000_000;
    private static final int PASSES = 30;
    private static final int STEPS = 1 << 20;

    private static volatile long sink;

    /// The speed of one format with `inputs` input rows, and the least that is expected, both in products per
    /// step.
    public record Speed(BlockFormat format, int inputs, double measured, double floor) {

        public boolean reached() {
            return measured >= floor;
        }
    }

    private Floors() {}

    /// Measures `kernel` on one thread: every format with one input row and with many.
    public static List<Speed> measure(Kernel kernel) {
        List<Speed> speeds = new ArrayList<>();
        for (BlockFormat format : BlockFormat.values()) {
            Matrix matrix = matrix(format);
            for (int inputs : new int[] {1, MANY}) {
                speeds.add(new Speed(format, inputs, measured(kernel, kernel.pack(matrix), inputs),
                        floor(kernel, format, inputs)));
            }
        }
        return speeds;
    }

    private static double measured(Kernel kernel, Packed w, int inputs) {
        short[] x = new short[inputs * COLUMNS];
        for (int i = 0; i < x.length; i++) {
            x[i] = (short) (i * 7919);
        }
        long[] y = new long[inputs * ROWS];
        int rounds = inputs == 1 ? 8 : 1;
        long begin = cpuNanos();
        while (cpuNanos() - begin < WARM_UP_NANOS) {
            pass(kernel, w, x, inputs, y, rounds);
            steps();
        }
        long best = Long.MAX_VALUE;
        long bestSteps = Long.MAX_VALUE;
        for (int i = 0; i < PASSES; i++) {
            bestSteps = Math.min(bestSteps, steps());
            best = Math.min(best, pass(kernel, w, x, inputs, y, rounds));
        }
        double products = (double) rounds * inputs * ROWS * COLUMNS;
        return products / best / ((double) STEPS / bestSteps);
    }

    private static long cpuNanos() {
        return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElseGet(System::nanoTime);
    }

    private static long pass(Kernel kernel, Packed w, short[] x, int inputs, long[] y, int rounds) {
        long start = System.nanoTime();
        for (int i = 0; i < rounds; i++) {
            kernel.multiply(w, x, inputs, y, 0, ROWS);
        }
        return System.nanoTime() - start;
    }

    private static long steps() {
        long start = System.nanoTime();
        long v = start;
        for (int i = 0; i < STEPS; i++) {
            v ^= v << 13;
            v ^= v >>> 7;
            v ^= v << 17;
        }
        sink = v;
        return System.nanoTime() - start;
    }

    private static Matrix matrix(BlockFormat format) {
        byte[] bytes = new byte[Math.toIntExact(ROWS * format.rowBytes(COLUMNS))];
        new Random(1).nextBytes(bytes);
        MemorySegment data = MemorySegment.ofArray(bytes);
        for (int at = 0; at < bytes.length; at += format.blockBytes()) {
            int scale = format == BlockFormat.F32 ? 2 : RowBound.scaleAt(format);
            for (int i = scale; i < scale + 4 && i < format.blockBytes(); i += 2) {
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, (long) at + i, (short) 0x1000);
            }
        }
        return new Matrix(format, ROWS, COLUMNS, data);
    }

    static double floor(Kernel kernel, BlockFormat format, int inputs) {
        return switch (kernel) {
            case VectorKernel _ -> vector(format, inputs == 1) * Lanes.BITS / 512;
            case NativeKernel n -> compiled(format, inputs == 1) * width(n.name());
            case ScalarKernel _ -> 0;
        };
    }

    /// Two fifths of what an Intel Xeon (Sapphire Rapids) reached with 512-bit vectors.
    private static double vector(BlockFormat format, boolean one) {
        return switch (format) {
            case F32 -> one ? 1.7 : 15;
            case F16 -> one ? 2.2 : 18;
            case Q4_0 -> one ? 5.8 : 29;
            case Q4_1 -> one ? 4.7 : 24;
            case Q5_0 -> one ? 4.8 : 29;
            case Q5_1 -> one ? 3.9 : 12;
            case Q8_0 -> one ? 6.2 : 15;
            case Q2_K -> one ? 3.3 : 14;
            case Q3_K -> one ? 2.3 : 19;
            case Q4_K -> one ? 3.5 : 22;
            case Q5_K -> one ? 3.0 : 12;
            case Q6_K -> one ? 3.2 : 20;
            case IQ4_NL -> one ? 1.6 : 14;
            case IQ4_XS -> one ? 1.4 : 13;
            case BF16 -> one ? 2.2 : 17;
        };
    }

    /// As [#vector], of what AVX-512 reached.
    private static double compiled(BlockFormat format, boolean one) {
        return switch (format) {
            case F32, F16, BF16 -> 3.8;
            default -> one ? 20 : 55;
        };
    }

    private static double width(String kernel) {
        return kernel.contains("512") ? 1 : kernel.contains("portable") ? 0 : 0.3;
    }
}
