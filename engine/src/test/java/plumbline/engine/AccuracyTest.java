package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import plumbline.engine.kernel.NativeBuild;
import plumbline.engine.kernel.Pool;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// The integer logits of a window of 512 tokens of two texts: the golden bits, and close to a 64-bit float forward of
/// the same file (vectors/accuracy, docs/accuracy.md).
final class AccuracyTest {

    /// Positions where the likeliest token may differ from the reference's: 0.5 %.
    private static final double TOP_MISSED_MAX = 0.005;

    /// The reference's margin, in nats, above which the likeliest token must be the same.
    private static final double TIE_MARGIN = 0.05;

    private static final double UNIT = 0x1p-20;

    @Test
    void smolLm2GivesTheGoldenBitsCloseToTheFloatReference() throws Exception {
        check(TestModels.smolLm2(), "smollm2.jsonl", "rust-book.txt", "shakespeare.txt");
    }

    @Test
    void gemma3GivesTheGoldenBitsCloseToTheFloatReference() throws Exception {
        check(TestModels.gemma3(), "gemma3.jsonl", "shakespeare.txt");
    }

    @Test
    @Tag("full")
    void gemma3GivesTheGoldenBitsOfTheOtherTextToo() throws Exception {
        check(TestModels.gemma3(), "gemma3.jsonl", "rust-book.txt");
    }

    private static void check(Path file, String vectors, String... texts) throws Exception {
        Path golden = Path.of(System.getProperty("plumbline.repository"), "vectors", "accuracy", vectors);
        ObjectMapper mapper = new ObjectMapper();
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(golden)) {
            lines.add(mapper.readTree(line));
        }
        JsonNode head = lines.removeFirst();
        ModelId id = new ModelId(Digest.of(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
        assertEquals(head.get("model").asString(), id.toString(), "the vectors are of another file");
        try (Pool pool = new Pool(2);
                Model model = Model.load(file, id, Digest.of(new byte[Digest.BYTES]), NativeBuild.fastest(), pool)) {
            for (String text : texts) {
                List<JsonNode> window = lines.stream().filter(l -> l.get("text").asString().equals(text)).toList();
                assertEquals(head.get("logits_sha256").get(text).asString(), window(model, window, text), text);
            }
        }
    }

    /// Checks every position against the reference; returns the SHA-256 of all logits.
    private static String window(Model model, List<JsonNode> window, String text) throws Exception {
        int[] ids = window.stream().mapToInt(line -> line.get("token").asInt()).toArray();
        int vocabulary = model.tokenizer().size();
        Forward forward = new Forward(model, ids.length - 1, Digest.of(new byte[Digest.BYTES]));
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        ByteBuffer bytes = ByteBuffer.allocate(8 * vocabulary).order(ByteOrder.LITTLE_ENDIAN);
        long[] logits = new long[Forward.CHUNK_MAX * vocabulary];
        int missed = 0;
        double difference = 0;
        for (int from = 0; from < ids.length - 1; from += Forward.CHUNK_MAX) {
            int to = Math.min(from + Forward.CHUNK_MAX, ids.length - 1);
            forward.advance(ids, from, to);
            forward.logits(to - from, to - from, logits);
            for (int p = from; p < to; p++) {
                int at = (p - from) * vocabulary;
                bytes.asLongBuffer().put(logits, at, vocabulary);
                digest.update(bytes.array());
                JsonNode reference = window.get(p + 1);
                int top = top(logits, at, vocabulary);
                if (top != reference.get("top").asInt()) {
                    missed++;
                    assertTrue(reference.get("margin").asDouble() < TIE_MARGIN,
                            text + ", position " + (p + 1) + ": another likeliest token, and no tie");
                }
                difference += nll(logits, at, vocabulary, top, ids[p + 1]) - reference.get("nll").asDouble();
            }
        }
        assertTrue(missed <= TOP_MISSED_MAX * (ids.length - 1), text + ": " + missed + " likeliest tokens differ");
        // exp of the mean difference is the ratio of the perplexities: within 0.1 %.
        assertEquals(1, Math.exp(difference / (ids.length - 1)), 0.001, text);
        return HexFormat.of().formatHex(digest.digest());
    }

    private static int top(long[] logits, int at, int count) {
        int top = 0;
        for (int i = 1; i < count; i++) {
            top = logits[at + i] > logits[at + top] ? i : top;
        }
        return top;
    }

    private static double nll(long[] logits, int at, int count, int top, int token) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Math.exp((logits[at + i] - logits[at + top]) * UNIT);
        }
        return Math.log(sum) - (logits[at + token] - logits[at + top]) * UNIT;
    }
}
