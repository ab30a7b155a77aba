package plumbline.engine.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The scanners against pieces cut by Hugging Face (tools/unicode/pretokenizer_cases.py), and the
/// pinned tables against their digests (T4, T11-T14).
final class PreTokenizerTest {
    private static int[] ends(PreTokenizer preTokenizer, int[] text) {
        IntList ends = new IntList(8);
        int at = 0;
        while (at < text.length) {
            int partEnd = preTokenizer.partEnd(text, at, text.length);
            while (at < partEnd) {
                at = preTokenizer.end(text, at, partEnd);
                ends.add(at);
            }
        }
        return ends.toArray();
    }

    @Test
    void cutsAsHuggingFaceDoes() throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        int count = 0;
        try (InputStream in = PreTokenizerTest.class.getResourceAsStream("pieces.jsonl");
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode node = json.readTree(line);
                int[] text = CodePoints.of(node.get("text").asString());
                for (PreTokenizer known : PreTokenizer.values()) {
                    String name = known.names().getFirst();
                    int[] expected = new int[node.get(name).size()];
                    for (int i = 0; i < expected.length; i++) {
                        expected[i] = node.get(name).get(i).asInt();
                    }
                    assertArrayEquals(expected, ends(known, text), name + ": " + line);
                    count++;
                }
            }
        }
        assertTrue(count > 2_000);
    }

    /// T1
    @Test
    void knowsPreTokenizersByAllTheirNames() {
        assertEquals(Optional.of(PreTokenizer.SMOLLM), PreTokenizer.named("starcoder"));
        assertEquals(Optional.of(PreTokenizer.GPT_2), PreTokenizer.named("phi-2"));
        assertEquals(Optional.of(PreTokenizer.LLAMA_BPE), PreTokenizer.named("llama3"));
        assertEquals(Optional.of(PreTokenizer.LLAMA_BPE), PreTokenizer.named("llama-v3"));
        assertEquals(Optional.empty(), PreTokenizer.named("llama-4"));
        assertEquals(8, Set.copyOf(PreTokenizer.supportedNames()).size());
    }

    @Test
    void coversEveryTextWithPiecesThatAreNotEmpty() {
        long seed = 11;
        Random random = new Random(seed);
        int[] interesting =
                {' ', '\n', '\r', '\t', '\'', 's', 'l', 'L', '1', '!', 0xa0, 0x17f, 0x85};
        for (int round = 0; round < 20_000; round++) {
            int[] text = new int[1 + random.nextInt(12)];
            for (int i = 0; i < text.length; i++) {
                text[i] = random.nextInt(4) > 0
                        ? interesting[random.nextInt(interesting.length)]
                        : random.nextInt(0x110000);
            }
            for (PreTokenizer known : PreTokenizer.values()) {
                int previous = 0;
                for (int end : ends(known, text)) {
                    assertTrue(end > previous && end <= text.length, () -> "seed " + seed);
                    previous = end;
                }
                assertEquals(text.length, previous, () -> "seed " + seed);
            }
        }
    }

    /// T4: the digests that spec/tokenizer.md states.
    @Test
    void pinsTheUnicodeTables() throws Exception {
        assertEquals("d806998239bac725815848df44fd4d5a1682535965e13b8594afbf130071b5f2",
                sha256(PinnedTable.fileName("classes")));
        assertEquals("3df0218105a235219663a2b5994842b2ca7938519de88ff6bb23b46df2900c5b",
                sha256(PinnedTable.fileName("nfc")));
    }

    private static String sha256(String file) throws Exception {
        try (InputStream in = PinnedTable.class.getResourceAsStream(file)) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(in.readAllBytes());
            return HexFormat.of().formatHex(digest);
        }
    }

    @Test
    void knowsClassesOfCodePointsAtTheEdges() {
        assertTrue(UnicodeClasses.isLetter('a') && UnicodeClasses.isLetter(0x2ceb0));
        assertTrue(UnicodeClasses.isNumber('9') && UnicodeClasses.isNumber(0xbd));
        assertTrue(UnicodeClasses.isWhiteSpace(0x85) && UnicodeClasses.isWhiteSpace(0x3000));
        assertTrue(UnicodeClasses.isOther(0) && UnicodeClasses.isOther(0x10ffff));
        assertTrue(UnicodeClasses.isOther(0x180e) && UnicodeClasses.isOther(0x200b));
        assertTrue(UnicodeClasses.isOther(0x301) && UnicodeClasses.isOther(0x24b6));
        // New in Unicode 16 (Garay), and new in Unicode 17: the pinned version decides.
        assertTrue(UnicodeClasses.isNumber(0x10d40));
        assertTrue(UnicodeClasses.isOther(0x11de0));
    }
}
