package plumbline.engine.request;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import plumbline.verify.MalformedException;
import plumbline.verify.Sampling;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/// The tokens of one JSON body, read as values of a wanted type; anything else is refused with the
/// field's name. Numbers are seen as they were written. Every method but [#open] may throw Jackson's
/// unchecked exception where the JSON is broken; [RequestParser#parse] turns it into a refusal.
/// Source: spec/api.md A2, A3, A5, A6.
final class BodyReader implements AutoCloseable {

    // Duplicate names are an error: two readers of one body must never see two different requests.
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(32)
                    .maxNumberLength(64)
                    .maxNameLength(256)
                    .maxStringLength(InferenceRequest.BODY_BYTES_MAX)
                    .build())
            .build();

    private final JsonParser json;
    private String fieldName = "";

    private BodyReader(JsonParser json) {
        this.json = json;
    }

    /// @throws RequestException 413 if the body is too long, 400 if it isn't UTF-8
    static BodyReader open(byte[] body) throws RequestException {
        if (body.length > InferenceRequest.BODY_BYTES_MAX) {
            throw new RequestException(413, "", "request_too_large", "the body has " + body.length
                    + " bytes, allowed are " + InferenceRequest.BODY_BYTES_MAX + ": send less text");
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            return new BodyReader(FACTORY.createParser(ObjectReadContext.empty(), text));
        } catch (CharacterCodingException e) {
            throw bad("", "the body isn't valid UTF-8: send JSON in UTF-8");
        }
    }

    @Override
    public void close() {
        json.close();
    }

    /// Moves to the next token: a value, an end, or null at the end of the body.
    JsonToken next() {
        return json.nextToken();
    }

    /// Moves to the value of the next field; false at the end of the object.
    boolean nextField() {
        if (json.nextToken() == JsonToken.END_OBJECT) {
            return false;
        }
        fieldName = json.currentName();
        json.nextToken();
        return true;
    }

    /// The name of the field that [#nextField] moved to.
    String fieldName() {
        return fieldName;
    }

    /// What the reader is at.
    JsonToken token() {
        return json.currentToken();
    }

    /// A number as it was written.
    String numberText() {
        return json.getString();
    }

    boolean isList() {
        return json.currentToken() == JsonToken.START_ARRAY;
    }

    boolean absent() {
        return json.currentToken() == JsonToken.VALUE_NULL;
    }

    boolean bool(String param) throws RequestException {
        return switch (json.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> throw wrongType(param, "true or false");
        };
    }

    String string(String param) throws RequestException {
        expect(JsonToken.VALUE_STRING, param, "a string");
        String text = json.getString();
        if (hasHalfPair(text)) {
            throw bad(param, "`" + param + "` holds half a surrogate pair: send whole characters");
        }
        return text;
    }

    /// Whether a surrogate (possible as an escape) has no partner: such a text has no UTF-8 form, so
    /// nothing could commit to it (A6).
    static boolean hasHalfPair(String text) {
        return text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    static String bounded(String param, String text, int charsMax) throws RequestException {
        if (text.isEmpty() || text.length() > charsMax) {
            throw bad(param, "`" + param + "` has " + text.length() + " characters, allowed are 1 to "
                    + charsMax);
        }
        return text;
    }

    long integer(String param, long min, long max) throws RequestException {
        expect(JsonToken.VALUE_NUMBER_INT, param, "an integer");
        try {
            long value = Long.parseLong(json.getString());
            if (min <= value && value <= max) {
                return value;
            }
        } catch (NumberFormatException tooLarge) {
            // Beyond 64 bits is beyond every bound: refused below with the others.
        }
        throw bad(param, "`" + param + "` is " + json.getString() + ", allowed is "
                + (min == max ? "only " + min : min + " to " + max));
    }

    // From the text as written, so that no binary fraction comes between (A10).
    int q16(String param, int min, int max, String allowed) throws RequestException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            expect(JsonToken.VALUE_NUMBER_FLOAT, param, "a number");
        }
        try {
            return Sampling.q16(json.getString(), min, max);
        } catch (MalformedException e) {
            throw bad(param, "`" + param + "` is " + json.getString() + ", allowed is " + allowed
                    + ", written like 0.7");
        }
    }

    void expect(JsonToken token, String param, String what) throws RequestException {
        if (json.currentToken() != token) {
            throw wrongType(param, what);
        }
    }

    private RequestException wrongType(String param, String what) {
        return bad(param, "`" + param + "` must be " + what + ", not " + described(json.currentToken()));
    }

    private static String described(JsonToken token) {
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "a list";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a truth value";
            case VALUE_NULL -> "null";
            case null, default -> "the end of the body";
        };
    }

    static RequestException bad(String param, String message) {
        return new RequestException(400, param, message);
    }
}
