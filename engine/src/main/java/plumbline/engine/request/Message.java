package plumbline.engine.request;

import java.util.Locale;
import java.util.Objects;

/// One message of a conversation: who speaks, and the text. Source: spec/api.md A8, A9.
///
/// @param role who speaks
/// @param content the text; may be empty, holds no lone surrogate
public record Message(Role role, String content) {

    /// Who speaks. The wire name is the lower-case constant name.
    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT;

        /// `system`, `user` or `assistant`, as chat templates and requests write it.
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Message {
        Objects.requireNonNull(role);
        Objects.requireNonNull(content);
    }
}
