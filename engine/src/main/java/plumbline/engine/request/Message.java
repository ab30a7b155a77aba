package plumbline.engine.request;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/// One message of a conversation: who speaks, and the text. Source: spec/api.md A8, A9, A17.
///
/// @param role who speaks
/// @param content the text; may be empty, holds no lone surrogate
/// @param name of the speaker, where the body names one
/// @param toolCalls that the model made, in a message of the assistant
/// @param toolCallId which call this answers, in a message of a tool
public record Message(
        Role role, String content, Optional<String> name, List<ToolCall> toolCalls, Optional<String> toolCallId) {

    /// Who speaks. The wire name is the lower-case constant name.
    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT,
        TOOL;

        /// `system`, `user`, `assistant` or `tool`, as chat templates and requests write it.
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Message {
        Objects.requireNonNull(role);
        Objects.requireNonNull(content);
        Objects.requireNonNull(name);
        Objects.requireNonNull(toolCallId);
        toolCalls = List.copyOf(toolCalls);
    }

    /// A message of text alone.
    public Message(Role role, String content) {
        this(role, content, Optional.empty(), List.of(), Optional.empty());
    }
}
