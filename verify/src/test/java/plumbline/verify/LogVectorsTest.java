package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The golden vectors of `vectors/log` and the examples of spec/log.md.
///
/// The vectors are made here and never edited by hand: run this test with the system property
/// `plumbline.vectors.write=true` to write them anew.
class LogVectorsTest {
    private static final Ed25519 ED25519 = new JdkEd25519();
    private static final Path FOLDER = SharedVectors.repository().resolve("vectors/log");

    @Test
    void theExampleLogIsAsItWas() throws Exception {
        for (Map.Entry<String, byte[]> file : new LogVectors().files().entrySet()) {
            Path path = FOLDER.resolve("example").resolve(file.getKey());
            assertArrayEquals(goldenBytes(path, file.getValue()), file.getValue(), path.toString());
        }
    }

    @Test
    void theCasesAreAsTheyWere() throws Exception {
        String cases = json(new LogVectors().cases());
        byte[] golden = goldenBytes(FOLDER.resolve("cases.json"), utf8(cases));
        assertEquals(new String(golden, StandardCharsets.UTF_8), cases);
    }

    @Test
    void judgesEveryCaseAsItSays() throws IOException {
        int valid = 0;
        List<Map<String, Object>> cases =
                FlatJson.objects(Files.readString(FOLDER.resolve("cases.json")));
        for (Map<String, Object> one : cases) {
            boolean expected = one.get("valid").equals("true");
            valid += expected ? 1 : 0;
            assertEquals(expected, judge(one), one.get("id") + ", " + one.get("rule") + ": "
                    + one.get("format") + ", " + one.get("comment"));
        }
        assertTrue(cases.size() > 70 && valid < cases.size() / 2, valid + " of " + cases.size());
    }

    private static boolean judge(Map<String, Object> one) {
        try {
            String text = (String) one.getOrDefault("text", "");
            return switch ((String) one.get("format")) {
                case "verifier-key" -> VerifierKey.parse(text).encode().equals(text);
                case "signed-note" -> SignedNote.parse(utf8(text)).text() != null;
                case "checkpoint" -> Checkpoint.parse(text).body().equals(text);
                case "tlog-proof" -> TlogProof.parse(utf8(text)).index() >= 0;
                case "tile-path" -> TilePath.parse(text).path().equals(text);
                case "policy" -> Policy.parse(utf8(text)).logs() != null;
                case "signed-by" -> SignedNote.parse(utf8(one.get("note")))
                        .isSignedBy(VerifierKey.parse((String) one.get("key")), ED25519);
                case "ed25519" -> ED25519.verify(
                        hex(one.get("key")), hex(one.get("message")), hex(one.get("signature")));
                case "policy-met" -> Policy.parse(utf8(one.get("policy")))
                        .evaluate(SignedNote.parse(utf8(one.get("note"))), ED25519)
                        instanceof Policy.Outcome.Met;
                case "proof-includes" -> TlogProof.parse(utf8(one.get("proof")))
                        .includes(MerkleTree.leafHash(hex(one.get("entry"))));
                default -> throw new AssertionError("unknown format " + one.get("format"));
            };
        } catch (MalformedException e) {
            return false;
        }
    }

    /// Reads the example as a stranger would: nothing but the policy and the entry is known.
    @Test
    void theExampleProofVerifiesInTheStepsOfTheSpec() throws Exception {
        Policy policy = Policy.parse(example("policy"));
        TlogProof proof = TlogProof.parse(example("entry-3.tlog-proof"));
        assertInstanceOf(Policy.Outcome.Met.class, policy.evaluate(proof.note(), ED25519));
        assertTrue(proof.includes(MerkleTree.leafHash(LogVectors.entry(3))));
    }

    @Test
    void theSpecShowsTheGoldenExamples() throws IOException {
        String spec = Files.readString(SharedVectors.repository().resolve("spec/log.md"));
        for (String name : List.of("checkpoint", "entry-3.tlog-proof", "policy")) {
            String example = new String(example(name), StandardCharsets.UTF_8);
            assertTrue(spec.contains("```\n" + example + "```\n"), name);
        }
    }

    private static byte[] example(String name) throws IOException {
        return Files.readAllBytes(FOLDER.resolve("example").resolve(name));
    }

    private static byte[] goldenBytes(Path path, byte[] made) throws IOException {
        if (Boolean.getBoolean("plumbline.vectors.write")) {
            Files.createDirectories(path.getParent());
            Files.write(path, made);
        }
        return Files.readAllBytes(path);
    }

    private static String json(List<Map<String, Object>> cases) {
        StringBuilder json = new StringBuilder("[");
        for (Map<String, Object> one : cases) {
            json.append(json.length() > 1 ? ",\n  {" : "\n  {");
            one.forEach((key, value) -> {
                json.append(json.charAt(json.length() - 1) == '{' ? "\n    " : ",\n    ");
                boolean isWord = key.equals("valid");
                json.append('"').append(key).append("\": ")
                        .append(isWord ? value : quoted((String) value));
            });
            json.append("\n  }");
        }
        return json.append("\n]\n").toString();
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            quoted.append(switch (c) {
                case '\n' -> "\\n";
                case '"' -> "\\\"";
                case '\\' -> "\\\\";
                default -> c >= 0x20 && c < 0x7f ? String.valueOf(c) : "\\u%04x".formatted((int) c);
            });
        }
        return quoted.append('"').toString();
    }

    private static byte[] utf8(Object text) {
        return ((String) text).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] hex(Object hex) {
        return HexFormat.of().parseHex((String) hex);
    }
}
