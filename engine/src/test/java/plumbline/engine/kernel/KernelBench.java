package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// Measures the matrix products and the attention of a model of SmolLM2-135M's shapes (30 layers
/// with weights of their own, Q4_1; head Q8_0). Not a test.
///
/// ```
/// java --add-modules jdk.incubator.vector -Xmx3g -cp CLASSES plumbline.engine.kernel.KernelBench \
///     [threads 2] [seconds per figure 2] [kernel vector] [layer format Q4_1] [part of a name]
/// ```
final class KernelBench {

    private static final int LAYERS = 30;
    private static final int WIDTH = 576;
    private static final int[][] SHAPES = {
        {576, 576}, {192, 576}, {192, 576}, {576, 576}, {1536, 576}, {1536, 576}, {576, 1536}};
    private static final int VOCABULARY = 49152;

    private final Kernel kernel;
    private final Pool pool;
    private final double seconds;
    private final String only;
    private final List<Packed> layers = new ArrayList<>();
    private Packed head;

    private KernelBench(Kernel kernel, Pool pool, double seconds, String only) {
        this.kernel = kernel;
        this.pool = pool;
        this.seconds = seconds;
        this.only = only;
    }

    public static void main(String[] args) throws KernelUnavailableException {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 2;
        long start = System.nanoTime();
        Kernel kernel = Kernels.choose(args.length > 2 ? args[2] : "vector");
        long chosen = System.nanoTime();
        SelfTest.fault(kernel);
        System.out.printf("%s, %d threads; chosen in %.0f ms (self-test again: %.0f ms)%n",
                kernel.name(), threads, (chosen - start) / 1e6, (System.nanoTime() - chosen) / 1e6);
        BlockFormat format = BlockFormat.valueOf(args.length > 3 ? args[3] : "Q4_1");
        try (Pool pool = new Pool(threads)) {
            KernelBench bench = new KernelBench(kernel, pool, seconds,
                    args.length > 4 ? args[4] : "");
            bench.pack(format);
            bench.firstPasses();
            bench.products();
            bench.attention();
        }
    }

    private void pack(BlockFormat format) {
        long start = System.nanoTime();
        long weights = 0;
        Random random = new Random(1);
        for (int layer = 0; layer < LAYERS; layer++) {
            for (int[] shape : SHAPES) {
                layers.add(kernel.pack(matrix(format, shape[0], shape[1], random)));
                weights += (long) shape[0] * shape[1];
            }
        }
        Matrix last = matrix(BlockFormat.Q8_0, VOCABULARY, WIDTH, random);
        long made = System.nanoTime();
        head = kernel.pack(last);
        System.out.printf("%.1f M weights made and packed in %.0f ms, head packed in %.0f ms%n",
                weights / 1e6, (made - start) / 1e6, (System.nanoTime() - made) / 1e6);
    }

    private static Matrix matrix(BlockFormat format, int rows, int columns, Random random) {
        byte[] bytes = new byte[Math.toIntExact(rows * format.rowBytes(columns))];
        random.nextBytes(bytes);
        MemorySegment data = MemorySegment.ofArray(bytes);
        for (int at = 0; at < bytes.length; at += format.blockBytes()) {
            if (format == BlockFormat.F32) {
                data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, random.nextFloat());
            }
            for (int offset : Weights.scalesAt(format)) {
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + offset, (short) (0x1000 + random.nextInt(1024)));
            }
        }
        return new Matrix(format, rows, columns, data);
    }

    /// How long the just-in-time compiler takes to get going: wall time of the first passes.
    private void firstPasses() {
        for (int count : new int[] {16, 1}) {
            short[] x = Weights.inputs(count * 1536, new Random(2));
            long[] y = new long[count * 1536];
            StringBuilder line = new StringBuilder("first passes over the layers, count " + count
                    + ", ms:");
            for (int i = 0; i < 16; i++) {
                long start = System.nanoTime();
                layers(x, count, y);
                line.append(' ').append((System.nanoTime() - start) / 1_000_000);
            }
            System.out.println(line);
        }
    }

    private void products() {
        for (int count : new int[] {1, 2, 4, 8, 16, 64}) {
            short[] x = Weights.inputs(count * 1536, new Random(2));
            long[] y = new long[count * 1536];
            report("layers, count " + count, count, 106.2e6, () -> layers(x, count, y));
        }
        short[] x = Weights.inputs(WIDTH, new Random(2));
        long[] y = new long[VOCABULARY];
        report("one layer's 1536 x 576 again and again", 1, 100 * 1536 * 576.0, () -> {
            for (int i = 0; i < 100; i++) {
                multiply(layers.get(4), x, 1, y);
            }
        });
        report("head", 1, 28.3e6, () -> multiply(head, x, 1, y));
        report("layers and head", 1, 134.5e6, () -> {
            layers(x.length < 1536 ? Arrays.copyOf(x, 1536) : x, 1, y);
            multiply(head, x, 1, y);
        });
    }

    private void layers(short[] x, int count, long[] y) {
        for (Packed w : layers) {
            multiply(w, x, count, y);
        }
    }

    private void multiply(Packed w, short[] x, int count, long[] y) {
        int granule = kernel.rowGranule();
        int groups = Math.ceilDiv(w.rows(), granule);
        int parts = Math.min(groups, 4 * pool.threads()); // as the forward pass does
        pool.run(parts, part -> kernel.multiply(w, x, count, y, groups * part / parts * granule,
                Math.min(w.rows(), groups * (part + 1) / parts * granule)));
    }

    private void attention() {
        int positions = 1000;
        short[] rows = Weights.inputs(64 * positions, new Random(3));
        int[] w = new Random(4).ints(positions, 0, 1 << 20).toArray();
        long[] out = new long[positions];
        report("scores of 1000 positions, 270 heads, 1 thread", 1, 270 * 64e3, () -> {
            for (int i = 0; i < 270; i++) {
                kernel.scores(rows, 0, rows, 0, 64, positions, out, 0);
            }
        });
        report("mix of 1000 positions, 270 heads, 1 thread", 1, 270 * 64e3, () -> {
            for (int i = 0; i < 270; i++) {
                kernel.mix(w, rows, 0, 64, positions, out, 0);
            }
        });
    }

    /// Median and best pass of the second half of the time. With one thread, its CPU time, which
    /// other programs on the machine disturb less.
    private void report(String what, int tokens, double weights, Runnable pass) {
        if (!what.contains(only)) {
            return;
        }
        List<Long> nanos = new ArrayList<>();
        long begin = System.nanoTime();
        while (nanos.size() < 3 || System.nanoTime() - begin < seconds * 1e9) {
            long start = clock();
            pass.run();
            long took = clock() - start;
            if (System.nanoTime() - begin >= seconds / 2 * 1e9) {
                nanos.add(took);
            }
        }
        nanos.sort(null);
        double median = nanos.get(nanos.size() / 2) / 1e9;
        System.out.printf("%-46s %9.3f ms (best %8.3f) %8.1f tokens/s %6.1f G products/s%n", what,
                median * 1e3, nanos.getFirst() / 1e6, tokens / median,
                tokens * weights / median / 1e9);
    }

    private long clock() {
        return pool.threads() > 1 ? System.nanoTime()
                : ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
