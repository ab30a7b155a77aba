package plumbline.node;

import java.util.concurrent.atomic.AtomicBoolean;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.request.RequestException;

/// A loaded model in use by somebody: it isn't unloaded before this is closed. Closing it more than once does nothing.
final class LeasedModel implements WrappedModel {

    private final ModelHandle model;
    private final Runnable giveBack;
    private final AtomicBoolean over = new AtomicBoolean();

    LeasedModel(ModelHandle model, Runnable giveBack) {
        this.model = model;
        this.giveBack = giveBack;
    }

    @Override
    public ModelHandle model() {
        return model;
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
    public void close() {
        if (over.compareAndSet(false, true)) {
            giveBack.run();
        }
    }
}
