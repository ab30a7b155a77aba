package plumbline.node.api;

import java.util.Optional;

/// An answer under way. One reader. Closing it ends what still runs, as cancelled.
public interface RunningAnswer extends AutoCloseable {

    /// What happens next; empty if nothing did in time. After [AnswerEvent.Failed], and after one
    /// [AnswerEvent.Finished] for each choice, nothing comes any more.
    Optional<AnswerEvent> next(long timeoutMillis);

    /// Has [#next] return with nothing, at once where somebody waits in it, else when it is called next. For other
    /// threads than the reader's.
    void wake();

    @Override
    void close();
}
