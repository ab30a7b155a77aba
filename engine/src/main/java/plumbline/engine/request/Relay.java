package plumbline.engine.request;

import java.util.Optional;
import java.util.OptionalInt;
import plumbline.verify.TokenIds;

/// What a client says that replaces a node in the middle of an answer by another. Source: spec/api.md A28, A29, A88.
///
/// @param prefix output tokens that another node has drawn: this one draws them again, and goes on after them
/// @param heartbeatMillis how often a stream shows that the node is there while nothing else comes
/// @param choice which of several answers to the request this one is, from 0
public record Relay(Optional<TokenIds> prefix, OptionalInt heartbeatMillis, int choice) {

    static final int HEARTBEAT_MILLIS_MIN = 100;
    static final int HEARTBEAT_MILLIS_MAX = 60_000;

    /// Nothing of the kind.
    public static Relay none() {
        return new Relay(Optional.empty(), OptionalInt.empty(), 0);
    }

    Relay withPrefix(Optional<TokenIds> tokens) {
        return new Relay(tokens, heartbeatMillis, choice);
    }

    Relay withHeartbeat(OptionalInt millis) {
        return new Relay(prefix, millis, choice);
    }

    Relay withChoice(int index) {
        return new Relay(prefix, heartbeatMillis, index);
    }
}
