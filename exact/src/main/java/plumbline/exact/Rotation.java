package plumbline.exact;

/// Where the two entries of a rotated pair lie in a head: data of the model's description.
public enum Rotation {
    /// Entries 2i and 2i + 1.
    ADJACENT {
        @Override
        int first(int i, int pairs) {
            return 2 * i;
        }

        @Override
        int second(int i, int pairs) {
            return 2 * i + 1;
        }
    },
    /// Entries i and i + pairs.
    HALVES {
        @Override
        int first(int i, int pairs) {
            return i;
        }

        @Override
        int second(int i, int pairs) {
            return i + pairs;
        }
    };

    abstract int first(int i, int pairs);

    abstract int second(int i, int pairs);

    /// Rotates the head `z[at .. at + size)`, at most 31 bits wide, in place; entries beyond the pairs stay.
    /// `cos` and `sin` hold the position's Q30 values from index `tableAt` on. Source: spec/arithmetic.md R3.
    public void apply(long[] z, int at, int[] cos, int[] sin, int tableAt, int pairs) {
        for (int i = 0; i < pairs; i++) {
            int a = at + first(i, pairs);
            int b = at + second(i, pairs);
            long c = cos[tableAt + i];
            long s = sin[tableAt + i];
            long x = Fixed.shift(z[a] * c - z[b] * s, 30);
            long y = Fixed.shift(z[a] * s + z[b] * c, 30);
            z[a] = x;
            z[b] = y;
        }
    }
}
