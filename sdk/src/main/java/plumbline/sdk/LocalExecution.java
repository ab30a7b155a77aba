package plumbline.sdk;

import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import plumbline.engine.GenerationJob;
import plumbline.engine.Model;
import plumbline.engine.Replayer;
import plumbline.verify.ModelId;
import plumbline.verify.OpenedBundle;
import plumbline.verify.ReplayOutcome;

/// A model on this machine, to compute answers again. One computation at a time.
final class LocalExecution {

    private final Model model;
    private final ReentrantLock turn = new ReentrantLock();

    LocalExecution(Model model) {
        this.model = model;
    }

    ModelId id() {
        return model.id();
    }

    Model model() {
        return model;
    }

    /// Computes an answer while it comes from elsewhere.
    ///
    /// @param likeliest how many tokens are scored beside each one drawn; empty scores none
    HereSource start(GenerationJob job, OptionalInt likeliest, Consumer<HereSource.Sign> signs) {
        return HereSource.start(model, job, likeliest, turn, signs);
    }

    /// Runs a receipt's request again.
    ReplayOutcome replay(OpenedBundle bundle) {
        turn.lock();
        try {
            return new Replayer(model, _ -> { }).apply(bundle);
        } finally {
            turn.unlock();
        }
    }
}
