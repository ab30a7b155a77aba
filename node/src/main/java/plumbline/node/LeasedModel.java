package plumbline.node;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
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

/// A loaded model in use by somebody: it isn't unloaded before this is closed. Closing it more than once does nothing.
final class LeasedModel implements ModelHandle {

    private final ModelHandle model;
    private final Runnable giveBack;
    private final AtomicBoolean over = new AtomicBoolean();

    LeasedModel(ModelHandle model, Runnable giveBack) {
        this.model = model;
        this.giveBack = giveBack;
    }

    @Override
    public ModelId id() {
        return model.id();
    }

    @Override
    public Digest weightsRoot() {
        return model.weightsRoot();
    }

    @Override
    public String kernel() {
        return model.kernel();
    }

    @Override
    public int contextLength() {
        return model.contextLength();
    }

    @Override
    public TokenIds prompt(Input input) throws PromptException {
        return model.prompt(input);
    }

    @Override
    public Optional<TokenRestriction> restriction(AnswerOptions options, int tokensMax) throws RequestException {
        return model.restriction(options, tokensMax);
    }

    @Override
    public String arithmetic() {
        return model.arithmetic();
    }

    @Override
    public Answer answer(Asked asked, GenerationJob job, TokenListener listener)
            throws PromptException, RequestException, NodeException {
        return model.answer(asked, job, listener);
    }

    @Override
    public Answer generate(GenerationJob job, TokenListener listener) throws PromptException {
        return model.generate(job, listener);
    }

    @Override
    public DrawnToken.Scored scored(int id, double logprob) {
        return model.scored(id, logprob);
    }

    @Override
    public void close() {
        if (over.compareAndSet(false, true)) {
            giveBack.run();
        }
    }
}
