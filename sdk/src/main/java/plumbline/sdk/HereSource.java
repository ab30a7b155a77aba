package plumbline.sdk;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import plumbline.engine.GenerationJob;
import plumbline.engine.Generator;
import plumbline.engine.Model;
import plumbline.engine.PromptException;

/// The same answer, computed on this machine while it comes from elsewhere: the truth, where the model is at hand.
final class HereSource implements AutoCloseable {

    /// What came of it.
    sealed interface Sign {
        /// The next token.
        record Token(int id) implements Sign {}

        /// It can't be computed here.
        record Broken(String why) implements Sign {}
    }

    final List<Integer> tokens = new ArrayList<>();
    private volatile boolean closed;

    /// Begins to compute; `signs` is called on a thread of this machine.
    ///
    /// @param turn one computation at a time for each model
    static HereSource start(Model model, GenerationJob job, ReentrantLock turn, Consumer<Sign> signs) {
        HereSource source = new HereSource();
        Thread.ofPlatform().name("re-execution").daemon().start(() -> {
            turn.lock();
            try {
                if (!source.closed) {
                    Generator.generate(model, job, (id, _) -> {
                        signs.accept(new Sign.Token(id));
                        return !source.closed;
                    });
                }
            } catch (PromptException | RuntimeException | OutOfMemoryError e) {
                signs.accept(new Sign.Broken(String.valueOf(e.getMessage())));
            } finally {
                turn.unlock();
            }
        });
        return source;
    }

    @Override
    public void close() {
        closed = true;
    }
}
