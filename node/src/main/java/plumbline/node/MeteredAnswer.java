package plumbline.node;

import java.util.Optional;
import plumbline.node.api.AnswerEvent;
import plumbline.node.api.RunningAnswer;

/// An answer under way whose times are counted.
final class MeteredAnswer implements RunningAnswer {

    private final RunningAnswer inner;
    private final Metrics metrics;
    private final long startNanos = System.nanoTime();
    private boolean hasToken;
    private boolean closed;

    MeteredAnswer(RunningAnswer inner, Metrics metrics) {
        this.inner = inner;
        this.metrics = metrics;
        metrics.streams(1);
    }

    @Override
    public Optional<AnswerEvent> next(long timeoutMillis) {
        Optional<AnswerEvent> event = inner.next(timeoutMillis);
        if (!hasToken && event.isPresent() && event.get() instanceof AnswerEvent.Piece) {
            hasToken = true;
            metrics.firstToken(System.nanoTime() - startNanos);
        }
        return event;
    }

    @Override
    public void wake() {
        inner.wake();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            metrics.streams(-1);
        }
        inner.close();
    }
}
