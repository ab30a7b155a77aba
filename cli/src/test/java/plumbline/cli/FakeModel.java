package plumbline.cli;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.TokenListener;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.node.ModelHandle;
import plumbline.node.StoredModel;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// A model that answers every request with the numbers "0 1 2 ...", one token each, at once. The
/// tests here are about commands; what a real model answers is the engine's matter.
record FakeModel(StoredModel stored) implements ModelHandle {
    static final int CONTEXT = 64;

    @Override
    public ModelId id() {
        return stored.id();
    }

    @Override
    public Digest weightsRoot() {
        return stored.weightsRoot();
    }

    @Override
    public String kernel() {
        return "fake";
    }

    @Override
    public int contextLength() {
        return CONTEXT;
    }

    @Override
    public TokenIds prompt(Input input) {
        int bytes = input.toString().getBytes(StandardCharsets.UTF_8).length;
        return TokenIds.of(1, bytes);
    }

    @Override
    public Answer generate(GenerationJob job, TokenListener listener) {
        int[] output = new int[job.maxTokens()];
        StringBuilder text = new StringBuilder();
        StopReason stop = StopReason.LENGTH;
        int count = 0;
        while (count < output.length && stop == StopReason.LENGTH) {
            String piece = count + " ";
            output[count] = count;
            text.append(piece);
            if (!listener.token(count, piece)) {
                stop = StopReason.CANCELLED;
            }
            count++;
        }
        return new Answer(job.prompt(), TokenIds.of(Arrays.copyOf(output, count)),
                text.toString(), stop, Digest.sha256(job.boundarySalt().bytes()),
                new Answer.Timings(1_000_000, 2_000_000));
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
