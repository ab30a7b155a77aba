package plumbline.engine;

import java.util.Arrays;
import java.util.Optional;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Packed;
import plumbline.engine.kernel.Pool;
import plumbline.exact.Activations;
import plumbline.exact.Attention;
import plumbline.exact.Boundary;
import plumbline.exact.Embedding;
import plumbline.exact.Fixed;
import plumbline.exact.KeyValues;
import plumbline.exact.LayerShape;
import plumbline.exact.Linear;
import plumbline.exact.NormWeights;
import plumbline.exact.RopeTable;
import plumbline.verify.Digest;

/// One sequence on its way through the model: the same integers as [plumbline.exact.LayerStep] position by position,
/// but many positions at a time and with a kernel's products. One thread owns it; it uses the model's pool.
///
/// Shapes: rows of a chunk lie one after the other, `row * width`. Every array is sized for [#CHUNK_MAX] rows.
final class Forward {

    /// Positions computed together.
    static final int CHUNK_MAX = 64;

    private final Model model;
    private final Kernel kernel;
    private final Pool pool;
    private final LayerShape shape;
    private final int capacity;
    private final KeyValues[] memory;
    private final BoundaryTrees boundaries;
    private final int[][] cos;          // by table of angles, then row * pairs
    private final int[][] sin;

    private final long[] h;             // residual rows
    private final long[] q;             // query rows, then attention's output
    private final long[] k;
    private final long[] v;
    private final long[] wide;          // gate rows, or a row-sized scratch
    private final long[] up;
    private final short[] x;            // quantised input of a product
    private final int[] e;              // its exponents
    private final Digest[] leaves = new Digest[CHUNK_MAX];
    private int position;

    /// Room for `capacity` positions; the states between the layers are committed under `salt`.
    Forward(Model model, int capacity, Digest salt) {
        this.model = model;
        this.kernel = model.kernelInUse();
        this.pool = model.pool();
        this.shape = model.description().shape();
        this.capacity = capacity;
        memory = new KeyValues[model.layers()];
        for (int l = 0; l < memory.length; l++) {
            memory[l] = new KeyValues(shape.keyValueHeads(), shape.headSize(), capacity);
        }
        boundaries = new BoundaryTrees(salt, memory.length);
        int rows = Math.min(CHUNK_MAX, capacity);
        int attention = shape.heads() * shape.headSize();
        int keyValue = shape.keyValueHeads() * shape.headSize();
        int pairs = model.description().angles().getFirst().pairs();
        cos = new int[model.description().angles().size()][rows * pairs];
        sin = new int[cos.length][rows * pairs];
        h = new long[rows * shape.width()];
        q = new long[rows * attention];
        k = new long[rows * keyValue];
        v = new long[rows * keyValue];
        wide = new long[rows * Math.max(shape.feedForward(), shape.width())];
        up = new long[rows * shape.feedForward()];
        x = new short[rows * Math.max(shape.width(), Math.max(attention, shape.feedForward()))];
        e = new int[rows];
    }

    /// Positions computed so far.
    int position() {
        return position;
    }

    /// Root over all states so far.
    Digest boundaryRoot() {
        return boundaries.root();
    }

    /// Takes the next tokens `ids[from .. to)`, at most [#CHUNK_MAX], through every layer.
    void advance(int[] ids, int from, int to) {
        int count = to - from;
        if (count < 1 || count > CHUNK_MAX || position + count > capacity) {
            throw new IllegalArgumentException(count + " tokens at position " + position + " of " + capacity);
        }
        long[] row = new long[shape.width()];
        for (int t = 0; t < count; t++) {
            Embedding.apply(model.weights().embedding(), ids[from + t], model.description().embeddingScale(), row, h,
                    t * shape.width());
            for (int i = 0; i < cos.length; i++) {
                RopeTable table = model.description().angles().get(i);
                table.at(position + t, cos[i], sin[i], t * table.pairs());
            }
        }
        for (int l = 0; l < memory.length; l++) {
            layer(model.description().layers().get(l), model.weights().packed().get(l), memory[l], count);
            commit(l, count);
        }
        position += count;
    }

    /// Takes the first `count` of `ids` through the model and writes the last one's logits.
    void prefill(int[] ids, int count, long[] logits) {
        int from = 0;
        while (from < count) {
            int to = Math.min(from + CHUNK_MAX, count);
            advance(ids, from, to);
            if (to == count) {
                logits(to - from, 1, logits);
            }
            from = to;
        }
    }

    /// Logits (wide) of the last `rows` of the chunk just computed, which had `count`, into `out`, row after row.
    void logits(int count, int rows, long[] out) {
        int width = shape.width();
        if (rows < count) {
            System.arraycopy(h, (count - rows) * width, h, 0, rows * width);
        }
        normalise(model.weights().outputNorm(), rows);
        multiply(rows, new Product(model.weights().head(), out));
    }

