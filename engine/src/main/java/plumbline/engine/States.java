package plumbline.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.PairDigest;
import plumbline.engine.kernel.Pool;
import plumbline.exact.Boundary;
import plumbline.exact.KeyValues;
import plumbline.exact.LayerShape;
import plumbline.verify.Digest;

/// States between the layers on their way into a [Memory]: encoded at once, since the next layer overwrites the
/// residual row, and hashed together, so that all threads have something to do even where a step has one row.
/// Source: spec/boundaries.md (D1-D4). One thread owns it; it uses the model's pool.
final class States {

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int WIDE_BYTES = 6;

    private final LayerShape shape;
    private final Pool pool;
    private final byte[][] encoded;     // a state each
    private final PairDigest[] digests; // for two states each
    private final Memory[] memories;    // of the states waiting
    private final int[] layers;
    private final int[] positions;
    private int waiting;

    /// Room for `count` states.
    States(LayerShape shape, int count, Kernel kernel, Pool pool) {
        this.shape = shape;
        this.pool = pool;
        int bytes = Boundary.bytes(shape.width(), shape.keyValueHeads(), shape.headSize());
        encoded = new byte[count][];
        Arrays.setAll(encoded, i -> PairDigest.room(bytes));
        digests = new PairDigest[(count + 1) / 2];
        Arrays.setAll(digests, i -> new PairDigest(kernel, bytes));
        memories = new Memory[count];
        layers = new int[count];
        positions = new int[count];
    }

    /// The states after `layer` at `at[t]` of `of[t]`, t < count: the residual rows h, one after the other; the K and V
    /// rows are in the memories. `count` is at most what there is room for.
    void take(int layer, Memory[] of, int[] at, int count, long[] h) {
        if (waiting + count > encoded.length) {
            flush();
        }
        int first = waiting;
        for (int t = 0; t < count; t++) {
            memories[first + t] = of[t];
            layers[first + t] = layer;
            positions[first + t] = at[t];
        }
        waiting += count;
        pool.run(count, t -> encode(h, t * shape.width(), shape.width(), of[t].rows(layer), at[t],
                encoded[first + t]));
    }

    /// Hashes all that wait.
    void flush() {
        pool.run((waiting + 1) / 2, pair -> hash(2 * pair, digests[pair]));
        Arrays.fill(memories, 0, waiting, null);
        waiting = 0;
    }

    /// State i and the one after it, if there is one.
    private void hash(int i, PairDigest digest) {
        byte[] out = memories[i].states(layers[i]);
        int at = positions[i] * Digest.BYTES;
        if (i + 1 == waiting) {
            digest.digest(encoded[i], out, at);
        } else {
            digest.digest(encoded[i], out, at, encoded[i + 1], memories[i + 1].states(layers[i + 1]),
                    positions[i + 1] * Digest.BYTES);
        }
    }

    /// [Boundary#encode] in fewer steps: eight bytes of a value at a time, of which the next one overwrites two.
    static void encode(long[] h, int at, int width, KeyValues rows, int position, byte[] out) {
        int size = rows.headSize();
        int o = 0;
        for (int i = at; i < at + width; i++) {
            if (o + Long.BYTES <= out.length) {
                LONG.set(out, o, h[i]);
            } else {
                for (int b = 0; b < WIDE_BYTES; b++) {
                    out[o + b] = (byte) (h[i] >> 8 * b);
                }
            }
            o += WIDE_BYTES;
        }
        for (int head = 0; head < rows.heads(); head++) {
            o = row(rows.keys(head), rows.keyExponents(head)[position], position * size, size, out, o);
            o = row(rows.values(head), rows.valueExponents(head)[position], position * size, size, out, o);
        }
    }

    private static int row(short[] values, short exponent, int from, int size, byte[] out, int at) {
        out[at] = (byte) exponent;
        for (int d = 0; d < size; d++) {
            SHORT.set(out, at + 1 + Short.BYTES * d, values[from + d]);
        }
        return at + 1 + Short.BYTES * size;
    }
}
