package plumbline.exact;

/// What one layer remembers of each position: per key-value head, K (after RoPE) and V as int16 rows with one
/// exponent each. Rows lie one after the other: entry d of position p is at `p * headSize + d`.
/// Not safe for threads; the run that made it owns it.
public final class KeyValues {

    private final short[][] keys;
    private final short[][] values;
    private final short[][] keyExponents;
    private final short[][] valueExponents;
    private final int headSize;

    /// Room for `capacity` positions of `heads` key-value heads.
    public KeyValues(int heads, int headSize, int capacity) {
        this.headSize = headSize;
        keys = new short[heads][capacity * headSize];
        values = new short[heads][capacity * headSize];
        keyExponents = new short[heads][capacity];
        valueExponents = new short[heads][capacity];
    }

    /// A copy of the first `count` positions, with room for `capacity`.
    public KeyValues beginning(int count, int capacity) {
        KeyValues copy = new KeyValues(heads(), headSize, capacity);
        for (int head = 0; head < heads(); head++) {
            System.arraycopy(keys[head], 0, copy.keys[head], 0, count * headSize);
            System.arraycopy(values[head], 0, copy.values[head], 0, count * headSize);
            System.arraycopy(keyExponents[head], 0, copy.keyExponents[head], 0, count);
            System.arraycopy(valueExponents[head], 0, copy.valueExponents[head], 0, count);
        }
        return copy;
    }

    /// Key-value heads.
    public int heads() {
        return keys.length;
    }

    /// Entries of a row.
    public int headSize() {
        return headSize;
    }

    /// Positions there is room for.
    public int capacity() {
        return keyExponents[0].length;
    }

    /// The key rows of a head; callers write through it.
    public short[] keys(int head) {
        return keys[head];
    }

    /// The value rows of a head; callers write through it.
    public short[] values(int head) {
        return values[head];
    }

    /// The key exponents of a head, by position.
    public short[] keyExponents(int head) {
        return keyExponents[head];
    }

    /// The value exponents of a head, by position.
    public short[] valueExponents(int head) {
        return valueExponents[head];
    }
}
