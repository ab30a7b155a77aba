package plumbline.engine.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.RequestException;

/// Schemas that ask for much with few bytes, or say nonsense: each is refused with 400 and its keyword, or kept
/// (spec/structured.md O7, O12).
@Timeout(60)
final class HostileSchemaTest {

    private static TokenRestriction start(String schema) throws RequestException {
        return SchemaFuzzTest.start(schema.getBytes(StandardCharsets.UTF_8), 100);
    }

    private static void refused(String schema, String words) {
        RequestException e = assertThrows(RequestException.class, () -> start(schema));
        assertEquals(400, e.status());
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    private static String list(int count, String item) {
        return IntStream.range(0, count).mapToObj(i -> item.replace("#", Integer.toString(i)))
                .collect(Collectors.joining(","));
    }

    @Test
    void refusesTextsAndIntegersBeyondALimit_O12() throws Exception {
        refused("{\"anyOf\":[" + list(20_000, "{\"type\":\"integer\",\"minimum\":0,\"maximum\":999}") + "]}",
                "too large");
        refused("{\"const\":\"" + "x".repeat(900_000) + "\"}", "too large");
        refused("{\"type\":\"object\",\"properties\":{" + list(2_000, "\"" + "x".repeat(240) + "#\":{\"const\":1}")
                + "}}", "too large");
        start("{\"const\":\"" + "x".repeat(100_000) + "\"}");
    }

    @Test
    void refusesReferencesThatNestDeeply_O12() throws Exception {
        for (int depth : new int[] {20_000, 300, 100}) {
            StringBuilder chain = new StringBuilder("{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
            for (int i = 0; i < depth; i++) {
                chain.append("\"a").append(i).append("\":{\"anyOf\":[{\"$ref\":\"#/$defs/a").append(i + 1)
                        .append("\"}]},");
            }
            String schema = chain.append("\"a").append(depth).append("\":{\"type\":\"null\"}}}").toString();
            if (depth > 256) {
                refused(schema, "references");
            } else {
                start(schema);
            }
        }
    }

    @Test
    void workDoesNotGrowWithTheSquareOfASchema_O12() throws Exception {
        // Each would take minutes if something were looked for in a list, or costs went up a step at a time.
        start("{\"type\":\"object\",\"properties\":{" + list(5_000, "\"p#\":{\"type\":\"null\"}") + "},\"required\":["
                + list(5_000, "\"p#\"") + "]}");
        start("{\"type\":\"object\",\"properties\":{" + list(5_000, "\"p#\":{\"type\":\"null\"}") + "},\"required\":["
                + list(5_000, "\"p#\"") + "," + list(80_000, "\"p0\"") + "]}");
        refused("{\"type\":[" + list(90_000, "\"null\"") + "]}", "must name each type once");
        refused("{\"enum\":[" + list(1_000, "#") + "],\"type\":[" + list(90_000, "\"null\"") + "]}",
                "must name each type once");
        refused("{\"anyOf\":[" + list(100_000, "true") + "]}", "too large");
    }

    /// Bounds at the edges of 32 bits.
    @Test
    void countsIntegersUpToTheLast() throws Exception {
        TokenRestriction place = start("{\"type\":\"integer\",\"minimum\":2147483647,\"maximum\":2147483647}");
        BitSet allowed = place.allowed();
        assertEquals(1, allowed.cardinality());
        assertEquals("2", new String(SchemaFuzzTest.TOKENIZER.bytes(allowed.nextSetBit(0)), StandardCharsets.UTF_8));
        start("{\"type\":\"integer\",\"minimum\":-2147483648,\"maximum\":-2147483640}");
        refused("{\"type\":\"integer\",\"minimum\":2147483648,\"maximum\":2147483649}", "`minimum`");
        refused("{\"type\":\"integer\",\"minimum\":1e400,\"maximum\":1}", "beyond all bounds");
    }

    /// A place for each count of characters left, and hundreds of ways at each.
    @Test
    void keepsNoMoreStatesThanItsLimit_O12() throws Exception {
        TokenRestriction place = start("{\"anyOf\":["
                + list(400, "{\"type\":\"string\",\"minLength\":#,\"maxLength\":99999}") + "]}");
        for (int i = 0; i < 40; i++) {
            int id = place.allowed().nextSetBit('"');
            place = place.after(id);
        }
        assertFalse(place.allowed().isEmpty());
    }

    /// Each keyword with a value of each kind.
    @ParameterizedTest
    @ValueSource(strings = {"type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems",
            "minLength", "maxLength", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "minimum", "maximum",
            "$defs", "title", "pattern", "not", "format"})
    void refusesOrKeepsEachKeywordWithAnyValue_O7(String keyword) {
        for (String type : new String[] {"", "\"type\":\"object\",", "\"type\":\"array\",", "\"type\":\"string\",",
            "\"type\":\"integer\","}) {
            for (String value : new String[] {"null", "true", "false", "0", "-1", "1.5", "99999999999999999999",
                "1e300", "\"\"", "\"x\"", "\"#\"", "\"#/x\"", "[]", "[null]", "[[]]", "[{}]", "[\"a\"]", "[1,1]", "{}",
                "{\"a\":null}", "{\"\":{}}", "{\"a\":{\"type\":7}}", "[{\"type\":[]}]", "{\"$ref\":\"#\"}"}) {
                String schema = "{" + (keyword.equals("type") ? "" : type) + "\"" + keyword + "\":" + value + "}";
                SchemaFuzzTest.fuzzerTestOneInput(schema.getBytes(StandardCharsets.UTF_8));
            }
        }
    }
}
