package plumbline.engine;

import java.util.Arrays;
import plumbline.exact.KeyValues;
import plumbline.exact.LayerShape;
import plumbline.verify.Digest;

/// What the model remembers of one sequence: K and V rows of every layer, and of every state between two layers its
/// digest, from which the boundary root follows under any salt. So another request may go on from the same beginning.
///
/// One thread at a time may change it, except that the threads of a step write different positions.
final class Memory {

    /// Positions by which it grows at least.
    private static final int GROWTH_MIN = 64;

    private final LayerShape shape;
    private final KeyValues[] rows;
    private final byte[][] states; // by layer: SHA-256 of each position's state, one after the other
    private int[] ids;
    private int position;

    /// Room for `capacity` positions of the model, at most [Model#CONTEXT_MAX].
    Memory(Model model, int capacity) {
        this(model.description().shape(), new KeyValues[model.layers()], new byte[model.layers()][], capacity);
        for (int l = 0; l < rows.length; l++) {
            rows[l] = new KeyValues(shape.keyValueHeads(), shape.headSize(), capacity);
            states[l] = new byte[capacity * Digest.BYTES];
        }
    }

    private Memory(LayerShape shape, KeyValues[] rows, byte[][] states, int capacity) {
        checkProved(capacity);
        this.shape = shape;
        this.rows = rows;
        this.states = states;
        this.ids = new int[capacity];
    }

    /// A copy of the first `count` positions, with room for `capacity`.
    Memory beginning(int count, int capacity) {
        if (count > position || capacity < count) {
            throw new IllegalArgumentException(count + " of " + position + " positions, room for " + capacity);
        }
        Memory copy = new Memory(shape, new KeyValues[rows.length], new byte[rows.length][], capacity);
        for (int l = 0; l < rows.length; l++) {
            copy.rows[l] = rows[l].beginning(count, capacity);
            copy.states[l] = resized(states[l], count, capacity);
        }
        System.arraycopy(ids, 0, copy.ids, 0, count);
        copy.position = count;
        return copy;
    }

    private static byte[] resized(byte[] digests, int count, int capacity) {
        byte[] resized = new byte[capacity * Digest.BYTES];
        System.arraycopy(digests, 0, resized, 0, count * Digest.BYTES);
        return resized;
    }

    /// Sees to it that there is room for `count` positions, layer by layer, so that little is held twice.
    void reserve(int count) {
        if (count <= capacity()) {
            return;
        }
        checkProved(count);
        for (int l = 0; l < rows.length; l++) {
            rows[l] = rows[l].beginning(position, count);
            states[l] = resized(states[l], position, count);
        }
        ids = Arrays.copyOf(ids, count);
    }

    private static void checkProved(int positions) {
        if (positions > Model.CONTEXT_MAX) {
            throw new IllegalArgumentException(positions + " positions: widths are proved for " + Model.CONTEXT_MAX);
        }
    }

    /// Room that a sequence should ask for that needs `count` positions now and `most` at last: more than it needs,
    /// so that it doesn't grow at each step.
    static int roomFor(int count, int most) {
        return Math.min(most, count + Math.max(GROWTH_MIN, count / 4));
    }

    /// Positions there is room for.
    int capacity() {
        return ids.length;
    }

    /// Positions computed so far.
    int position() {
        return position;
    }

    /// How many of `other[0 .. count)` are this sequence's first ids.
    int common(int[] other, int count) {
        int at = Arrays.mismatch(ids, 0, position, other, 0, count);
        return at < 0 ? count : at;
    }

    /// How many of the other one's first ids are its own.
    int common(Memory other) {
        return common(other.ids, other.position);
    }

    KeyValues rows(int layer) {
        return rows[layer];
    }

    /// Where the digests of the states after `layer` go, by position.
    byte[] states(int layer) {
        return states[layer];
    }

    /// Its next tokens, `tokens[from .. to)`, have gone through all layers.
    void append(int[] tokens, int from, int to) {
        System.arraycopy(tokens, from, ids, position, to - from);
        position += to - from;
    }

    /// Digests of the states by layer, one position after the other; not to be changed.
    byte[][] states() {
        return states;
    }

    /// Bytes that it takes.
    long bytes() {
        return bytesPerPosition(shape, rows.length) * capacity();
    }

    static long bytesPerPosition(LayerShape shape, int layers) {
        int row = 2 * Short.BYTES * (shape.headSize() + 1); // K and V, each with an exponent
        return (long) layers * (shape.keyValueHeads() * row + Digest.BYTES) + Integer.BYTES;
    }
}
