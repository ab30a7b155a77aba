package plumbline.node;

import java.util.List;
import java.util.Optional;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.node.api.DrawnToken;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
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

    /// From now on keys and values of its answers may take this much.
    default void limitMemory(long bytes) {}

    /// Lets go of the file. No generation may be under way.
    @Override
    void close();
}
