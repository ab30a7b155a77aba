package plumbline.exact;

/// The state between two layers at one position as bytes: the residual row after the layer, and the K and V rows
/// that the layer made. Source: spec/boundaries.md (D1-D4).
public final class Boundary {

    /// Bytes of a wide value: 48 bits.
    private static final int WIDE_BYTES = 6;

    private Boundary() {}

    /// Bytes of one position: `width` wide values, then for each key-value head K and V with an exponent each.
    public static int bytes(int width, int heads, int headSize) {
        return width * WIDE_BYTES + heads * 2 * (1 + 2 * headSize);
    }

    /// Writes wide `h[at .. at + width)` and the rows of `position`, little-endian, from `out[outAt]` on.
    public static void encode(long[] h, int at, int width, KeyValues rows, int position, byte[] out, int outAt) {
        int o = outAt;
        for (int i = at; i < at + width; i++) {
            long x = h[i];
            out[o] = (byte) x;
            out[o + 1] = (byte) (x >> 8);
            out[o + 2] = (byte) (x >> 16);
            out[o + 3] = (byte) (x >> 24);
            out[o + 4] = (byte) (x >> 32);
            out[o + 5] = (byte) (x >> 40);
            o += WIDE_BYTES;
        }
        for (int head = 0; head < rows.heads(); head++) {
            o = row(rows.keys(head), rows.keyExponents(head), position, rows.headSize(), out, o);
            o = row(rows.values(head), rows.valueExponents(head), position, rows.headSize(), out, o);
        }
    }

    private static int row(short[] values, short[] exponents, int position, int size, byte[] out, int o) {
        out[o++] = (byte) exponents[position]; // -20 .. 12, since a wide value has 47 bits
        for (int d = position * size; d < (position + 1) * size; d++) {
            out[o++] = (byte) values[d];
            out[o++] = (byte) (values[d] >> 8);
        }
        return o;
    }
}
