package plumbline.node;

import java.util.List;
import java.util.Optional;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.node.api.DrawnToken;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.Receipt;
import plumbline.verify.TokenIds;

/// A loaded model as the node sees it. Safe for use by several threads.
public interface ModelHandle extends AutoCloseable {

    ModelId id();

    Digest weightsRoot();

    /// Name of the kernel that computes.
    String kernel();

    /// Most positions of prompt and answer together.
    int contextLength();

    /// The prompt's token ids, at least one.
    TokenIds prompt(Input input) throws PromptException;

    /// What restricts an answer of at most `tokensMax` tokens, where the request's options ask for a form.
    ///
    /// @throws RequestException status 400 if the form can't be honoured
    default Optional<TokenRestriction> restriction(AnswerOptions options, int tokensMax) throws RequestException {
        return Optional.empty();
    }

    /// Answers, together with whatever else is being answered; the listener hears each token.
    ///
    /// @throws java.util.concurrent.CancellationException if it was cancelled before its first token
    Answer generate(GenerationJob job, TokenListener listener) throws PromptException;

    /// A token as text and bytes, for people; a token that gives no text has no bytes, and its name as text.
    default DrawnToken.Scored scored(int id, double logprob) {
        return new DrawnToken.Scored("", List.of(), logprob);
    }

    /// What a model has computed, and what that takes.
    ///
    /// @param passes through the model
    /// @param passAnswers answers in them, one counted for each pass that it was in
    /// @param keyValueBytes in memory now
    record Load(long passes, long passAnswers, long keyValueBytes) {
        /// Nothing.
        static final Load NONE = new Load(0, 0, 0);

        Load plus(Load other) {
            return new Load(passes + other.passes, passAnswers + other.passAnswers,
                    keyValueBytes + other.keyValueBytes);
        }
    }

    /// What has been computed since it was loaded.
    default Load load() {
        return Load.NONE;
    }

    /// The arithmetic that its receipts name.
    default String arithmetic() {
        return Receipt.ARITHMETIC;
    }

    /// A request, for a model that doesn't compute itself.
    record Asked(InferenceRequest request, byte[] body) {}

    /// Answers; most models need no more than the job.
    ///
    /// @throws RequestException if another server that was asked refuses or fails
    default Answer answer(Asked asked, GenerationJob job, TokenListener listener)
            throws PromptException, RequestException, NodeException {
        return generate(job, listener);
    }

    /// From now on keys and values of its answers may take this much.
    default void limitMemory(long bytes) {}

    /// Whether it broke down and answers nothing any more, until it is loaded again.
    default boolean hasFailed() {
        return false;
    }

    /// Lets go of the file. No generation may be under way.
    @Override
    void close();
}
