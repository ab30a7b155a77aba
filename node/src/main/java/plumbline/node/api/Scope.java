package plumbline.node.api;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// What an API key may be used for. Source: spec/api.md A114.
public enum Scope {
    /// Asking models, and seeing which there are.
    RUN,
    /// Taking model files of the node's machine in.
    PUBLISH,
    /// Making, listing and revoking keys.
    ADMIN,
    /// Reading `/metrics`.
    METRICS;

    /// As people and databases write it.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The scope that is written like this.
    public static Optional<Scope> of(String word) {
        return Arrays.stream(values()).filter(scope -> scope.word().equals(word)).findFirst();
    }
}
