package plumbline.node.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.engine.Answer;
import plumbline.engine.Ending;
import plumbline.engine.GenerationJob;
import plumbline.engine.ModelText;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.node.ModelHandle;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.Receipt;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// A model in a node that lies: the node signs and logs what this says, as it would with an honest one.
final class LyingModel implements ModelHandle {

    /// What is said that isn't so.
    enum Lie {
        /// Its receipts name an arithmetic that nobody asked for.
        ARITHMETIC,
        /// Its receipts say that another server answered.
        UPSTREAM,
        /// Its receipts name another file.
        MODEL,
        /// Its receipts name another root of the file's pieces.
        WEIGHTS_ROOT,
        /// The model is given an instruction that the user didn't write.
        PROMPT,
        /// One token is another one, in stream and receipt alike.
        TOKEN,
        /// The answer ends early, and its receipt says that this was its end.
        END,
        /// The text isn't that of the tokens.
        TEXT,
        /// Another model's answers under the digest of the one that was asked for.
        ANSWERS
    }

    private static final int AT = 7;

    private final ModelHandle honest;
    private final ModelText text;
    private final Lie lie;
    private final Optional<ModelHandle> other;

    /// @param other whose answers are given as its own
    LyingModel(ModelHandle honest, ModelText text, Lie lie, Optional<ModelHandle> other) {
        this.honest = honest;
        this.text = text;
        this.lie = lie;
        this.other = other;
    }

    @Override
    public ModelId id() {
        return lie == Lie.MODEL ? new ModelId(Digest.sha256(new byte[1])) : honest.id();
    }

    @Override
    public Digest weightsRoot() {
        return lie == Lie.WEIGHTS_ROOT ? Digest.sha256(new byte[1]) : honest.weightsRoot();
    }

    @Override
    public String arithmetic() {
        return switch (lie) {
            case ARITHMETIC -> "plumbline-exact-9";
            case UPSTREAM -> Receipt.UPSTREAM;
            default -> honest.arithmetic();
        };
    }

    @Override
    public String kernel() {
        return honest.kernel();
    }

    @Override
    public int contextLength() {
        return honest.contextLength();
    }

    @Override
    public TokenIds prompt(Input input) throws PromptException {
        int[] ids = honest.prompt(input).toArray();
        if (lie != Lie.PROMPT) {
            return TokenIds.of(ids);
        }
        int[] hidden = new int[ids.length + 1];
        hidden[0] = 'x';
        System.arraycopy(ids, 0, hidden, 1, ids.length);
        return TokenIds.of(hidden);
    }

    @Override
    public Optional<TokenRestriction> restriction(AnswerOptions options, int tokensMax) throws RequestException {
        return honest.restriction(options, tokensMax);
    }

    @Override
    public Answer generate(GenerationJob job, TokenListener listener) throws PromptException {
        List<Integer> ids = new ArrayList<>();
        Answer answer = other.orElse(honest).generate(job, (id, piece) -> {
            if (lie == Lie.END && ids.size() == AT) {
                return false;
            }
            ids.add(lie == Lie.TOKEN && ids.size() == AT ? id ^ 1 : id);
            return listener.token(ids.getLast(), piece);
        });
        Ending ending = new Ending(text.tokenizer(), job.maxTokens(), job.stops());
        StopReason stop = answer.stop();
        for (int id : ids) {
            stop = ending.after(id).orElse(answer.stop());
        }
        if (lie == Lie.END) {
            ending.cancel();
            stop = StopReason.END;
        }
        Digest boundaries = lie == Lie.UPSTREAM ? Digest.of(new byte[Digest.BYTES]) : answer.boundaryRoot();
        return new Answer(answer.prompt(), TokenIds.of(ids.stream().mapToInt(Integer::intValue).toArray()),
                lie == Lie.TEXT ? ending.text() + "!" : ending.text(), stop, boundaries, answer.timings());
    }

    @Override
    public void close() {
        honest.close();
        other.ifPresent(ModelHandle::close);
    }
}
