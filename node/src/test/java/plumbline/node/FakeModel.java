package plumbline.node;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.Message;
import plumbline.node.api.DrawnToken;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// A model that says `pong ` for each token, 4 tokens and then an end token, unless told otherwise.
/// Prompt tokens are the bytes of the text.
class FakeModel implements ModelHandle {

    static final ModelId ID = new ModelId(Digest.sha256(new byte[] {1}));
    static final int END = 0;

    final AtomicInteger runs = new AtomicInteger();
    int lengthTokens = 4;
    int contextLength = 1000;
    /// What it says instead, a token for each; then an end token.
    volatile List<String> says = List.of();
    /// The conversation that it was asked about last.
    volatile Optional<Input> asked = Optional.empty();
    /// Waited for before each token, if set.
    volatile CountDownLatch gate = new CountDownLatch(0);
    volatile RuntimeException failure;
    /// It breaks down after so many tokens.
    volatile int failsAfter = Integer.MAX_VALUE;
    /// Taken for each token.
    volatile long pauseNanos;

    @Override
    public ModelId id() {
        return ID;
    }

    @Override
    public Digest weightsRoot() {
        return Digest.sha256(new byte[] {2});
    }

    @Override
    public String kernel() {
        return "fake";
    }

    @Override
    public int contextLength() {
        return contextLength;
    }

    @Override
    public TokenIds prompt(Input input) throws PromptException {
        asked = Optional.of(input);
        String text = switch (input) {
            case Input.Prompt(String prompt) -> prompt;
            case Input.Messages(List<Message> messages, var _, var _) -> messages.getLast().content();
        };
        if (text.isEmpty()) {
            throw new PromptException("the prompt is empty: it must give at least one token");
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = bytes[i] & 0xff;
        }
        return TokenIds.of(ids);
    }

    @Override
    public Answer generate(GenerationJob job, TokenListener listener) {
        runs.incrementAndGet();
        List<Integer> ids = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        StopReason stop = null;
        while (stop == null) {
            pass();
            if (ids.size() == failsAfter) {
                throw new IllegalStateException("broken after " + failsAfter + " tokens");
            }
            boolean ends = ids.size() == (says.isEmpty() ? lengthTokens : says.size());
            ids.add(ends ? END : 300 + ids.size());
            String piece = ends ? "" : says.isEmpty() ? "pong " : says.get(ids.size() - 1);
            text.append(piece);
            if (listener.wantsLogits()) {
                listener.logits(ids.getLast(), logits(ids.getLast()));
            }
            boolean goesOn = listener.token(ids.getLast(), piece);
            if (ends) {
                stop = StopReason.END;
            } else if (ids.size() == job.maxTokens()) {
                stop = StopReason.LENGTH;
            } else if (!goesOn) {
                stop = StopReason.CANCELLED;
            }
        }
        TokenIds output = TokenIds.of(ids.stream().mapToInt(Integer::intValue).toArray());
        Digest root = Digest.sha256(job.boundarySalt().bytes(), job.seed().bytes(), output.bytes());
        return new Answer(job.prompt(), output, text.toString(), stop, root,
                new Answer.Timings(1_000_000, 2_000_000));
    }

    /// The drawn token has half of the probability, the one after it a quarter, the one after that another one.
    private static long[] logits(int drawn) {
        long[] logits = new long[400];
        Arrays.fill(logits, -1L << 40);
        logits[drawn] = 1L << 20;
        logits[drawn + 1] = logits[drawn] - Math.round(Math.log(2) * (1 << 20));
        logits[drawn + 2] = logits[drawn + 1];
        return logits;
    }

    @Override
    public DrawnToken.Scored scored(int id, double logprob) {
        return new DrawnToken.Scored("t" + id, id == END ? List.of() : List.of(116, id & 0xff), logprob);
    }

    private void pass() {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (pauseNanos > 0) {
            LockSupport.parkNanos(pauseNanos);
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() {}
}
