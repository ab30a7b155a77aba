package plumbline.engine.request;

import static plumbline.engine.request.BodyReader.bad;
import static plumbline.engine.request.BodyReader.bounded;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.TokenIds;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;

/// Reads one request body, token by token, so that every field has one place where its type is checked
/// and numbers are seen as they were written. Not reused. Source: spec/api.md A3-A16.
final class RequestParser {

    /// Most tokens of an answer that a request can ask for (the bound of the receipt's line).
    static final int TOKENS_MAX = 1 << 20;

    private static final int MESSAGES_MAX = 4096;
    private static final int STOPS_MAX = 16;
    private static final int STOP_CHARS_MAX = 256;
    private static final int MODEL_CHARS_MAX = 256;

    private final String endpoint;
    private final RequestDefaults defaults;
    private final BodyReader body;

    // Fields of the request as they are read; only parse() and the readers below touch them.
    private String model;
    private Input input;
    private final SamplingFields sampling;
    private Optional<Integer> maxTokens = Optional.empty();
    private OptionalLong seed = OptionalLong.empty();
    private List<String> stops = List.of();
    private boolean stream;
    private boolean streamOptions;
    private boolean includeUsage;
    private boolean includeTokens;
    private Optional<Digest> nonce = Optional.empty();
    private Relay relay = Relay.none();

    private RequestParser(String endpoint, RequestDefaults defaults, BodyReader body) {
        this.endpoint = endpoint;
        this.defaults = defaults;
        this.body = body;
        this.sampling = new SamplingFields(defaults.sampling());
    }

    static InferenceRequest parse(String endpoint, byte[] body, RequestDefaults defaults)
            throws RequestException {
        if (!endpoint.equals(InferenceRequest.CHAT) && !endpoint.equals(InferenceRequest.COMPLETION)) {
            throw new IllegalArgumentException("endpoint " + endpoint);
        }
        try (BodyReader reader = BodyReader.open(body)) {
            return new RequestParser(endpoint, defaults, reader).parse();
        } catch (JacksonException e) {
            String why = e.getOriginalMessage();
            throw bad("", "the body isn't valid JSON: " + why.substring(0, Math.min(300, why.length())));
        }
    }

    private InferenceRequest parse() throws RequestException {
        if (body.next() != JsonToken.START_OBJECT) {
            throw bad("", "the body must be a JSON object");
        }
        while (body.nextField()) {
            String name = body.fieldName();
            field(name);
        }
        if (body.next() != null) {
            throw bad("", "the body goes on after the JSON object: send one object");
        }
        return request();
    }

    // One case per field of the API; whatever isn't here is refused by its name (A4).
    private void field(String name) throws RequestException {
        boolean chat = endpoint.equals(InferenceRequest.CHAT);
        switch (name) {
            case "model" -> model = bounded(name, body.string(name), MODEL_CHARS_MAX);
            case "messages" -> input = chat ? messages() : onlyAt(name, InferenceRequest.CHAT);
            case "prompt" -> input = chat
                    ? onlyAt(name, InferenceRequest.COMPLETION)
                    : new Input.Prompt(body.string(name));
            case "max_tokens" -> maxTokens(name);
            case "max_completion_tokens" -> {
                if (!chat) {
                    onlyAt(name, InferenceRequest.CHAT);
                }
                maxTokens(name);
            }
            case "seed" -> seed = body.absent()
                    ? OptionalLong.empty()
                    : OptionalLong.of(body.integer(name, Long.MIN_VALUE, Long.MAX_VALUE));
            case "stop" -> stops = stops();
            case "stream" -> stream = !body.absent() && body.bool(name);
            case "stream_options" -> streamOptions();
            case "n" -> {
                if (!body.absent()) {
                    body.integer(name, 1, 1);
                }
            }
            case "plumbline" -> extension();
            case "nonce" -> nonce = body.absent() ? Optional.empty() : Optional.of(nonce(name));
            default -> {
                if (!sampling.read(name, body)) {
                    throw bad(name, "`" + name + "` isn't supported here, and nothing is ignored: leave it out");
                }
            }
        }
    }

    private InferenceRequest request() throws RequestException {
        if (model == null) {
            throw bad("model", "`model` is missing: name a model, GET /v1/models lists them");
        }
        if (input == null) {
            String missing = endpoint.equals(InferenceRequest.CHAT) ? "messages" : "prompt";
            throw bad(missing, "`" + missing + "` is missing");
        }
        if (streamOptions && !stream) {
            throw bad("stream_options", "`stream_options` goes only with `stream`: true");
        }
        return new InferenceRequest(
                endpoint,
                model,
                input,
                sampling.sampling(),
                seed,
                maxTokens.orElse(defaults.maxTokens()),
                maxTokens.isPresent(),
                stops,
                stream,
                includeUsage,
                includeTokens,
                nonce,
                relay);
    }

    private Input messages() throws RequestException {
        body.expect(JsonToken.START_ARRAY, "messages", "a list of messages");
        List<Message> messages = new ArrayList<>();
        while (body.next() != JsonToken.END_ARRAY) {
            if (messages.size() == MESSAGES_MAX) {
                throw bad("messages", "more than " + MESSAGES_MAX + " messages");
            }
            messages.add(message("messages[" + messages.size() + "]"));
        }
        if (messages.isEmpty()) {
            throw bad("messages", "`messages` is empty: send at least one message");
        }
        return new Input.Messages(messages);
    }

