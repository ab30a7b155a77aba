package plumbline.cli;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import plumbline.engine.kernel.Pool;

/// Read bandwidth of this machine's memory: the bound on decoding, where every token reads every weight.
final class ReadSpeed {

    // Far beyond any cache; less where the heap is small.
    private static final long LONGS_MAX = 1L << 26;
    private static final int PART = 1 << 16;
    private static final int WARM_UP = 3;

    private ReadSpeed() {}

    /// Bytes per second, the median of `repeats` passes of `threads` threads over half a gigabyte.
    static double measure(int threads, int repeats) {
        long[] memory = new long[(int) Math.min(LONGS_MAX, Runtime.getRuntime().maxMemory() / 4 / Long.BYTES)];
        Arrays.setAll(memory, i -> i);
        double[] rates = new double[repeats];
        try (Pool pool = new Pool(threads)) {
            for (int r = -WARM_UP; r < repeats; r++) {
                long start = System.nanoTime();
                pass(memory, pool);
                if (r >= 0) {
                    rates[r] = memory.length * 8.0 * 1e9 / (System.nanoTime() - start);
                }
            }
        }
        Arrays.sort(rates);
        return rates[repeats / 2];
    }

    private static void pass(long[] memory, Pool pool) {
        AtomicLong total = new AtomicLong();
        int parts = memory.length / PART;
        pool.run(parts, part -> total.addAndGet(sum(memory, part * PART, part * PART + PART)));
        long last = (long) parts * PART - 1;
        if (total.get() != last * (last + 1) / 2) {
            throw new IllegalStateException("this machine's memory gave another sum: " + total);
        }
    }

    private static long sum(long[] memory, int from, int to) {
        long a = 0; // four sums, so that no addition waits for the one before
        long b = 0;
        long c = 0;
        long d = 0;
        for (int i = from; i < to; i += 4) {
            a += memory[i];
            b += memory[i + 1];
            c += memory[i + 2];
            d += memory[i + 3];
        }
        return a + b + c + d;
    }
}
