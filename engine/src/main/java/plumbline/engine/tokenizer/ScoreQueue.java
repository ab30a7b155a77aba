package plumbline.engine.tokenizer;

import java.util.Arrays;

/// Merges the code points of a text into tokens: best score first, leftmost first among equals.
///
/// Symbols are a linked list in flat arrays, each a range of the text's UTF-8, and candidate pairs
/// a heap of (score, position), so that n code points take O(n log n) steps: each merge removes
/// one symbol for good and adds at most two candidates. A pair is looked up by the hash of its
/// range, which takes one step for any length. The buffers are reused; not thread-safe.
/// Source: spec/tokenizer.md T26, T27.
final class ScoreQueue {
    private static final int DEAD = -1;
    private static final int UTF8_BYTES_MAX = 4;

    private final ScoredTokens tokens;
    private final ByteFallback fallback;
    private byte[] utf8 = new byte[64 * UTF8_BYTES_MAX];
    /// Code point i is `utf8[starts[i] .. starts[i + 1])`; `hashes[i]` is of all before it.
    private int[] starts = new int[64 + 1];
    private int[] hashes = new int[64 + 1];
    /// The symbol at i is the code points i to `next[i]` exclusive; [#DEAD] inside a symbol.
    private int[] next = new int[64];
    private int[] previous = new int[64];
    private int count;
    /// Whether the last id is the unknown token.
    private boolean inUnknown;
    /// `order << 32 | position of the left symbol`; may hold pairs that are gone.
    private final LongHeap heap = new LongHeap();

    ScoreQueue(ScoredTokens tokens, ByteFallback fallback) {
        this.tokens = tokens;
        this.fallback = fallback;
    }

    /// Appends the tokens of `text[from .. to)`, each space as U+2581; one more before with
    /// `prefix`. Where no token can cross it is cut, which changes nothing and keeps lists short.
    void encode(int[] text, int from, int to, boolean prefix, IntList ids) {
        inUnknown = false;
        int before = SentencePieceBpe.SPACE;
        if (prefix) {
            add(before);
        }
        for (int at = from; at < to; at++) {
            int point = text[at] == ' ' ? SentencePieceBpe.SPACE : text[at];
            if (count > 0 && !tokens.mayJoin(before, point)) {
                mergeInto(ids);
            }
            add(point);
            before = point;
        }
        mergeInto(ids);
    }

    private void add(int point) {
        if (count == next.length) {
            int larger = count * 2;
            utf8 = Arrays.copyOf(utf8, Math.multiplyExact(larger, UTF8_BYTES_MAX));
            starts = Arrays.copyOf(starts, larger + 1);
            hashes = Arrays.copyOf(hashes, larger + 1);
            next = Arrays.copyOf(next, larger);
            previous = Arrays.copyOf(previous, larger);
        }
        int end = CodePoints.utf8(point, utf8, starts[count]);
        int hash = hashes[count];
        for (int at = starts[count]; at < end; at++) {
            hash = Vocabulary.nextHash(hash, utf8[at]);
        }
        next[count] = count + 1;
        previous[count] = count - 1;
        count++;
        starts[count] = end;
        hashes[count] = hash;
    }

    /// Merges until no two neighbours make a token, appends what is left and forgets it.
    private void mergeInto(IntList ids) {
        for (int at = 0; at + 1 < count; at++) {
            offer(at);
        }
        while (!heap.isEmpty()) {
            long best = heap.poll();
            int at = (int) best;
            if (isCurrent(at, (int) (best >> 32))) {
                merge(at);
            }
        }
        for (int at = 0; at < count; at = next[at]) {
            int token = find(at, next[at]);
            if (token >= 0) {
                ids.add(token);
                inUnknown = false;
            } else {
                inUnknown = fallback.add(utf8, starts[at], starts[next[at]], inUnknown, ids);
            }
        }
        count = 0;
    }

    private int find(int from, int to) {
        return tokens.find(utf8, starts[from], starts[to], hashes[from], hashes[to]);
    }

    /// The token that a symbol and the one behind it make, or -1.
    private int joined(int at) {
        return find(at, next[next[at]]);
    }

    /// Whether a candidate still stands there, with that order.
    private boolean isCurrent(int at, int order) {
        if (next[at] == DEAD || next[at] == count) {
            return false;
        }
        int token = joined(at);
        return token >= 0 && tokens.order(token) == order;
    }

    private void merge(int at) {
        int gone = next[at];
        next[at] = next[gone];
        next[gone] = DEAD;
        if (next[at] < count) {
            previous[next[at]] = at;
            offer(at);
        }
        if (previous[at] >= 0) {
            offer(previous[at]);
        }
    }

    private void offer(int at) {
        int token = joined(at);
        if (token >= 0) {
            heap.add((long) tokens.order(token) << 32 | at);
        }
    }
}
