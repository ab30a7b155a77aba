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
/// and numbers are seen as they were written. Not reused. Source: spec/api.md A3-A29.
final class RequestParser {

    /// Most tokens of an answer that a request can ask for (the bound of the receipt's line).
    static final int TOKENS_MAX = 1 << 20;

    private static final int STOPS_MAX = 16;
    private static final int STOP_CHARS_MAX = 256;
    private static final int MODEL_CHARS_MAX = 256;
    private static final int TOP_LOGPROBS_MAX = 20;
    private static final int LABEL_CHARS_MAX = 512;
    private static final int METADATA_MAX = 16;
    private static final int METADATA_NAME_CHARS_MAX = 64;

    private final String endpoint;
    private final RequestDefaults defaults;
    private final BodyReader body;

    // Fields of the request as they are read; only parse() and the readers below touch them.
    private String model;
    private List<Message> messages = List.of();
    private Optional<String> prompt = Optional.empty();
    private final SamplingFields sampling;
    private Optional<Integer> maxTokens = Optional.empty();
    private OptionalLong seed = OptionalLong.empty();
    private List<String> stops = List.of();
    private boolean stream;
    private boolean streamOptions;
    private boolean includeUsage;
    private boolean includeTokens;
    private int choices = 1;
    private OptionalInt bestOf = OptionalInt.empty();
    private boolean logprobs;
    private OptionalInt topLogprobs = OptionalInt.empty();
    private final ToolFields tools;
    private Optional<String> reasoningEffort = Optional.empty();
    private Optional<Digest> nonce = Optional.empty();
    private Relay relay = Relay.none();

    private RequestParser(String endpoint, RequestDefaults defaults, BodyReader body) {
        this.endpoint = endpoint;
        this.defaults = defaults;
        this.body = body;
        this.sampling = new SamplingFields(defaults.sampling());
        this.tools = new ToolFields(body);
    }

    static InferenceRequest parse(String endpoint, byte[] body, RequestDefaults defaults)
            throws RequestException {
        if (!endpoint.equals(InferenceRequest.CHAT) && !endpoint.equals(InferenceRequest.COMPLETION)) {
            throw new IllegalArgumentException("endpoint " + endpoint);
        }
        try (BodyReader reader = BodyReader.open(body)) {
            return new RequestParser(endpoint, defaults, reader).parse();
        } catch (JacksonException e) {
            throw RequestException.notJson(e);
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
            case "messages" -> messages = chat ? new MessageReader(body).read() : onlyAt(name, InferenceRequest.CHAT);
            case "prompt" -> prompt = chat
                    ? onlyAt(name, InferenceRequest.COMPLETION) : Optional.of(prompt(name));
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
            case "n" -> choices =
                    body.absent() ? 1 : (int) body.integer(name, 1, AnswerOptions.CHOICES_MAX);
            case "plumbline" -> extension();
            case "nonce" -> nonce = body.absent() ? Optional.empty() : Optional.of(nonce(name));
            case "logprobs" -> logprobs(chat);
            default -> {
                if (!(sampling.read(name, body) || label(name)
                        || (chat ? chatField(name) || tools.read(name) : completionField(name)))) {
                    throw bad(name, "`" + name + "` isn't supported here, and nothing is ignored: leave it out");
                }
            }
        }
    }

    // A number where nothing but the answer's tokens have logprobs, else true or false and a number beside it (A85).
    private void logprobs(boolean chat) throws RequestException {
        if (body.absent()) {
            return;
        }
        if (chat) {
            logprobs = body.bool("logprobs");
            return;
        }
        topLogprobs = OptionalInt.of((int) body.integer("logprobs", 0, TOP_LOGPROBS_MAX));
        logprobs = true;
    }

