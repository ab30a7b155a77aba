package plumbline.engine.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Unicode normalisation form C from the pinned table (UAX #15), over code points.
///
/// Used only for models that ask for it (T5). Linear but for the sorting of combining marks,
/// which is O(n log n) whatever the text. The table is loaded when it is first needed.
final class Nfc {
    private static final int HANGUL_BASE = 0xac00;
    private static final int HANGUL_COUNT = 11_172;
    private static final int L_BASE = 0x1100;
    private static final int L_COUNT = 19;
    private static final int V_BASE = 0x1161;
    private static final int V_COUNT = 21;
    private static final int T_BASE = 0x11a7;
    private static final int T_COUNT = 28;

    /// Below this code point every text is in form C.
    private static final int PLAIN_END = 0x300;

    private Nfc() {}

    /// The loaded table.
    private static final class Table {
        static final byte[] COMBINING = new byte[0x110000];
        static final Map<Integer, int[]> DECOMPOSITIONS = new HashMap<>();
        static final PairTable COMPOSITES = new PairTable(1_024);

        static {
            PinnedTable.read("nfc", (tag, fields, count) -> {
                switch (tag) {
                    case 'C' -> Arrays.fill(
                            COMBINING, fields[1], fields[2] + 1, (byte) fields[0]);
                    case 'D' -> DECOMPOSITIONS.put(
                            fields[0], Arrays.copyOfRange(fields, 1, count));
                    case 'P' -> COMPOSITES.putIfAbsent(fields[0], fields[1], fields[2]);
                    default -> throw new IllegalStateException("unknown line " + tag);
                }
            });
        }

        private Table() {}
    }

    /// Whether `text[from .. to)` is in form C for certain, by its range alone.
    static boolean isPlain(int[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text[i] >= PLAIN_END) {
                return false;
            }
        }
        return true;
    }

    /// Form C of `text[from .. to)`.
    static int[] normalise(int[] text, int from, int to) {
        IntList points = new IntList(to - from);
        for (int i = from; i < to; i++) {
            decompose(text[i], points);
        }
        order(points);
        compose(points);
        return points.toArray();
    }

    private static void decompose(int c, IntList into) {
        int syllable = c - HANGUL_BASE;
        if (syllable >= 0 && syllable < HANGUL_COUNT) {
            into.add(L_BASE + syllable / (V_COUNT * T_COUNT));
            into.add(V_BASE + syllable / T_COUNT % V_COUNT);
            if (syllable % T_COUNT > 0) {
                into.add(T_BASE + syllable % T_COUNT);
            }
            return;
        }
        int[] decomposition = c < 0xc0 ? null : Table.DECOMPOSITIONS.get(c);
        if (decomposition == null) {
            into.add(c);
            return;
        }
        for (int part : decomposition) {
            into.add(part);
        }
    }

    private static int combining(int c) {
        return Table.COMBINING[c] & 0xff;
    }

    /// Sorts each run of combining marks by class, stably.
    private static void order(IntList points) {
        int at = 0;
        while (at < points.count()) {
            if (combining(points.get(at)) == 0) {
                at++;
                continue;
            }
            int end = at;
            while (end < points.count() && combining(points.get(end)) != 0) {
                end++;
            }
            if (end - at > 1) {
                sortMarks(points, at, end);
            }
            at = end;
        }
    }

    private static void sortMarks(IntList points, int from, int to) {
        // Sorting (class, position) keeps equal classes in their order.
        long[] keys = new long[to - from];
        int[] marks = new int[to - from];
        for (int i = 0; i < keys.length; i++) {
            marks[i] = points.get(from + i);
            keys[i] = (long) combining(marks[i]) << 32 | i;
        }
        Arrays.sort(keys);
        for (int i = 0; i < keys.length; i++) {
            points.set(from + i, marks[(int) keys[i]]);
        }
    }

    /// Joins each starter with what follows it and is not blocked (UAX #15 D115 to D117).
    private static void compose(IntList points) {
        int starter = -1;
        int lastClass = -1;
        int kept = 0;
        for (int i = 0; i < points.count(); i++) {
            int c = points.get(i);
            int combining = combining(c);
            boolean blocked = lastClass != -1 && lastClass >= combining;
            int composite = starter < 0 || blocked ? -1 : composite(points.get(starter), c);
            if (composite >= 0) {
                points.set(starter, composite);
                continue;
            }
            points.set(kept, c);
            if (combining == 0) {
                starter = kept;
                lastClass = -1;
            } else {
                lastClass = combining;
            }
            kept++;
        }
        points.truncate(kept);
    }

    private static int composite(int first, int second) {
        int l = first - L_BASE;
        int v = second - V_BASE;
        if (l >= 0 && l < L_COUNT && v >= 0 && v < V_COUNT) {
            return HANGUL_BASE + (l * V_COUNT + v) * T_COUNT;
        }
        int s = first - HANGUL_BASE;
        int t = second - T_BASE;
        if (s >= 0 && s < HANGUL_COUNT && s % T_COUNT == 0 && t > 0 && t < T_COUNT) {
            return first + t;
        }
        return Table.COMPOSITES.get(first, second);
    }
}
