package plumbline.verify;

import java.util.Optional;

/// How the request bytes are to be read: the path that they were sent to.
///
/// Source: spec/receipt.md (R11).
public enum Endpoint {
    /// The body has `messages`; the model's chat template renders them.
    CHAT_COMPLETIONS("/v1/chat/completions"),
    /// The body has a `prompt`, taken as it is.
    COMPLETIONS("/v1/completions");

    private final String path;

    Endpoint(String path) {
        this.path = path;
    }

    /// The path as the receipt has it.
    public String path() {
        return path;
    }

    static Optional<Endpoint> of(String path) {
        for (Endpoint endpoint : values()) {
            if (endpoint.path.equals(path)) {
                return Optional.of(endpoint);
            }
        }
        return Optional.empty();
    }
}
