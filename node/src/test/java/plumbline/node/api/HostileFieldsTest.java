package plumbline.node.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Every field of every dialect with a value of every kind, and without it: each is honoured, or refused with a
/// status of 4xx and a message, in the dialect's shape (spec/api.md A3 to A6, A50).
final class HostileFieldsTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    /// In the body's text, since some can't be a JSON tree.
    private static final List<String> VALUES = List.of("null", "true", "false", "0", "-1", "1.5", "1e300",
            "1e999999999", "-1e-999999999", "123456789012345678901234567890", "\"\"", "\"x\"", "\"\\ud800\"",
            "\"\\u0000\"", "\"../../key\"", "[]", "[null]", "[[]]", "[{}]", "[1,\"x\"]", "{}", "{\"x\":1}",
            "{\"\":null}",
            "{\"type\":\"text\"}", "[".repeat(20) + "]".repeat(20));
    private static final String HERE = "@here@";

    private int refused;
    private int read;

    @Test
    void everySampleIsRead() {
        List<String> faults = new ArrayList<>();
        for (DialectSamples.Sample sample : DialectSamples.all()) {
            // The one without messages only asks whether the model is there.
            try {
                if (!sample.body().contains("\"messages\":[]")) {
                    sample.dialect().read(sample.path(), sample.body().getBytes(StandardCharsets.UTF_8),
                            RequestDefaults.standard());
                }
            } catch (RequestException e) {
                faults.add(sample.path() + ": " + e.getMessage());
            }
        }
        assertEquals(List.of(), faults);
    }

    @Test
    void everyFieldIsHonouredOrRefusedWhateverItsValue() {
        for (DialectSamples.Sample sample : DialectSamples.all()) {
            for (String at : places(JSON.readTree(sample.body()), "")) {
                for (String value : VALUES) {
                    tryOne(sample, with(sample, at, value), at + " = " + value);
                }
                tryOne(sample, without(sample, at), "without " + at);
            }
        }
        assertTrue(refused > 3_000 && read > 300, refused + " refused, " + read + " read");
    }

    /// The pointers of all values in a tree but itself.
    private static List<String> places(JsonNode node, String at) {
        List<String> places = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            places.add(at + "/" + field.getKey());
            places.addAll(places(field.getValue(), at + "/" + field.getKey()));
        }
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            places.add(at + "/" + i);
            places.addAll(places(node.get(i), at + "/" + i));
        }
        return places;
    }

    private static String with(DialectSamples.Sample sample, String at, String value) {
        JsonNode root = JSON.readTree(sample.body());
        String last = at.substring(at.lastIndexOf('/') + 1);
        switch (root.at(at.substring(0, at.lastIndexOf('/')))) {
            case ObjectNode object -> object.put(last, HERE);
            case ArrayNode array -> array.set(Integer.parseInt(last), HERE);
            default -> throw new IllegalStateException(at);
        }
        return root.toString().replace("\"" + HERE + "\"", value);
    }

    private static String without(DialectSamples.Sample sample, String at) {
        JsonNode root = JSON.readTree(sample.body());
        String last = at.substring(at.lastIndexOf('/') + 1);
        switch (root.at(at.substring(0, at.lastIndexOf('/')))) {
            case ObjectNode object -> object.remove(last);
            case ArrayNode array -> array.remove(Integer.parseInt(last));
            default -> throw new IllegalStateException(at);
        }
        return root.toString();
    }

    private void tryOne(DialectSamples.Sample sample, String body, String what) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try {
            if (sample.path().startsWith("/api/")) {
                OllamaDialect.loads(sample.path(), bytes);
            }
            sample.dialect().read(sample.path(), bytes, RequestDefaults.standard());
            read++;
        } catch (RequestException e) {
            assertTrue(e.status() >= 400 && e.status() < 500, what);
            assertFalse(e.getMessage().isBlank(), what);
            assertFalse(sample.dialect().error(ApiError.of(e)).path("error").isMissingNode(), what);
            refused++;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(sample.path() + " with " + what + ": " + body, e);
        }
    }
}
