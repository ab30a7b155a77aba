package plumbline.engine.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import plumbline.engine.FuzzSeeds;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.engine.tokenizer.TinyVocabulary;
import plumbline.engine.tokenizer.Tokenizer;
import tools.jackson.databind.json.JsonMapper;

/// Any bytes as a JSON Schema are refused with 400, or whatever is drawn by it is JSON, twice the same
/// (spec/structured.md O1, O2, O7).
public final class SchemaFuzzTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int TOKENS_MAX = 60;

    /// A vocabulary of the 256 bytes, some pieces of JSON and an end.
    static final Tokenizer TOKENIZER = tokenizer();
    static final Tokens TOKENS = Tokens.of(TOKENIZER);

    private static Tokenizer tokenizer() {
        TinyVocabulary vocabulary = new TinyVocabulary().merge("{", "\"").merge("\"", ":").merge("[", "[")
                .merge("]", "]").merge("0", "0").merge("1", "2").control("<end>");
        try {
            return Tokenizer.of(vocabulary.gguf("gpt-2")
                    .uint32("tokenizer.ggml.eos_token_id", vocabulary.id("<end>")).metadata());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /// The place before the first token of an answer by a schema.
    static TokenRestriction start(byte[] schema, int tokensMax) throws RequestException {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":"
                + "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":";
        byte[] head = body.getBytes(StandardCharsets.UTF_8);
        byte[] whole = Arrays.copyOf(head, head.length + schema.length + 3);
        System.arraycopy(schema, 0, whole, head.length, schema.length);
        Arrays.fill(whole, whole.length - 3, whole.length, (byte) '}');
        AnswerOptions options =
                InferenceRequest.parse(InferenceRequest.CHAT, whole, RequestDefaults.standard()).options();
        Optional<Constraint> first = AnswerConstraint.of(options, true, TOKENS, TOKENIZER, tokensMax);
        return first.orElseThrow();
    }

    /// What a fuzzer calls.
    public static void fuzzerTestOneInput(byte[] data) {
        String first = outcome(data);
        assertEquals(first, outcome(data));
    }

    private static String outcome(byte[] schema) {
        TokenRestriction place;
        try {
            place = start(schema, TOKENS_MAX);
        } catch (RequestException e) {
            assertEquals(400, e.status());
            assertFalse(e.getMessage().isBlank());
            return "refused: " + e.getMessage();
        }
        Random random = new Random(Arrays.hashCode(schema));
        StringBuilder bytes = new StringBuilder();
        for (int i = 0; i < TOKENS_MAX; i++) {
            BitSet allowed = place.allowed();
            int id = allowed.stream().skip(random.nextInt(allowed.cardinality())).findFirst().orElseThrow();
            if (TOKENIZER.endsGeneration(id)) {
                assertFalse(JSON.readTree(bytes.toString().getBytes(StandardCharsets.ISO_8859_1)).isMissingNode());
                return bytes.toString();
            }
            bytes.append(new String(TOKENIZER.bytes(id), StandardCharsets.ISO_8859_1));
            place = place.after(id);
        }
        return "cut: " + bytes;
    }

    @Test
    void keptInputsAreRefusedOrGiveJson() throws IOException {
        FuzzSeeds.replay("schema", SchemaFuzzTest::fuzzerTestOneInput);
    }
}