    private Message message(String at) throws RequestException {
        body.expect(JsonToken.START_OBJECT, at, "an object with `role` and `content`");
        Message.Role role = null;
        String content = null;
        while (body.nextField()) {
            String name = body.fieldName();
            String param = at + "." + name;
            switch (name) {
                case "role" -> role = role(param);
                case "content" -> content = content(param);
                default -> throw bad(param, "`" + param + "` isn't supported here: leave it out");
            }
        }
        if (role == null || content == null) {
            String missing = at + (role == null ? ".role" : ".content");
            throw bad(missing, "`" + missing + "` is missing");
        }
        return new Message(role, content);
    }

    private Message.Role role(String param) throws RequestException {
        String name = body.string(param);
        for (Message.Role role : Message.Role.values()) {
            if (role.wireName().equals(name)) {
                return role;
            }
        }
        throw bad(param, "`" + param + "` is none of system, user, assistant");
    }

    // A string, or parts of type text, which are put together with nothing between them (A9).
    private String content(String param) throws RequestException {
        if (!body.isList()) {
            return body.string(param);
        }
        StringBuilder content = new StringBuilder();
        int parts = 0;
        while (body.next() != JsonToken.END_ARRAY) {
            content.append(part(param + "[" + parts + "]"));
            parts++;
        }
        if (parts == 0) {
            throw bad(param, "`" + param + "` has no parts");
        }
        return content.toString();
    }

    private String part(String at) throws RequestException {
        body.expect(JsonToken.START_OBJECT, at, "a part {\"type\":\"text\",\"text\":...}");
        String type = null;
        String text = null;
        while (body.nextField()) {
            String name = body.fieldName();
            String param = at + "." + name;
            switch (name) {
                case "type" -> type = body.string(param);
                case "text" -> text = body.string(param);
                default -> throw bad(param, "`" + param + "` isn't supported here: send text only");
            }
        }
        if (!"text".equals(type)) {
            throw bad(at + ".type", "`" + at + ".type` must be \"text\"");
        }
        if (text == null) {
            throw bad(at + ".text", "`" + at + ".text` is missing");
        }
        return text;
    }

    private void maxTokens(String name) throws RequestException {
        if (body.absent()) {
            return;
        }
        if (maxTokens.isPresent()) {
            throw bad(name, "both `max_tokens` and `max_completion_tokens` are given: send one");
        }
        maxTokens = Optional.of((int) body.integer(name, 1, TOKENS_MAX));
    }

    private List<String> stops() throws RequestException {
        if (body.absent()) {
            return List.of();
        }
        if (!body.isList()) {
            return List.of(stop("stop"));
        }
        List<String> strings = new ArrayList<>();
        while (body.next() != JsonToken.END_ARRAY) {
            if (strings.size() == STOPS_MAX) {
                throw bad("stop", "more than " + STOPS_MAX + " stop strings");
            }
            strings.add(stop("stop[" + strings.size() + "]"));
        }
        return strings;
    }

    private String stop(String param) throws RequestException {
        return bounded(param, body.string(param), STOP_CHARS_MAX);
    }

    private void streamOptions() throws RequestException {
        if (body.absent()) {
            return;
        }
        body.expect(JsonToken.START_OBJECT, "stream_options", "an object");
        streamOptions = true;
        while (body.nextField()) {
            String name = body.fieldName();
            String param = "stream_options." + name;
            if (!name.equals("include_usage")) {
                throw bad(param, "`" + param + "` isn't supported here: leave it out");
            }
            includeUsage = !body.absent() && body.bool(param);
        }
    }

    // What OpenAI's API has no field for (A27).
    private void extension() throws RequestException {
        if (body.absent()) {
            return;
        }
        body.expect(JsonToken.START_OBJECT, "plumbline", "an object");
        while (body.nextField()) {
            String param = "plumbline." + body.fieldName();
            switch (param) {
                case "plumbline.tokens" -> includeTokens = !body.absent() && body.bool(param);
                case "plumbline.continue" -> relay = new Relay(
                        body.absent() ? Optional.empty() : Optional.of(prefix(param)), relay.heartbeatMillis());
                case "plumbline.heartbeat_ms" -> relay = new Relay(relay.prefix(), body.absent()
                        ? OptionalInt.empty() : OptionalInt.of((int) body.integer(
                                param, Relay.HEARTBEAT_MILLIS_MIN, Relay.HEARTBEAT_MILLIS_MAX)));
                default -> throw bad(param, "`" + param + "` isn't supported here: leave it out");
            }
        }
    }

    private TokenIds prefix(String param) throws RequestException {
        body.expect(JsonToken.START_ARRAY, param, "a list of token ids");
        int[] ids = new int[64];
        int count = 0;
        while (body.next() != JsonToken.END_ARRAY) {
            ids = count == ids.length ? Arrays.copyOf(ids, 2 * count) : ids;
            ids[count] = (int) body.integer(param + "[" + count + "]", 0, Integer.MAX_VALUE);
            count++;
        }
        if (count == 0) {
            throw bad(param, "`" + param + "` is empty: leave it out, or hand over at least one token");
        }
        return TokenIds.of(Arrays.copyOf(ids, count));
    }

    private Digest nonce(String param) throws RequestException {
        try {
            return Digest.parseHex(body.string(param));
        } catch (MalformedException e) {
            throw bad(param, "`nonce` must be 64 lowercase hex digits (32 random bytes)");
        }
    }

    private Input onlyAt(String name, String other) throws RequestException {
        throw bad(name, "`" + name + "` goes to " + other + ", not to " + endpoint);
    }
}
