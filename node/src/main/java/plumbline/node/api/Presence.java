package plumbline.node.api;

import io.helidon.webserver.CloseConnectionException;
import java.util.Optional;

/// Whether the caller of the request at hand is still connected, while nothing is sent to him.
record Presence(Optional<Guard> guard) {

    /// Watches the connection of the request that this thread handles, whose body has been read: from now until the
    /// server reads its next request.
    ///
    /// @param whenGone called by another thread when he goes
    static Presence watch(Runnable whenGone) {
        Optional<Guard> guard = Guard.CURRENT.isBound() ? Optional.of(Guard.CURRENT.get()) : Optional.empty();
        guard.ifPresent(connection -> connection.readAhead(whenGone));
        return new Presence(guard);
    }

    /// Ends the answer where nobody is there for it any more; its receipt is kept.
    void require() {
        if (isGone() || Thread.currentThread().isInterrupted()) {
            throw new CloseConnectionException("the caller has gone");
        }
    }

    /// Whether the caller has closed the connection, or his half of it.
    private boolean isGone() {
        return guard.isPresent() && guard.get().hasEnded();
    }
}
