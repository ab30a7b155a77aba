package plumbline.engine.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.engine.ModelText;
import plumbline.engine.TestModels;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.engine.tokenizer.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Answers in a form, over the vocabulary of a real model: every draw that is allowed leads to a document that an
/// independent validator takes (spec/structured.md O1-O11).
final class ConstraintTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static Tokenizer tokenizer;
    private static Tokens tokens;

    @BeforeAll
    static void readVocabulary() throws Exception {
        tokenizer = ModelText.read(TestModels.smolLm2()).text().tokenizer();
        tokens = Tokens.of(tokenizer);
    }

    private static AnswerOptions options(String more) throws RequestException {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," + more + "}";
        return InferenceRequest.parse(InferenceRequest.CHAT, body.getBytes(StandardCharsets.UTF_8),
                RequestDefaults.standard()).options();
    }

    private static String bySchema(String schema) {
        return "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\""
                + ":" + schema + "}}";
    }

    private static Constraint constraint(String more, int tokensMax) throws RequestException {
        return AnswerConstraint.of(options(more), true, tokens, tokenizer, tokensMax).orElseThrow();
    }

    /// Draws evenly among all tokens that may come, hotter than any temperature, until an end token comes.
    private static String drawn(TokenRestriction start, Random random, int tokensMax) {
        List<Integer> ids = new ArrayList<>();
        TokenRestriction place = start;
        while (ids.size() < tokensMax) {
            BitSet allowed = place.allowed();
            int at = random.nextInt(allowed.cardinality());
            int id = allowed.nextSetBit(0);
            for (int i = 0; i < at; i++) {
                id = allowed.nextSetBit(id + 1);
            }
            if (tokenizer.endsGeneration(id)) {
                return tokenizer.decode(ids.stream().mapToInt(Integer::intValue).toArray());
            }
            ids.add(id);
            place = place.after(id);
        }
        throw new AssertionError("no end after " + tokensMax + " tokens: "
                + tokenizer.decode(ids.stream().mapToInt(Integer::intValue).toArray()));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"}},"
                + "\"required\":[\"name\",\"age\"],\"additionalProperties\":false}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{\"type\":\"boolean\"},"
                + "\"c\":{\"enum\":[1,\"x\",null,{\"y\":[true]}]}}}",
        "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"integer\",\"minimum\":-3,\"maximum\":3},"
                + "{\"type\":\"string\",\"minLength\":2,\"maxLength\":4}]},\"minItems\":2,\"maxItems\":5}",
        "{\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{\"value\":{\"type\":\"integer\",\"minimum\":0},"
                + "\"next\":{\"anyOf\":[{\"$ref\":\"#/$defs/node\"},{\"type\":\"null\"}]}},\"required\":[\"valu"
                        + "e\",\"next\"],"
                + "\"additionalProperties\":false}},\"$ref\":\"#/$defs/node\"}",
        "{\"type\":[\"string\",\"null\"],\"maxLength\":8}", "{\"const\":{\"a\":[1,2.5,\"\\\"\\\\\\u00e9\"]}}",
        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\",\"minimum\":1}}", "{}", "true",
        "{\"type\":\"object\",\"properties\":{\"list\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"prop"
                + "erties\":"
                + "{\"x\":{\"type\":\"number\"}},\"required\":[\"x\"]}}},\"required\":[\"list\"]}",
        "{\"type\":\"array\",\"maxItems\":0}", "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\",\"maxLen"
                + "gth\":3}]}",
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}",
    })
    void everyDrawGivesADocumentThatIsValid(String schema) throws Exception {
        if (schema.equals("true")) {
            schema = "{\"type\":\"object\",\"properties\":{\"any\":true},\"required\":[\"any\"]}";
        }
        Schema validator = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(schema, InputFormat.JSON);
        for (long seed = 1; seed <= 4; seed++) {
            int tokensMax = 60 + 60 * (int) seed;
            String document = drawn(constraint(bySchema(schema), tokensMax), new Random(seed), tokensMax);
            String told = "seed " + seed + ": " + document + " by " + schema;
            assertEquals(List.of(), validator.validate(document, InputFormat.JSON), told);
            JSON.readTree(document);
        }
    }

    /// O1: also an object of any kind, and the same draws give the same document.
    @Test
    void jsonModeGivesOneObject() throws Exception {
        for (long seed = 1; seed <= 3; seed++) {
            String mode = "\"response_format\":{\"type\":\"json_object\"}";
            String document = drawn(constraint(mode, 150), new Random(seed), 150);
            assertTrue(JSON.readTree(document).isObject(), document);
            assertEquals(document, drawn(constraint(mode, 150), new Random(seed), 150));
        }
    }

    private static boolean takes(Object schema, String document) throws ConstraintException {
        Grammar grammar = new Grammar();
        Expr start = new SchemaGrammar(grammar, schema).of(schema);
        grammar.finish();
        Machine machine = new Machine(grammar);
        Machine.State state = machine.start(start);
        for (byte b : document.getBytes(StandardCharsets.UTF_8)) {
            state = machine.step(state, b & 0xff);
        }
        return state.isComplete();
    }

    /// The test suite of JSON Schema: what isn't valid can't be written, whichever schemas are taken at all.
    @Test
    void writesNothingThatTheSuiteSaysIsInvalid() throws Exception {
        int taken = 0;
        int written = 0;
        int refused = 0;
        for (String line : Files.readAllLines(TestModels.shared("vectors", "structured", "jsts-dev.jsonl"))) {
            JsonNode test = JSON.readTree(line);
            JsonNode schema = test.path("schema");
            try {
                Object value = JSON.treeToValue(schema, Object.class);
                boolean fits = takes(value, test.path("instance").toString());
                assertFalse(fits && !test.path("valid").asBoolean(), line);
                taken++;
                written += fits ? 1 : 0;
            } catch (ConstraintException e) {
                refused++;
            }
        }
        assertTrue(taken > 50 && written > 10 && refused > 50,
                taken + " taken, " + written + " written, " + refused + " refused");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"type\":\"string\",\"pattern\":\"a+\"} | pattern", "{\"type\":\"string\",\"format\":\"date\"} | format",
        "{\"type\":\"number\",\"multipleOf\":2} | multipleOf", "{\"type\":\"number\",\"minimum\":2} | minimum",
        "{\"type\":\"integer\",\"minimum\":5} | minimum", "{\"type\":\"array\",\"uniqueItems\":true} | uniqueItems",
        "{\"type\":\"array\",\"prefixItems\":[]} | prefixItems", "{\"type\":\"array\",\"contains\":{}} | contains",
        "{\"type\":\"object\",\"patternProperties\":{}} | patternProperties",
        "{\"type\":\"object\",\"minProperties\":1} | minProperties", "{\"not\":{}} | not",
        "{\"if\":{},\"then\":{}} | if", "{\"oneOf\":[{},{}]} | oneOf", "{\"allOf\":[{},{}]} | allOf",
        "{\"anyOf\":[{}],\"type\":\"string\"} | type", "{\"$ref\":\"#/$defs/none\"} | $ref",
        "{\"$ref\":\"http://example.org/x\"} | $ref", "{\"$ref\":\"#\"} | $ref", "{\"type\":\"text\"} | type",
        "{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]} | $ref", "{\"enum\":[]} | enum",
        "{\"enum\":[1],\"type\":\"string\"} | enum", "{\"type\":\"array\",\"items\":false} | false",
        "{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"b\"]} | required",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]} | without end",
        "{\"type\":\"string\",\"minLength\":3,\"maxLength\":2} | maxLength",
        "{\"properties\":{\"a\":{\"dependentRequired\":{}}}} | dependentRequired",
    })
    void refusesWhatItCannotKeepWithTheKeyword(String schema, String word) {
        RequestException e = assertThrows(RequestException.class, () -> constraint(bySchema(schema), 100), schema);
        assertEquals(400, e.status());
        assertTrue(e.getMessage().contains(word), e.getMessage());
    }

    private static final String TOOLS = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\",\"stri"
            + "ct\":true,"
            + "\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":"
                    + "[\"a\"]}}},"
            + "{\"type\":\"function\",\"function\":{\"name\":\"now\"}}]";

    /// O9, O10.
    @Test
    void aForcedCallIsOneOfTheTools() throws Exception {
        for (long seed = 1; seed <= 3; seed++) {
            String call = drawn(constraint(TOOLS + ",\"tool_choice\":\"required\"", 100), new Random(seed), 100);
            assertTrue(call.startsWith("<tool_call>\n{\"name\": \"") && call.endsWith("}\n</tool_call>"), call);
            int end = call.length() - "</tool_call>".length();
            JsonNode json = JSON.readTree(call.substring("<tool_call>".length(), end));
            assertTrue(json.path("arguments").isObject(), call);
            assertTrue(json.path("name").asString().equals("now") || json.path("arguments").path(""
                    + "a").isIntegralNumber(),
                    call);
            String named = ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"add\"}}";
            assertTrue(drawn(constraint(TOOLS + named, 100), new Random(seed), 100).contains("\"name\": \"add\""));
        }
    }

    /// O11: where a tool is strict, or one call only is wanted, free text may come, but what begins as a call is one.
    @Test
    void aStrictToolIsCalledRightOrNotAtAll() throws Exception {
        for (String text : List.of("Hello <b>", "<tool_cal", "x <tool_call>\n{\"name\": \"add\", \"arguments\": "
                + "{\"a\":1}}\n"
                + "</tool_call> and more")) {
            assertTrue(follows(constraint(TOOLS, 200), text), text);
        }
        for (String text : List.of("<tool_call>x", "<tool_call>\n{\"name\": \"add\", \"arguments\": {}}",
                "<tool_call>\n{\"name\": \"mul\"")) {
            assertFalse(follows(constraint(TOOLS, 200), text), text);
        }
        String one = TOOLS + ",\"parallel_tool_calls\":false";
        assertFalse(follows(constraint(one, 200), "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_c"
                + "all> x"));
    }

    /// Whether a text can be written, token by token of its own.
    private static boolean follows(Constraint start, String text) {
        TokenRestriction place = start;
        for (int id : tokenizer.encode(text, false)) {
            if (!place.allowed().get(id)) {
                return false;
            }
            place = place.after(id);
        }
        return true;
    }

    /// Schemas that can be read in very many ways at once: no more than a bounded number of them is followed.
    @Test
    void boundsTheWaysOfAnAmbiguousSchema() throws Exception {
        String schema = "{\"$defs\":{\"a\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/a\"}},"
                + "{\"type\":"
                + "\"array\",\"maxItems\":9,\"items\":{\"$ref\":\"#/$defs/a\"}},{\"type\":\"null\"}]}},\"$ref\""
                        + ":\"#/$defs/a\"}";
        assertTrue(follows(constraint(bySchema(schema), 500), "[".repeat(30) + "null" + "]".repeat(30)));
    }
}