    private boolean chatField(String name) throws RequestException {
        switch (name) {
            case "top_logprobs" -> topLogprobs = body.absent() ? OptionalInt.empty()
                    : OptionalInt.of((int) body.integer(name, 0, TOP_LOGPROBS_MAX));
            case "reasoning_effort" -> reasoningEffort = body.absent() ? Optional.empty()
                    : Optional.of(oneOf(name, "none", "minimal", "low", "medium", "high", "xhigh"));
            case "modalities" -> {
                if (!body.absent()) {
                    body.expect(JsonToken.START_ARRAY, name, "a list");
                    body.next();
                    if (!body.string(name + "[0]").equals("text") || body.next() != JsonToken.END_ARRAY) {
                        throw bad(name, "`modalities` can only be [\"text\"] here");
                    }
                }
            }
            case "verbosity" -> {
                if (!body.absent()) {
                    oneOf(name, "medium");
                }
            }
            case "store" -> {
                if (!body.absent() && body.bool(name)) {
                    throw bad(name, "`store` can't be true: answers are kept with their receipts, which is all there"
                            + " is");
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    // What other servers can do with an answer and this one can't: only the value that asks for nothing is taken.
    private boolean completionField(String name) throws RequestException {
        switch (name) {
            case "best_of" -> bestOf = body.absent() ? OptionalInt.empty()
                    : OptionalInt.of((int) body.integer(name, 1, AnswerOptions.CHOICES_MAX));
            case "echo" -> {
                if (!body.absent() && body.bool(name)) {
                    throw bad(name, "`echo` can't be true: the answer comes without the prompt");
                }
            }
            case "suffix" -> {
                if (!body.absent() && !body.string(name).isEmpty()) {
                    throw bad(name, "`suffix` can't be had: nothing is written into a gap here, leave it out");
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    // A list, as OpenAI's API has it, of one; several prompts are several requests.
    private String prompt(String name) throws RequestException {
        if (!body.isList()) {
            return body.string(name);
        }
        body.next();
        String one = body.string(name + "[0]");
        if (body.next() != JsonToken.END_ARRAY) {
            throw bad(name, "`prompt` can only have one text: send a request for each");
        }
        return one;
    }

    // What changes no answer; it is kept with the request, which the receipt commits to (A19).
    private boolean label(String name) throws RequestException {
        switch (name) {
            case "user", "safety_identifier", "prompt_cache_key" -> {
                if (!body.absent()) {
                    bounded(name, body.string(name), LABEL_CHARS_MAX);
                }
            }
            case "service_tier" -> {
                if (!body.absent()) {
                    oneOf(name, "auto", "default");
                }
            }
            case "metadata" -> metadata(name);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void metadata(String name) throws RequestException {
        if (body.absent()) {
            return;
        }
        body.expect(JsonToken.START_OBJECT, name, "an object of strings");
        for (int pairs = 0; body.nextField(); pairs++) {
            if (pairs == METADATA_MAX) {
                throw bad(name, "`metadata` has more than " + METADATA_MAX + " pairs");
            }
            bounded(name, body.fieldName(), METADATA_NAME_CHARS_MAX);
            String param = name + "." + body.fieldName();
            String value = body.string(param);
            if (value.length() > LABEL_CHARS_MAX) {
                throw bad(param, "`" + param + "` has more than " + LABEL_CHARS_MAX + " characters");
            }
        }
    }

    private String oneOf(String name, String... words) throws RequestException {
        String word = body.string(name);
        if (!List.of(words).contains(word)) {
            throw bad(name, "`" + name + "` can only be one of " + String.join(", ", words) + " here");
        }
        return word;
    }

    private InferenceRequest request() throws RequestException {
        if (model == null) {
            throw bad("model", "`model` is missing: name a model, GET /v1/models lists them");
        }
        if (messages.isEmpty() && prompt.isEmpty()) {
            String missing = endpoint.equals(InferenceRequest.CHAT) ? "messages" : "prompt";
            throw bad(missing, "`" + missing + "` is missing");
        }
        if (topLogprobs.isPresent() && !logprobs) {
            throw bad("top_logprobs", "`top_logprobs` goes only with `logprobs`: true");
        }
        tools.check();
        if (bestOf.orElse(choices) != choices) {
            throw bad("best_of", "`best_of` can only be `n`, " + choices + " here: every answer drawn is given");
        }
        if (choices > 1 && relay.prefix().isPresent()) {
            throw bad("n", "`n` can only be 1 with `plumbline.continue`: each answer has a prefix of its own");
        }
        if (choices > 1 && relay.choice() > 0) {
            throw bad("n", "`n` can only be 1 with `plumbline.choice`, which asks for one of several answers");
        }
        AnswerOptions options = new AnswerOptions(choices,
                logprobs ? OptionalInt.of(topLogprobs.orElse(0)) : OptionalInt.empty(), includeTokens,
                tools.format(), tools.tools(), tools.choice(), tools.parallel());
        Input input = prompt.isPresent() ? new Input.Prompt(prompt.get())
                : new Input.Messages(messages, options.offered(), reasoningEffort);
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
                options,
                nonce,
                relay);
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
            boolean value = !body.absent() && body.bool(param);
            if (name.equals("include_usage")) {
                includeUsage = value;
            } else if (!name.equals("include_obfuscation") || value) {
                throw bad(param, "`" + param + "` isn't supported here: leave it out");
            }
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
                case "plumbline.continue" -> relay = relay.withPrefix(
                        body.absent() ? Optional.empty() : Optional.of(prefix(param)));
                case "plumbline.heartbeat_ms" -> relay = relay.withHeartbeat(body.absent()
                        ? OptionalInt.empty() : OptionalInt.of((int) body.integer(
                                param, Relay.HEARTBEAT_MILLIS_MIN, Relay.HEARTBEAT_MILLIS_MAX)));
                case "plumbline.choice" -> relay = relay.withChoice(
                        body.absent() ? 0 : (int) body.integer(param, 0, AnswerOptions.CHOICES_MAX - 1));
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

    private <T> T onlyAt(String name, String other) throws RequestException {
        throw bad(name, "`" + name + "` goes to " + other + ", not to " + endpoint);
    }
}
