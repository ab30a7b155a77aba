package plumbline.engine.tokenizer;

import java.util.Arrays;

/// A binary heap of longs, least first. Reusable, not thread-safe.
final class LongHeap {
    private long[] values = new long[192];
    private int count;

    void clear() {
        count = 0;
    }

    boolean isEmpty() {
        return count == 0;
    }

    void add(long value) {
        if (count == values.length) {
            values = Arrays.copyOf(values, count * 2);
        }
        int hole = count++;
        while (hole > 0 && values[(hole - 1) / 2] > value) {
            values[hole] = values[(hole - 1) / 2];
            hole = (hole - 1) / 2;
        }
        values[hole] = value;
    }

    /// Removes the least value; there is one.
    long poll() {
        long least = values[0];
        long value = values[--count];
        int hole = 0;
        while (2 * hole + 1 < count) {
            int child = 2 * hole + 1;
            if (child + 1 < count && values[child + 1] < values[child]) {
                child++;
            }
            if (values[child] >= value) {
                break;
            }
            values[hole] = values[child];
            hole = child;
        }
        values[hole] = value;
        return least;
    }
}
