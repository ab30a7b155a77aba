package plumbline.node.proxy;

import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.node.ModelHandle;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.TokenIds;

/// A small model at the pace of a big one: it waits at each token, of all its answers.
///
/// @param gate        passed before each answer
/// @param pauseMicros at each token
record PacedModel(ModelHandle model, Runnable gate, long pauseMicros) implements ModelHandle {

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
    public Answer generate(GenerationJob job, TokenListener listener) throws PromptException {
        gate.run();
        return model.generate(job, (id, text) -> {
            if (pauseMicros > 0) {
                LockSupport.parkNanos(pauseMicros * 1000);
            }
            return listener.token(id, text);
        });
    }

    @Override
    public void close() {
        model.close();
    }
}
