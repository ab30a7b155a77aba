package plumbline.engine.request;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;

/// A part of a body that has no fixed shape (a tool's schema, an argument) as plain values: Map with text as keys in
/// the order of the body, List, String, Integer, Long, BigInteger, Double, Boolean, null. Immutable.
/// Source: spec/api.md A3, A17.
final class JsonTree {

    private JsonTree() {}

    /// Reads the value that the reader is at.
    static Object read(BodyReader body, String param) throws RequestException {
        return switch (body.token()) {
            case START_OBJECT -> object(body, param);
            case START_ARRAY -> list(body, param);
            case VALUE_STRING -> body.string(param);
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case VALUE_NUMBER_INT -> integer(new BigInteger(body.numberText()));
            case VALUE_NUMBER_FLOAT -> real(body, param);
            case null, default -> throw BodyReader.bad(param, "`" + param + "` is no JSON value");
        };
    }

    /// Reads an object.
    static Map<String, Object> object(BodyReader body, String param) throws RequestException {
        body.expect(JsonToken.START_OBJECT, param, "an object");
        Map<String, Object> fields = new LinkedHashMap<>();
        while (body.nextField()) {
            String name = body.fieldName();
            if (BodyReader.hasHalfPair(name)) {
                throw BodyReader.bad(param, "a name in `" + param + "` holds half a surrogate pair");
            }
            fields.put(name, read(body, param + "." + name));
        }
        return Collections.unmodifiableMap(fields);
    }

    /// The object that a text is; empty if it is none.
    static Optional<Map<String, Object>> objectIn(String json) {
        try (BodyReader reader = BodyReader.open(json.getBytes(StandardCharsets.UTF_8))) {
            reader.next();
            Map<String, Object> fields = object(reader, "");
            return reader.next() == null ? Optional.of(fields) : Optional.empty();
        } catch (RequestException | JacksonException e) {
            return Optional.empty();
        }
    }

    private static List<Object> list(BodyReader body, String param) throws RequestException {
        List<Object> items = new ArrayList<>();
        while (body.next() != JsonToken.END_ARRAY) {
            items.add(read(body, param + "[" + items.size() + "]"));
        }
        return Collections.unmodifiableList(items);
    }

    private static Object integer(BigInteger value) {
        if (value.bitLength() < Integer.SIZE) {
            return value.intValue();
        }
        return value.bitLength() < Long.SIZE ? value.longValue() : (Object) value;
    }

    private static Double real(BodyReader body, String param) throws RequestException {
        double value = Double.parseDouble(body.numberText());
        if (Double.isInfinite(value)) {
            throw BodyReader.bad(param, "`" + param + "` is a number beyond all bounds");
        }
        return value;
    }
}
