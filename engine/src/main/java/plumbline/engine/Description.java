package plumbline.engine;

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
/// @param layers number of layers
/// @param shape of every layer
/// @param angles rotary angles of every layer
/// @param embeddingScale [Embedding#UNIT] for models that take the embedding as it is
/// @param contextLength most positions the file was made for
record Description(int layers, LayerShape shape, RopeTable angles, long embeddingScale, int contextLength) {

    private static final int LAYERS_MAX = 1024;
    private static final List<String> REFUSED_KEYS = List.of("rope.scaling.type", "rope.scaling.factor",
            "attention.sliding_window", "expert_count", "attention.clamp_kqv", "attention.max_alibi_bias");

    static Description of(Gguf file) throws ModelException, MalformedException {
        GgufMetadata metadata = file.metadata();
        String architecture = metadata.string("general.architecture")
                .orElseThrow(() -> new ModelException("the file names no general.architecture"));
        if (!architecture.equals("llama")) {
            throw new ModelException("architecture \"" + architecture
                    + "\" isn't supported yet; this version runs \"llama\"");
        }
        Reader reader = new Reader(metadata, architecture);
        for (String key : REFUSED_KEYS) {
            reader.refuse(key);
        }
        int width = reader.required("embedding_length", NormWeights.COUNT_MAX);
        int heads = reader.required("attention.head_count", 1024);
        int keyValueHeads = reader.optional("attention.head_count_kv", 1024).orElse(heads);
        int headSize = reader.optional("attention.key_length", 512).orElse(width / Math.max(1, heads));
        int valueSize = reader.optional("attention.value_length", 512).orElse(headSize);
        int rotated = reader.optional("rope.dimension_count", 512).orElse(headSize);
        if (valueSize != headSize || rotated < 2 || rotated > headSize || rotated % 2 != 0) {
            throw new ModelException("heads of key length " + headSize + ", value length " + valueSize + " and "
                    + rotated + " rotated entries aren't supported");
        }
        long epsilon = NormWeights.epsilon(metadata.float32Bits(architecture + ".attention.layer_norm_rms_epsilon")
                .orElseThrow(() -> new ModelException("no " + architecture + ".attention.layer_norm_rms_epsilon")),
                width);
        LayerShape shape;
        try {
            shape = new LayerShape(width, heads, keyValueHeads, headSize,
                    reader.required("feed_forward_length", 1 << 17), epsilon, 0, 0,
                    Attention.queryScale(headSize), Rotation.ADJACENT, Gate.SILU);
        } catch (IllegalArgumentException e) {
            throw new ModelException("the file describes " + e.getMessage() + ", which isn't supported", e);
        }
        int theta = metadata.float32Bits(architecture + ".rope.freq_base").orElse(Float.floatToIntBits(10000f));
        if (theta <= 0 || theta >= 0x7f800000) {
            throw new ModelException(architecture + ".rope.freq_base isn't a positive number");
        }
        return new Description(reader.required("block_count", LAYERS_MAX), shape, RopeTable.of(theta, rotated),
                Embedding.UNIT, reader.required("context_length", Integer.MAX_VALUE));
    }

    private record Reader(GgufMetadata metadata, String architecture) {

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

        void refuse(String key) throws ModelException {
            if (metadata.has(architecture + "." + key)) {
                throw new ModelException(architecture + "." + key + " isn't supported yet");
            }
        }
    }
}
