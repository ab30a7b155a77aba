package plumbline.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.exact.Attention;
import plumbline.exact.Embedding;
import plumbline.exact.Gate;
import plumbline.exact.LayerShape;
import plumbline.exact.NormWeights;
import plumbline.exact.RopeTable;
import plumbline.exact.Rotation;
import plumbline.verify.MalformedException;

/// What a model file says of its shape, as data: everything that tells one architecture from another ends here.
///
/// @param layers shape and angles of each layer
/// @param angles the rotary tables, by [Layer#angles]
/// @param moreNorms whether queries, keys and both blocks' outputs are normalised too
/// @param embeddingScale [Embedding#UNIT] for models that take the embedding as it is
/// @param contextLength most positions the file was made for
record Description(List<Layer> layers, List<RopeTable> angles, boolean moreNorms, long embeddingScale,
        int contextLength) {

    /// One layer; layers differ in what they see and how they rotate, not in their sizes.
    record Layer(LayerShape shape, int angles) {}

    private static final int LAYERS_MAX = 1024;

    /// Layers of gemma3 see a window, but for each sixth, which sees all.
    private static final int GEMMA_PATTERN = 6;

    private static final float GEMMA_WINDOW_THETA = 10000f;

    /// The one gemma3 size whose attention isn't scaled by its head size has this many layers.
    private static final int GEMMA_OTHER_SCALE_LAYERS = 62;

    static Description of(Gguf file) throws ModelException, MalformedException {
        GgufMetadata metadata = file.metadata();
        String architecture = metadata.string("general.architecture")
                .orElseThrow(() -> new ModelException("the file names no general.architecture"));
        Reader reader = new Reader(metadata, architecture);
        return switch (architecture) {
            case "llama" -> llama(reader);
            case "gemma3" -> gemma3(reader);
            default -> throw new ModelException("architecture \"" + architecture
                    + "\" isn't supported yet; this version runs \"llama\" and \"gemma3\"");
        };
    }

    /// The sizes of the shape that the first model of the family described.
    LayerShape shape() {
        return layers.getFirst().shape();
    }

    private static Description llama(Reader reader) throws ModelException, MalformedException {
        reader.refuse("rope.scaling.type", "rope.scaling.factor", "attention.sliding_window", "expert_count",
                "attention.clamp_kqv", "attention.max_alibi_bias");
        LayerShape shape = reader.shape(Rotation.ADJACENT, Gate.SILU, 0);
        RopeTable table = RopeTable.of(reader.theta(), reader.rotated(shape.headSize()));
        int count = reader.required("block_count", LAYERS_MAX);
        return new Description(java.util.Collections.nCopies(count, new Layer(shape, 0)), List.of(table), false,
                Embedding.UNIT, reader.required("context_length", Integer.MAX_VALUE));
    }

    private static Description gemma3(Reader reader) throws ModelException, MalformedException {
        reader.refuse("rope.scaling.type", "rope.scaling.factor", "expert_count", "attn_logit_softcapping",
                "final_logit_softcapping", "attention.sliding_window_pattern", "rope.freq_base_swa");
        int window = reader.required("attention.sliding_window", RopeTable.POSITIONS_MAX);
        LayerShape near = reader.shape(Rotation.HALVES, Gate.GELU_TANH, window);
        LayerShape far = reader.shape(Rotation.HALVES, Gate.GELU_TANH, 0);
        int rotated = reader.rotated(near.headSize());
        int count = reader.required("block_count", LAYERS_MAX);
        if (count == GEMMA_OTHER_SCALE_LAYERS) {
            throw new ModelException("this size of gemma3 scales its attention in a way that isn't supported yet");
        }
        List<Layer> layers = new ArrayList<>();
        for (int l = 0; l < count; l++) {
            boolean all = l % GEMMA_PATTERN == GEMMA_PATTERN - 1;
            layers.add(new Layer(all ? far : near, all ? 1 : 0));
        }
        return new Description(List.copyOf(layers),
                List.of(RopeTable.of(Float.floatToRawIntBits(GEMMA_WINDOW_THETA), rotated),
                        RopeTable.of(reader.theta(), rotated)),
                true, Embedding.rootScale(near.width()), reader.required("context_length", Integer.MAX_VALUE));
    }

    private record Reader(GgufMetadata metadata, String architecture) {

        private static final float THETA = 10000f;

        LayerShape shape(Rotation rotation, Gate gate, int window) throws ModelException, MalformedException {
            int width = required("embedding_length", NormWeights.COUNT_MAX);
            int heads = required("attention.head_count", 1024);
            int keyValueHeads = optional("attention.head_count_kv", 1024).orElse(heads);
            int headSize = optional("attention.key_length", 512).orElse(width / heads);
            int valueSize = optional("attention.value_length", 512).orElse(headSize);
            if (headSize < 1 || valueSize != headSize) {
                throw new ModelException("heads of key length " + headSize + " and value length " + valueSize
                        + " aren't supported");
            }
            try {
                return new LayerShape(width, heads, keyValueHeads, headSize,
                        required("feed_forward_length", 1 << 17), epsilon(width), epsilon(headSize), window,
                        Attention.queryScale(headSize), rotation, gate);
            } catch (IllegalArgumentException e) {
                throw new ModelException("the file describes " + e.getMessage() + ", which isn't supported", e);
            }
        }

        private long epsilon(int count) throws ModelException, MalformedException {
            String key = architecture + ".attention.layer_norm_rms_epsilon";
            return NormWeights.epsilon(metadata.float32Bits(key)
                    .orElseThrow(() -> new ModelException("the file has no " + key)), Math.max(1, count));
        }

        int rotated(int headSize) throws ModelException, MalformedException {
            int rotated = optional("rope.dimension_count", 512).orElse(headSize);
            if (rotated < 2 || rotated > headSize || rotated % 2 != 0) {
                throw new ModelException(rotated + " rotated entries of heads of " + headSize + " aren't supported");
            }
            return rotated;
        }

        int theta() throws ModelException, MalformedException {
            int theta = metadata.float32Bits(architecture + ".rope.freq_base").orElse(Float.floatToIntBits(THETA));
            if (theta <= 0 || theta >= 0x7f800000) {
                throw new ModelException(architecture + ".rope.freq_base isn't a positive number");
            }
            return theta;
        }

        int required(String key, int max) throws ModelException, MalformedException {
            return optional(key, max).orElseThrow(
                    () -> new ModelException("the file has no " + architecture + "." + key));
        }

        Optional<Integer> optional(String key, int max) throws ModelException, MalformedException {
            OptionalLong value = metadata.uint(architecture + "." + key);
            if (value.isEmpty()) {
                return Optional.empty();
            }
            if (value.getAsLong() < 1 || value.getAsLong() > max) {
                throw new ModelException(architecture + "." + key + " is " + value.getAsLong() + ", not in 1.." + max);
            }
            return Optional.of((int) value.getAsLong());
        }

        /// A key that changes the arithmetic must not be ignored.
        void refuse(String... keys) throws ModelException {
            for (String key : keys) {
                if (metadata.has(architecture + "." + key)) {
                    throw new ModelException(architecture + "." + key + " isn't supported yet");
                }
            }
        }
    }
}
