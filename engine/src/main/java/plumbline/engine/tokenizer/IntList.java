package plumbline.engine.tokenizer;

import java.util.Arrays;

/// A growing list of ints: code points or token ids. Not thread-safe.
final class IntList {
    private int[] values;
    private int count;

    IntList(int capacity) {
        values = new int[Math.max(8, capacity)];
    }

    void add(int value) {
        if (count == values.length) {
            values = Arrays.copyOf(values, count * 2);
        }
        values[count++] = value;
    }

    int get(int index) {
        return values[index];
    }

    void set(int index, int value) {
        values[index] = value;
    }

    int count() {
        return count;
    }

    void truncate(int newCount) {
        count = newCount;
    }

    int[] toArray() {
        return Arrays.copyOf(values, count);
    }
}
