package plumbline.node;

import java.net.InetAddress;
import java.util.Optional;

/// Where a node listens, and who needs an API key there. It always listens on 127.0.0.1.
/// Source: spec/api.md A112, A117.
///
/// @param port 0 takes a free one
/// @param elsewhere another address; the wildcard is all
/// @param keysAlways whether callers of this machine need a key, too: behind a proxy nobody can tell who they are
public record Listening(int port, Optional<InetAddress> elsewhere, boolean keysAlways) {

    /// For callers of this machine alone, without keys.
    public static Listening here(int port) {
        return new Listening(port, Optional.empty(), false);
    }

    /// Whether callers of other machines get through.
    boolean isReachable() {
        return elsewhere.isPresent() && !elsewhere.get().isLoopbackAddress();
    }
}
