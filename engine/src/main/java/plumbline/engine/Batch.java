package plumbline.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Packed;
import plumbline.engine.kernel.Pool;
import plumbline.exact.Activations;
import plumbline.exact.Embedding;
import plumbline.exact.Fixed;
import plumbline.exact.KeyValues;
import plumbline.exact.LayerShape;
import plumbline.exact.NormWeights;
import plumbline.exact.RopeTable;

/// Rows of one or several sequences on their way through the model together: the same integers as
/// [plumbline.exact.LayerStep] position by position, but with a kernel's products over all rows at once, so that the
/// weights are read once. No row sees another sequence. One thread owns it; it uses the model's pool.
///
/// Shapes: rows lie one after the other, `row * width`.
final class Batch {

    /// Most rows computed together.
    static final int ROWS_MAX = 64;

    /// Takes `ids[from .. to)`, the next tokens of the sequence that `memory` holds and has room for.
    record Rows(Memory memory, int[] ids, int from, int to) {

        int count() {
            return to - from;
        }
    }

    private final Model model;
    private final Kernel kernel;
    private final Pool pool;
    private final LayerShape shape;
    private final Memory[] memories;    // by row
    private final int[] positions;      // by row
    private final Optional<States> states;
    private final int[][] cos;          // by table of angles, then row * pairs
    private final int[][] sin;

    private final long[] embedded;      // one row, scratch
    private final long[] h;             // residual rows
    private final long[] q;             // query rows, then attention's output
    private final long[] k;
    private final long[] v;
    private final long[] wide;          // gate rows, or a row-sized scratch
    private final long[] up;
    private final short[] x;            // quantised input of a product
    private final int[] e;              // its exponents

    /// Room for `rows` rows at a time.
    Batch(Model model, int rows) {
        this(model, rows, true);
    }

    /// Where `committed` is false, no state is committed to: for measuring what that costs, never for an answer.
    Batch(Model model, int rows, boolean committed) {
        this.model = model;
        this.kernel = model.kernelInUse();
        this.pool = model.pool();
        this.shape = model.description().shape();
        memories = new Memory[rows];
        positions = new int[rows];
        states = committed
                ? Optional.of(new States(shape, Math.max(rows, Math.min(ROWS_MAX, model.layers())), kernel, pool))
                : Optional.empty();
        int attention = shape.heads() * shape.headSize();
        int keyValue = shape.keyValueHeads() * shape.headSize();
        int pairs = model.description().angles().getFirst().pairs();
        cos = new int[model.description().angles().size()][rows * pairs];
        sin = new int[cos.length][rows * pairs];
        embedded = new long[shape.width()];
        h = new long[rows * shape.width()];
        q = new long[rows * attention];
        k = new long[rows * keyValue];
        v = new long[rows * keyValue];
        wide = new long[rows * Math.max(shape.feedForward(), shape.width())];
        up = new long[rows * shape.feedForward()];
        x = new short[rows * Math.max(shape.width(), Math.max(attention, shape.feedForward()))];
        e = new int[rows];
    }

    /// Most rows at a time.
    int rowsMax() {
        return positions.length;
    }

    /// Takes all `parts` through every layer. Their rows follow each other in this order; no memory may be in twice.
    void run(List<Rows> parts) {
        int count = 0;
        for (Rows part : parts) {
            int position = part.memory().position();
            if (part.count() < 1 || count + part.count() > positions.length
                    || position + part.count() > part.memory().capacity()) {
                throw new IllegalArgumentException(part.count() + " tokens at position " + position + " of "
                        + part.memory().capacity() + ", after " + count + " rows of " + positions.length);
            }
            for (int i = 0; i < part.count(); i++) {
                memories[count] = part.memory();
                positions[count] = position + i;
                embed(part.ids()[part.from() + i], count++);
            }
        }
        for (int l = 0; l < model.layers(); l++) {
            layer(model.description().layers().get(l), model.weights().packed().get(l), l, count);
            if (states.isPresent()) {
                states.get().take(l, memories, positions, count, h);
            }
        }
        states.ifPresent(States::flush);
        for (Rows part : parts) {
            part.memory().append(part.ids(), part.from(), part.to());
        }
        Arrays.fill(memories, null);
    }

    private void embed(int id, int t) {
        Embedding.apply(model.weights().embedding(), id, model.description().embeddingScale(), embedded, h,
                t * shape.width());
        for (int i = 0; i < cos.length; i++) {
            RopeTable table = model.description().angles().get(i);
            table.at(positions[t], cos[i], sin[i], t * table.pairs());
        }
    }

    /// Logits (wide) of `count` rows of the run before, whose numbers ascend from `rows[at]`, into `out`, row after
    /// row. A row below one that was asked for can't be asked for any more.
    void logits(int[] rows, int at, int count, long[] out) {
        int width = shape.width();
        for (int i = 0; i < count; i++) {
            System.arraycopy(h, rows[at + i] * width, h, i * width, width);
        }
        normalise(model.weights().outputNorm(), count);
        multiply(count, new Product(model.weights().head(), out));
    }

    private void layer(Description.Layer layer, Weights.Layer w, int number, int count) {
        normalise(w.norms().attentionNorm(), count);
        multiply(count, new Product(w.query(), q), new Product(w.key(), k), new Product(w.value(), v));
        remember(layer, w.norms().keyNorm(), number, count);
        int heads = shape.heads();
        pool.run(count * heads, part -> attend(layer, w.norms().queryNorm(), number, part / heads, part % heads));
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

    private void remember(Description.Layer layer, Optional<NormWeights> norm, int number, int count) {
        int size = shape.headSize();
        int heads = shape.keyValueHeads();
        pool.run(count, t -> {
            KeyValues rows = memories[t].rows(number);
            int p = positions[t];
            for (int head = 0; head < heads; head++) {
                int at = (t * heads + head) * size;
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
    private void attend(Description.Layer layer, Optional<NormWeights> norm, int number, int t, int head) {
        int size = shape.headSize();
        int at = (t * shape.heads() + head) * size;
        norm.ifPresent(n -> n.applyWide(q, at, shape.headEpsilon()));
        short[] query = new short[size];
        int eq = rotate(layer, q, at, t, shape.queryScale(), query, 0);
        int p = positions[t];
        kernel.attend(query, eq, memories[t].rows(number), head * shape.keyValueHeads() / shape.heads(),
                layer.shape().visibleFrom(p), p + 1, q, at);
    }

    private void add(Optional<NormWeights> after, int count) {
        if (after.isPresent()) {
            pool.run(count, t -> after.get().applyWide(wide, t * shape.width(), shape.epsilon()));
        }
        for (int i = 0; i < count * shape.width(); i++) {
            h[i] = Fixed.saturate(h[i] + wide[i]);
        }
    }
}
