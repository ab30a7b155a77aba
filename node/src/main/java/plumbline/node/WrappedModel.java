package plumbline.node;

import java.util.Optional;
import plumbline.engine.PromptException;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.node.api.DrawnToken;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.TokenIds;

/// A model behind something that answers or closes in its own way: whatever else is asked, the model says.
public interface WrappedModel extends ModelHandle {

    /// The one that is wrapped.
    ModelHandle model();

    @Override
    default ModelId id() {
        return model().id();
    }

    @Override
    default Digest weightsRoot() {
        return model().weightsRoot();
    }

    @Override
    default String kernel() {
        return model().kernel();
    }

    @Override
    default int contextLength() {
        return model().contextLength();
    }

    @Override
    default TokenIds prompt(Input input) throws PromptException {
        return model().prompt(input);
    }

    @Override
    default Optional<TokenRestriction> restriction(AnswerOptions options, int tokensMax) throws RequestException {
        return model().restriction(options, tokensMax);
    }

    @Override
    default DrawnToken.Scored scored(int id, double logprob) {
        return model().scored(id, logprob);
    }

    @Override
    default Load load() {
        return model().load();
    }

    @Override
    default String arithmetic() {
        return model().arithmetic();
    }

    @Override
    default void limitMemory(long bytes) {
        model().limitMemory(bytes);
    }

    @Override
    default boolean hasFailed() {
        return model().hasFailed();
    }
}
