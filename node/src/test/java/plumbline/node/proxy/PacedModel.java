package plumbline.node.proxy;

import java.util.concurrent.locks.LockSupport;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.node.ModelHandle;
import plumbline.node.WrappedModel;

/// A small model at the pace of a big one: it waits at each token, of all its answers.
///
/// @param gate        passed before each answer
/// @param pauseMicros at each token
record PacedModel(ModelHandle model, Runnable gate, long pauseMicros) implements WrappedModel {

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
