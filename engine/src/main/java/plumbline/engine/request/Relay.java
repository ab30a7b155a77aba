package plumbline.engine.request;

import java.util.Optional;
import java.util.OptionalInt;
import plumbline.verify.TokenIds;

/// What a client says that replaces a node in the middle of an answer by another. Source: spec/api.md A28, A29.
///
/// @param prefix output tokens that another node has drawn: this one draws them again, and goes on after them
/// @param heartbeatMillis how often a stream shows that the node is there while nothing else comes
public record Relay(Optional<TokenIds> prefix, OptionalInt heartbeatMillis) {

    static final int HEARTBEAT_MILLIS_MIN = 100;
    static final int HEARTBEAT_MILLIS_MAX = 60_000;

    /// Nothing of the kind.
    public static Relay none() {
        return new Relay(Optional.empty(), OptionalInt.empty());
    }
}