    private void layer(Description.Layer layer, Weights.Layer w, KeyValues rows, int count) {
        normalise(w.norms().attentionNorm(), count);
        multiply(count, new Product(w.query(), q), new Product(w.key(), k), new Product(w.value(), v));
        remember(layer, w.norms().keyNorm(), rows, count);
        int heads = shape.heads();
        pool.run(count * heads, part -> attend(layer, w.norms().queryNorm(), rows, part / heads, part % heads));
        int attention = shape.heads() * shape.headSize();
        quantise(q, attention, count);
        multiply(count, new Product(w.output(), wide));
        add(w.norms().afterAttention(), count);
        normalise(w.norms().feedForwardNorm(), count);
        multiply(count, new Product(w.gate(), wide), new Product(w.up(), up));
        int inner = shape.feedForward();
        pool.run(count, t -> e[t] = kernel.gate(shape.gate(), wide, up, t * inner, inner, x, t * inner));
        multiply(count, new Product(w.down(), wide));
        add(w.norms().afterFeedForward(), count);
    }

    private void normalise(NormWeights norm, int count) {
        int width = shape.width();
        pool.run(count, t -> {
            int at = t * width;
            int fraction = norm.apply(h, at, shape.epsilon(), wide, at);
            e[t] = Activations.quantise(wide, at, width, fraction, x, at);
        });
    }

    private void quantise(long[] z, int width, int count) {
        pool.run(count, t ->
                e[t] = Activations.quantise(z, t * width, width, Fixed.WIDE_BITS, x, t * width));
    }

    /// A matrix and where its product goes, row after row.
    private record Product(Packed matrix, long[] result) {

        int groups(int granule) {
            return (matrix.rows() + granule - 1) / granule;
        }
    }

    /// Products of the `count` quantised rows with several matrices, as wide values: one hand-off to the pool.
    private void multiply(int count, Product... products) {
        int granule = kernel.rowGranule();
        int total = 0;
        for (Product product : products) {
            total += product.groups(granule);
        }
        int groups = total;
        int parts = Math.min(groups, pool.threads() * 4);
        pool.run(parts, part -> {
            int from = (int) ((long) groups * part / parts);
            int to = (int) ((long) groups * (part + 1) / parts);
            int start = 0;
            for (Product product : products) {
                int end = start + product.groups(granule);
                int a = Math.max(from, start);
                int b = Math.min(to, end);
                if (a < b) {
                    product(product.matrix(), product.result(), count, (a - start) * granule,
                            Math.min((b - start) * granule, product.matrix().rows()));
                }
                start = end;
            }
        });
    }

    private void product(Packed w, long[] y, int count, int fromRow, int toRow) {
        kernel.multiplyWide(w, x, e, count, y, fromRow, toRow);
    }

    private void remember(Description.Layer layer, Optional<NormWeights> norm, KeyValues rows, int count) {
        int size = shape.headSize();
        int heads = shape.keyValueHeads();
        pool.run(count, t -> {
            for (int head = 0; head < heads; head++) {
                int at = (t * heads + head) * size;
                int p = position + t;
                norm.ifPresent(n -> n.applyWide(k, at, shape.headEpsilon()));
                rows.keyExponents(head)[p] =
                        (short) rotate(layer, k, at, t, 0, rows.keys(head), p * size);
                rows.valueExponents(head)[p] = (short) Activations.quantise(
                        v, at, size, Fixed.WIDE_BITS, rows.values(head), p * size);
            }
        });
    }

    private int rotate(Description.Layer layer, long[] z, int at, int t, long scale, short[] xq, int xqAt) {
        int pairs = model.description().angles().get(layer.angles()).pairs();
        return kernel.rotate(z, at, shape.headSize(), shape.rotation(), cos[layer.angles()], sin[layer.angles()],
                t * pairs, pairs, scale, xq, xqAt);
    }

    /// One head of row t: its query in `q` becomes its output there.
    private void attend(Description.Layer layer, Optional<NormWeights> norm, KeyValues rows, int t, int head) {
        int size = shape.headSize();
        int at = (t * shape.heads() + head) * size;
        norm.ifPresent(n -> n.applyWide(q, at, shape.headEpsilon()));
        short[] query = new short[size];
        int eq = rotate(layer, q, at, t, shape.queryScale(), query, 0);
        kernel.attend(query, eq, rows, head * shape.keyValueHeads() / shape.heads(),
                layer.shape().visibleFrom(position + t), position + t + 1, q, at);
    }

    private void add(Optional<NormWeights> after, int count) {
        if (after.isPresent()) {
            pool.run(count, t -> after.get().applyWide(wide, t * shape.width(), shape.epsilon()));
        }
        for (int i = 0; i < count * shape.width(); i++) {
            h[i] = Fixed.saturate(h[i] + wide[i]);
        }
    }

    private void commit(int layer, int count) {
        int width = shape.width();
        int bytes = Boundary.bytes(width, shape.keyValueHeads(), shape.headSize());
        pool.run(count, t -> {
            byte[] row = new byte[bytes];
            Boundary.encode(h, t * width, width, memory[layer], position + t, row, 0);
            leaves[t] = boundaries.leaf(row, bytes);
        });
        for (int t = 0; t < count; t++) {
            boundaries.append(layer, leaves[t]);
        }
        Arrays.fill(leaves, null);
    }
}
