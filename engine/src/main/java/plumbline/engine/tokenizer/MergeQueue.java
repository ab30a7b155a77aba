package plumbline.engine.tokenizer;

import java.util.Arrays;

/// Applies merges to one piece after the other: lowest rank first, leftmost first among equals.
///
/// Symbols are a linked list in flat arrays and candidate pairs a binary heap of (rank, position),
/// so that a piece of n bytes takes O(n log n) steps: each merge removes one symbol for good and
/// adds at most two candidates. The buffers are reused; not thread-safe.
/// Source: spec/tokenizer.md T17.
final class MergeQueue {
    private static final int DEAD = -1;

    private final Merges merges;
    /// Token of each symbol, or [#DEAD]; `next[i]` is the symbol behind, `count` behind the last.
    private int[] symbols = new int[64];
    private int[] next = new int[64];
    private int[] previous = new int[64];
    private int count;
    /// `rank << 32 | position of the left symbol`; may hold pairs that are gone.
    private final LongHeap heap = new LongHeap();

    MergeQueue(Merges merges) {
        this.merges = merges;
    }

    void clear() {
        count = 0;
        heap.clear();
    }

    void addSymbol(int token) {
        if (count == symbols.length) {
            symbols = Arrays.copyOf(symbols, count * 2);
            next = Arrays.copyOf(next, count * 2);
            previous = Arrays.copyOf(previous, count * 2);
        }
        symbols[count] = token;
        next[count] = count + 1;
        previous[count] = count - 1;
        count++;
    }

    /// Merges until no pair of neighbours has a rank, then appends what is left.
    void mergeInto(IntList ids) {
        for (int at = 0; at + 1 < count; at++) {
            offer(at);
        }
        while (!heap.isEmpty()) {
            long best = heap.poll();
            int at = (int) best;
            int rank = (int) (best >>> 32);
            if (isCurrent(at, rank)) {
                merge(at, merges.merged(rank));
            }
        }
        for (int at = 0; at < count; at = next[at]) {
            ids.add(symbols[at]);
        }
    }

    private boolean isCurrent(int at, int rank) {
        return symbols[at] != DEAD && next[at] < count
                && merges.rank(symbols[at], symbols[next[at]]) == rank;
    }

    private void merge(int at, int token) {
        int gone = next[at];
        symbols[at] = token;
        symbols[gone] = DEAD;
        next[at] = next[gone];
        if (next[at] < count) {
            previous[next[at]] = at;
            offer(at);
        }
        if (previous[at] >= 0) {
            offer(previous[at]);
        }
    }

    private void offer(int at) {
        int rank = merges.rank(symbols[at], symbols[next[at]]);
        if (rank >= 0) {
            heap.add((long) rank << 32 | at);
        }
    }
}
