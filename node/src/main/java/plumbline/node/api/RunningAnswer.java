package plumbline.node.api;

import java.io.IOException;
import java.util.Optional;

/// An answer under way. One reader. Closing it ends what still runs, as cancelled.
public interface RunningAnswer extends AutoCloseable {

    /// What happens next; empty if nothing did in time. After [AnswerEvent.Failed], and after one
    /// [AnswerEvent.Finished] for each choice, nothing comes any more.
    Optional<AnswerEvent> next(long timeoutMillis);

    /// Hears what happens next; empty if nothing did in time.
    @FunctionalInterface
    interface Sink {
        /// @return whether it wants more
        boolean take(Optional<AnswerEvent> event) throws IOException;
    }

    /// Has everything that happens from now on heard until the sink wants no more: by one call at a time, each on this
    /// thread, or on one that belongs to this answer alone and may wait for the sink as long as it takes.
    ///
    /// @param quietMillis after which the sink hears that nothing happened
    default void follow(long quietMillis, Sink sink) throws IOException {
        boolean wantsMore = true;
        while (wantsMore) {
            wantsMore = sink.take(next(quietMillis));
        }
    }

    /// Has [#next] return with nothing, or the sink hear it, at once where somebody waits for what happens, else when
    /// he does next. For other threads than the reader's.
    void wake();

    @Override
    void close();
}
