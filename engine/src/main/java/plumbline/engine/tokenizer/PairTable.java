package plumbline.engine.tokenizer;

import java.util.Arrays;

/// A map from pairs of non-negative ints to a non-negative int: open addressing, two flat arrays.
///
/// A pair is stored at most [#PROBES_MAX] slots behind its hash and looked for no further, so a
/// hostile vocabulary whose pairs collide is refused instead of making every lookup slow. In a
/// table at most half full a random pair is never that far off.
final class PairTable {
    static final int PROBES_MAX = 1_024;

    private static final long EMPTY = -1;

    private final long[] keys;
    private final int[] values;
    private final int mask;

    /// Room for `capacity` pairs.
    PairTable(int capacity) {
        int slots = Integer.highestOneBit(Math.max(8, capacity)) * 4;
        keys = new long[slots];
        values = new int[slots];
        mask = slots - 1;
        Arrays.fill(keys, EMPTY);
    }

    /// What became of an attempt to store a pair.
    enum Stored { NEW, PRESENT, TOO_FAR }

    /// Stores a pair that is not there yet; a pair that is keeps its value.
    Stored putIfAbsent(int left, int right, int value) {
        long key = (long) left << 32 | right;
        int slot = hash(key) & mask;
        for (int probe = 0; probe < PROBES_MAX; probe++) {
            if (keys[slot] == EMPTY) {
                keys[slot] = key;
                values[slot] = value;
                return Stored.NEW;
            }
            if (keys[slot] == key) {
                return Stored.PRESENT;
            }
            slot = slot + 1 & mask;
        }
        return Stored.TOO_FAR;
    }

    /// The value of a pair, or -1.
    int get(int left, int right) {
        long key = (long) left << 32 | right;
        int slot = hash(key) & mask;
        for (int probe = 0; probe < PROBES_MAX; probe++) {
            long found = keys[slot];
            if (found == key) {
                return values[slot];
            }
            if (found == EMPTY) {
                return -1;
            }
            slot = slot + 1 & mask;
        }
        return -1;
    }

    /// Finaliser of SplitMix64.
    private static int hash(long key) {
        long h = key * 0x9e3779b97f4a7c15L;
        h = (h ^ h >>> 30) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 27) * 0x94d049bb133111ebL;
        return (int) (h ^ h >>> 31);
    }
}
