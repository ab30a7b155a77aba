package plumbline.engine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.gguf.GgufTensor;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Packed;
import plumbline.engine.kernel.Pool;
import plumbline.engine.kernel.RowBound;
import plumbline.exact.BlockFormat;
import plumbline.exact.LayerShape;
import plumbline.exact.LayerWeights;
import plumbline.exact.Matrix;
import plumbline.exact.NormWeights;

/// A model's weights: as the file has them, for the executable specification, and packed for a kernel.
record Weights(Matrix embedding, NormWeights outputNorm, Packed head, List<LayerWeights> layers,
        List<Layer> packed) {

    /// One layer's matrices as the kernel wants them, its norms as they are.
    record Layer(LayerWeights norms, Packed query, Packed key, Packed value, Packed output, Packed gate, Packed up,
            Packed down) {}

    /// Reads every tensor the description needs, checks each row's bound (spec/arithmetic.md W8) and packs.
    static Weights of(Gguf file, Description description, int vocabulary, Kernel kernel, Pool pool)
            throws ModelException {
        Loader loader = new Loader(file, kernel, pool);
        LayerShape shape = description.shape();
        int attention = shape.heads() * shape.headSize();
        int keyValue = shape.keyValueHeads() * shape.headSize();
        Matrix embedding = loader.matrix("token_embd.weight", vocabulary, shape.width());
        List<LayerWeights> layers = new ArrayList<>();
        for (int l = 0; l < description.layers().size(); l++) {
            String p = "blk." + l + ".";
            boolean more = description.moreNorms();
            layers.add(new LayerWeights(
                    loader.norm(p + "attn_norm.weight", shape.width()),
                    loader.matrix(p + "attn_q.weight", attention, shape.width()),
                    loader.matrix(p + "attn_k.weight", keyValue, shape.width()),
                    loader.matrix(p + "attn_v.weight", keyValue, shape.width()),
                    loader.norm(more, p + "attn_q_norm.weight", shape.headSize()),
                    loader.norm(more, p + "attn_k_norm.weight", shape.headSize()),
                    loader.matrix(p + "attn_output.weight", shape.width(), attention),
                    loader.norm(more, p + "post_attention_norm.weight", shape.width()),
                    loader.norm(p + "ffn_norm.weight", shape.width()),
                    loader.matrix(p + "ffn_gate.weight", shape.feedForward(), shape.width()),
                    loader.matrix(p + "ffn_up.weight", shape.feedForward(), shape.width()),
                    loader.matrix(p + "ffn_down.weight", shape.width(), shape.feedForward()),
                    loader.norm(more, p + "post_ffw_norm.weight", shape.width())));
        }
        NormWeights outputNorm = loader.norm("output_norm.weight", shape.width());
        Matrix head = file.tensor("output.weight").isPresent()
                ? loader.matrix("output.weight", vocabulary, shape.width()) : embedding;
        loader.refuseUnused();
        if (head != embedding) {
            loader.checkRows(embedding);
        }
        List<Layer> packed = new ArrayList<>();
        for (LayerWeights layer : layers) {
            packed.add(loader.pack(layer));
        }
        return new Weights(embedding, outputNorm, loader.pack(head), List.copyOf(layers), List.copyOf(packed));
    }

    private static final class Loader {

        /// Weights whose rows one part of a task checks.
        private static final int CHECKED_WEIGHTS = 1 << 18;

        private final Gguf file;
        private final Kernel kernel;
        private final Pool pool;
        private final Map<Matrix, String> names = new IdentityHashMap<>();
        private final Set<String> used = new HashSet<>();

        Loader(Gguf file, Kernel kernel, Pool pool) {
            this.file = file;
            this.kernel = kernel;
            this.pool = pool;
        }

        Matrix matrix(String name, int rows, int columns) throws ModelException {
            GgufTensor tensor = tensor(name, columns, rows);
            BlockFormat format = tensor.type().exact().orElseThrow(() -> new ModelException("tensor " + name
                    + " is " + tensor.type() + ", which isn't supported yet; supported are "
                    + List.of(BlockFormat.values())));
            Matrix matrix = new Matrix(format, rows, columns, tensor.data());
            names.put(matrix, name);
            return matrix;
        }

        Optional<NormWeights> norm(boolean present, String name, int count) throws ModelException {
            return present ? Optional.of(norm(name, count)) : Optional.empty();
        }

        NormWeights norm(String name, int count) throws ModelException {
            GgufTensor tensor = tensor(name, count, 1);
            if (tensor.type() != GgmlType.F32) {
                throw new ModelException("tensor " + name + " is " + tensor.type() + ", but a norm must be F32");
            }
            return NormWeights.of(tensor.data(), count).orElseThrow(
                    () -> new ModelException("tensor " + name + " holds an infinite or NaN gain"));
        }

        private GgufTensor tensor(String name, int columns, int rows) throws ModelException {
            GgufTensor tensor = file.tensor(name).orElseThrow(
                    () -> new ModelException("the file has no tensor " + name));
            if (tensor.columns() != columns || tensor.rows() != rows) {
                throw new ModelException("tensor " + name + " is " + tensor.dimensions()
                        + ", but the metadata asks for [" + columns + ", " + rows + "]");
            }
            used.add(name);
            return tensor;
        }

        /// A tensor nobody reads would be a part of the model that is silently left out.
        void refuseUnused() throws ModelException {
            for (GgufTensor tensor : file.tensors()) {
                if (!used.contains(tensor.name())) {
                    throw new ModelException("tensor " + tensor.name()
                            + " has no place in this architecture; the model would not be the one the file holds");
                }
            }
        }

        /// @return whether each row is within the quick bound
        private boolean checkRows(Matrix matrix) throws ModelException {
            AtomicBoolean bounded = new AtomicBoolean(true);
            AtomicInteger refused = new AtomicInteger(-1);
            int step = Math.max(1, CHECKED_WEIGHTS / matrix.columns());
            pool.run(Math.ceilDiv(matrix.rows(), step), piece -> {
                int to = Math.min((piece + 1) * step, matrix.rows());
                for (int r = piece * step; r < to; r++) {
                    r = RowBound.firstBeyond(matrix, r, to);
                    if (r < 0) {
                        return;
                    }
                    bounded.set(false);
                    if (matrix.firstRefusedRow(r, r + 1) >= 0) {
                        refused.set(r);
                        return;
                    }
                }
            });
            if (refused.get() >= 0) {
                throw new ModelException(refusal(names.get(matrix), refused.get()));
            }
            return bounded.get();
        }

        private static String refusal(String tensor, int row) {
            return "tensor " + tensor + ", row " + row
                    + ": an infinite or NaN scale, or weights so large that exact sums could overflow"
                    + " (sum of magnitudes times 32767 must stay below 2^53 units of 2^-24)";
        }

        Packed pack(Matrix matrix) throws ModelException {
            return kernel.packLater(matrix, checkRows(matrix));
        }

        Layer pack(LayerWeights w) throws ModelException {
            return new Layer(w, pack(w.query()), pack(w.key()), pack(w.value()), pack(w.output()), pack(w.gate()),
                    pack(w.up()), pack(w.down()));
        }
    }
}
