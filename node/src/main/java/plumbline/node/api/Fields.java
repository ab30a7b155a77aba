package plumbline.node.api;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The fields of a JSON object that are to be taken, each once: what nobody took is refused by [#done]. As strict as
/// the reader of canonical requests (spec/api.md A3-A5).
final class Fields {

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(32)
                            .maxNumberLength(64)
                            .maxNameLength(256)
                            .maxStringLength(InferenceRequest.BODY_BYTES_MAX)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final String path;
    private final Map<String, JsonNode> left = new LinkedHashMap<>();

    private Fields(String path, JsonNode object) {
        this.path = path;
        object.properties().forEach(field -> left.put(field.getKey(), field.getValue()));
    }

    /// The object that a body is.
    static Fields of(byte[] body) throws RequestException {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            return of("", MAPPER.readTree(text));
        } catch (CharacterCodingException e) {
            throw bad("", "the body isn't valid UTF-8: send JSON in UTF-8");
        } catch (JacksonException e) {
            throw RequestException.notJson(e);
        }
    }

    /// The fields of an object that stands at `path`.
    static Fields of(String path, JsonNode object) throws RequestException {
        if (!object.isObject()) {
            throw bad(path, path.isEmpty() ? "the body must be a JSON object" : "`" + path + "` must be an object");
        }
        return new Fields(path, object);
    }

    static RequestException bad(String param, String message) {
        return new RequestException(400, param, message);
    }

    /// Where a field stands.
    String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    RequestException refused(String name, String why) {
        return bad(at(name), "`" + at(name) + "` " + why);
    }

    /// The value of a field; null counts as absent.
    Optional<JsonNode> take(String name) {
        return Optional.ofNullable(left.remove(name)).filter(value -> !value.isNull());
    }

    Optional<String> text(String name) throws RequestException {
        Optional<JsonNode> value = take(name);
        if (value.isPresent() && !value.get().isString()) {
            throw refused(name, "must be a string");
        }
        return value.map(JsonNode::asString);
    }

    String requiredText(String name) throws RequestException {
        return text(name).orElseThrow(() -> refused(name, "is missing"));
    }

    Optional<Boolean> bool(String name) throws RequestException {
        Optional<JsonNode> value = take(name);
        if (value.isPresent() && !value.get().isBoolean()) {
            throw refused(name, "must be true or false");
        }
        return value.map(JsonNode::asBoolean);
    }

    Optional<JsonNode> number(String name) throws RequestException {
        Optional<JsonNode> value = take(name);
        if (value.isPresent() && !value.get().isNumber()) {
            throw refused(name, "must be a number");
        }
        return value;
    }

    Optional<Fields> object(String name) throws RequestException {
        Optional<JsonNode> value = take(name);
        return value.isPresent() ? Optional.of(of(at(name), value.get())) : Optional.empty();
    }

    /// The objects in a list, each with its place; empty where there is no list.
    List<Fields> objects(String name) throws RequestException {
        return objects(at(name), list(name));
    }

    /// The objects in a list that stands at `path`.
    static List<Fields> objects(String path, JsonNode list) throws RequestException {
        return objects(path, listed(path, list));
    }

    private static List<Fields> objects(String path, List<JsonNode> items) throws RequestException {
        List<Fields> objects = new ArrayList<>();
        for (JsonNode item : items) {
            objects.add(of(path + "[" + objects.size() + "]", item));
        }
        return objects;
    }

    List<JsonNode> list(String name) throws RequestException {
        Optional<JsonNode> value = take(name);
        return value.isPresent() ? listed(at(name), value.get()) : List.of();
    }

    private static List<JsonNode> listed(String path, JsonNode value) throws RequestException {
        if (!value.isArray()) {
            throw bad(path, "`" + path + "` must be a list");
        }
        return List.copyOf(value.asArray().values());
    }

    /// Takes a field that may only have one of these words, or be absent.
    void only(String name, String... words) throws RequestException {
        Optional<String> word = text(name);
        if (word.isPresent() && !List.of(words).contains(word.get())) {
            throw refused(name, "can only be " + String.join(" or ", words) + " here");
        }
    }

    /// Takes a field that may only be false, or absent.
    void onlyFalse(String name) throws RequestException {
        if (bool(name).orElse(false)) {
            throw refused(name, "can't be true here: leave it out");
        }
    }

    /// Refuses what nobody took (A4).
    void done() throws RequestException {
        if (!left.isEmpty()) {
            throw refused(left.keySet().iterator().next(),
                    "isn't supported here, and nothing is ignored: leave it out");
        }
    }
}
