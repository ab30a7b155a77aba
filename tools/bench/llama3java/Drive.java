package com.llama4j;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;

/// Speed of llama3.java on one GGUF file: one JSON line, as `plumb bench --json` prints it.
///
/// Compiled beside Llama3.java. It calls that engine's own loading and forward pass; only the tokenizer, which takes
/// Llama 3's vocabulary alone, is left out. Arguments: FILE PROMPT GEN REPEATS.
final class Drive {

    private static final int FIRST_PLAIN_ID = 259;

    private final Llama model;
    private final int[] prompt;
    private final int generated;

    private Drive(Llama model, int promptCount, int generated) {
        this.model = model;
        this.generated = generated;
        prompt = new SplittableRandom(1).ints(promptCount, FIRST_PLAIN_ID, model.configuration().vocabularySize)
                .toArray();
    }

    public static void main(String[] words) throws Exception {
        Path file = Path.of(words[0]);
        int promptCount = Integer.parseInt(words[1]);
        int generated = Integer.parseInt(words[2]);
        int repeats = Integer.parseInt(words[3]);
        long start = System.nanoTime();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            GGUF gguf = GGUF.loadModel(channel, file.toString());
            Map<String, Object> metadata = gguf.getMetadata();
            Llama.Configuration shape = new Llama.Configuration(
                    (int) metadata.get("llama.embedding_length"), (int) metadata.get("llama.feed_forward_length"),
                    (int) metadata.get("llama.block_count"), (int) metadata.get("llama.attention.head_count"),
                    (int) metadata.get("llama.attention.head_count_kv"),
                    ((String[]) metadata.get("tokenizer.ggml.tokens")).length,
                    (int) metadata.get("llama.context_length"),
                    (float) metadata.get("llama.attention.layer_norm_rms_epsilon"),
                    (float) metadata.get("llama.rope.freq_base")).withContextLength(promptCount + generated + 8);
            Llama.Weights weights = ModelLoader.loadWeights(
                    GGUF.loadTensors(channel, gguf.getTensorDataOffset(), gguf.getTensorInfos()), shape);
            double loadSeconds = (System.nanoTime() - start) / 1e9;
            Drive drive = new Drive(new Llama(shape, null, weights), promptCount, generated);
            Drive warm = new Drive(drive.model, Math.min(promptCount, 64), Math.min(generated, 8));
            long warmUp = System.nanoTime();
            while (System.nanoTime() - warmUp < 3_000_000_000L) {
                warm.round();
            }
            double[] prefill = new double[repeats];
            double[] decode = new double[repeats];
            for (int r = 0; r < repeats; r++) {
                double[] seconds = drive.round();
                prefill[r] = seconds[0];
                decode[r] = seconds[1];
            }
            Arrays.sort(prefill);
            Arrays.sort(decode);
            System.out.printf("{\"model\":\"%s\",\"kernel\":\"llama3.java\",\"prompt_tokens\":%d,"
                    + "\"generated_tokens\":%d,\"repeats\":%d,\"prefill_tokens_per_second\":%.3f,"
                    + "\"decode_tokens_per_second\":%.3f,\"load_seconds\":%.3f}%n",
                    file.getFileName(), promptCount, generated, repeats, promptCount / prefill[repeats / 2],
                    (generated - 1) / decode[repeats / 2], loadSeconds);
        }
    }

    private double[] round() {
        Llama.State state = new Llama.State(model.configuration(), Integer.getInteger("llama.BatchSize", 16));
        long start = System.nanoTime();
        for (int from = 0; from < prompt.length; from += state.batchsize) {
            int to = Math.min(from + state.batchsize, prompt.length);
            Llama.forward(model, state, Arrays.copyOfRange(prompt, from, to), from, to == prompt.length);
        }
        int token = state.logits.argmax();
        long between = System.nanoTime();
        for (int i = 0; i < generated - 1; i++) {
            Llama.forward(model, state, new int[] {token}, prompt.length + i, true);
            token = state.logits.argmax();
        }
        return new double[] {(between - start) / 1e9, (System.nanoTime() - between) / 1e9};
    }
}
