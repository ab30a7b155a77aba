package plumbline.verify;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// An immutable list of token ids, in bytes as u32 little-endian each.
///
/// An id lies in 0..2^31-1, a list has at most 1,048,576 of them.
/// Source: spec/receipt.md (C4).
public final class TokenIds {
    /// Most ids in a list.
    public static final int COUNT_MAX = 1_048_576;

    private static final int ID_BYTES = 4;

    private final int[] ids;

    private TokenIds(int[] ids) {
        this.ids = ids;
    }

    /// The list of these ids.
    ///
    /// @throws IllegalArgumentException for a negative id or more than [#COUNT_MAX]
    public static TokenIds of(int... ids) {
        if (ids.length > COUNT_MAX) {
            throw new IllegalArgumentException(ids.length + " token ids, at most " + COUNT_MAX);
        }
        int[] copy = ids.clone();
        for (int i = 0; i < copy.length; i++) {
            if (copy[i] < 0) {
                throw new IllegalArgumentException("token id " + copy[i] + " at " + i);
            }
        }
        return new TokenIds(copy);
    }

    /// Reads u32 little-endian ids.
    public static TokenIds parse(byte[] bytes) throws MalformedException {
        if (bytes.length % ID_BYTES != 0 || bytes.length / ID_BYTES > COUNT_MAX) {
            throw Malformed.value("token ids", bytes.length + " bytes",
                    "must be four bytes for each of at most " + COUNT_MAX + " ids");
        }
        int[] ids = new int[bytes.length / ID_BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ids);
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0) {
                throw Malformed.value("token id " + i, Integer.toUnsignedString(ids[i]),
                        "must be below 2147483648");
            }
        }
        return new TokenIds(ids);
    }

    /// How many ids there are.
    public int size() {
        return ids.length;
    }

    /// The id at this index.
    public int get(int index) {
        return ids[index];
    }

    /// A copy of the ids.
    public int[] toArray() {
        return ids.clone();
    }

    /// The ids as u32 little-endian.
    public byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(ids.length * ID_BYTES);
        bytes.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(ids);
        return bytes.array();
    }

    /// Whether the list begins with all of `prefix`.
    public boolean startsWith(TokenIds prefix) {
        return prefix.ids.length <= ids.length
                && Arrays.mismatch(ids, 0, prefix.ids.length, prefix.ids, 0, prefix.ids.length) < 0;
    }

    /// The first index at which two lists differ, or -1 where they are equal.
    public int mismatch(TokenIds other) {
        return Arrays.mismatch(ids, other.ids);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
        return ids.length + " token ids";
    }
}
