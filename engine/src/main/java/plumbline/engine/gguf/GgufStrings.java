package plumbline.engine.gguf;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Objects;
import java.util.RandomAccess;

/// The strings of a metadata array, kept as one block of UTF-8 bytes.
///
/// A vocabulary has a hundred thousand short strings; a String is made only when [#get] asks for
/// one. All strings are known to be valid UTF-8. Immutable, safe for use by several threads.
public final class GgufStrings extends AbstractList<String> implements RandomAccess {
    private final byte[] block;
    private final int[] starts;
    private final int[] ends;

    /// String `i` is `block[starts[i] .. ends[i])`. The arrays are handed over, not copied.
    GgufStrings(byte[] block, int[] starts, int[] ends) {
        this.block = block;
        this.starts = starts;
        this.ends = ends;
    }

    @Override
    public String get(int index) {
        Objects.checkIndex(index, starts.length);
        return new String(block, starts[index], byteCount(index), StandardCharsets.UTF_8);
    }

    @Override
    public int size() {
        return starts.length;
    }

    /// Length of string `index` in UTF-8 bytes.
    public int byteCount(int index) {
        return ends[index] - starts[index];
    }

    /// The polynomial hash of the UTF-8 bytes: h = 31 h + byte, bytes as 0..255, from 0.
    public int hash(int index) {
        byte[] bytes = block;
        int end = ends[index];
        int hash = 0;
        for (int at = starts[index]; at < end; at++) {
            hash = hash * 31 + (bytes[at] & 0xff);
        }
        return hash;
    }

    /// Whether strings `index` and `other` are the same.
    public boolean sameBytes(int index, int other) {
        return Arrays.equals(
                block, starts[index], ends[index], block, starts[other], ends[other]);
    }

    /// Whether string `index` is `bytes[from .. to)` followed by `bytes[from2 .. to2)`.
    public boolean isJoined(int index, byte[] bytes, int from, int to, int from2, int to2) {
        int first = to - from;
        int start = starts[index];
        return byteCount(index) == first + to2 - from2
                && Arrays.equals(block, start, start + first, bytes, from, to)
                && Arrays.equals(block, start + first, ends[index], bytes, from2, to2);
    }

    /// A copy of the UTF-8 bytes of string `index`.
    public byte[] utf8(int index) {
        return Arrays.copyOfRange(block, starts[index], ends[index]);
    }
}
