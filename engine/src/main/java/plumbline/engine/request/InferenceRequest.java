package plumbline.engine.request;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import plumbline.verify.Digest;
import plumbline.verify.Sampling;

/// A request for an answer, read from the JSON body of `/v1/chat/completions` or `/v1/completions`.
///
/// ```
/// {"model":"hub/smollm2","messages":[{"role":"user","content":"Hello"}],"temperature":0.7,"seed":1}
/// ```
///
/// The receipt commits to the *bytes* of the body, so whoever needs those keeps them beside this value.
/// Source: spec/api.md.
///
/// @param model name or id as the body gives it, not resolved
/// @param maxTokens most output tokens; a default when [#maxTokensGiven()] is false
/// @param stops strings that end the answer, at most 16
/// @param options what is wanted of the answers
/// @param nonce the client's 32 bytes, if it chose them
/// @param relay what a client says that replaces nodes in the middle of an answer
public record InferenceRequest(
        String endpoint,
        String model,
        Input input,
        Sampling sampling,
        OptionalLong seed,
        int maxTokens,
        boolean maxTokensGiven,
        List<String> stops,
        boolean stream,
        boolean includeUsage,
        AnswerOptions options,
        Optional<Digest> nonce,
        Relay relay) {

    /// Endpoint of a conversation.
    public static final String CHAT = "/v1/chat/completions";

    /// Endpoint of a raw prompt.
    public static final String COMPLETION = "/v1/completions";

    /// Most bytes of a request body.
    public static final int BODY_BYTES_MAX = 1 << 20;

    /// What the model is asked: messages for its chat template, or text taken as it is.
    public sealed interface Input {
        /// A conversation, at least one message.
        ///
        /// @param tools that the model is told of
        record Messages(List<Message> messages, List<Tool> tools, Optional<String> reasoningEffort) implements Input {
            public Messages {
                messages = List.copyOf(messages);
                tools = List.copyOf(tools);
                Objects.requireNonNull(reasoningEffort);
            }

            /// A conversation without tools.
            public Messages(List<Message> messages) {
                this(messages, List.of(), Optional.empty());
            }
        }

        /// Text that is tokenized as it is, special tokens not parsed.
        record Prompt(String text) implements Input {}
    }

    public InferenceRequest {
        Objects.requireNonNull(relay);
        Objects.requireNonNull(endpoint);
        Objects.requireNonNull(sampling);
        stops = List.copyOf(stops);
    }

    /// Reads a body. Fields that aren't known are refused by name; nothing is ignored.
    ///
    /// @param endpoint [#CHAT] or [#COMPLETION]
    /// @throws RequestException status 400, or 413 for a body of more than [#BODY_BYTES_MAX] bytes
    public static InferenceRequest parse(String endpoint, byte[] body, RequestDefaults defaults)
            throws RequestException {
        return RequestParser.parse(endpoint, body, defaults);
    }

    /// The body of a chat request: compact JSON, fields in a fixed order.
    public static byte[] chatBody(String model, List<Message> messages, RequestSettings settings)
            throws RequestException {
        return RequestWriter.write(model, new Input.Messages(messages), settings);
    }

    /// The body of a raw completion request: compact JSON, fields in a fixed order.
    public static byte[] completionBody(String model, String prompt, RequestSettings settings)
            throws RequestException {
        return RequestWriter.write(model, new Input.Prompt(prompt), settings);
    }
}
