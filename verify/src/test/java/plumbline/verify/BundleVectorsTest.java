package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The golden bundles of vectors/bundle, read as another implementation would read them; those of other servers'
/// answers among them (U3, U6).
final class BundleVectorsTest {
    private static final Path FOLDER = SharedVectors.repository().resolve("vectors/bundle");

    @Test
    void givesEveryVerdictOfTheIndex() throws IOException, MalformedException {
        Map<String, String> wrong = new HashMap<>();
        List<Map<String, String>> cases = cases();
        for (Map<String, String> one : cases) {
            Verdict verdict = verify(one);
            String found = switch (verdict) {
                case Verdict.Accepted accepted -> "accepted" + (one.containsKey("facts") ? " " + shown(accepted) : "");
                case Verdict.Rejected rejected -> "rejected " + rejected.reason().code();
            };
            String expected = one.get("verdict")
                    + (one.containsKey("reason") ? " " + one.get("reason") : "")
                    + (one.containsKey("facts") ? " " + one.get("facts") : "");
            if (!found.equals(expected)) {
                wrong.put(one.get("case"), "expected " + expected + ", found " + verdict);
            }
        }
        assertEquals(Map.of(), wrong);
        assertTrue(cases.size() > 50, "cases: " + cases.size());
    }

    @Test
    void holdsWhatTheGeneratorMakes() throws IOException {
        SortedMap<String, byte[]> made = BundleVectors.make();
        try (Stream<Path> list = Files.list(FOLDER)) {
            Set<String> names = list.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("README.md")).collect(Collectors.toSet());
            assertEquals(made.keySet(), names);
        }
        for (Map.Entry<String, byte[]> file : made.entrySet()) {
            assertArrayEquals(file.getValue(), Files.readAllBytes(FOLDER.resolve(file.getKey())),
                    file.getKey());
        }
    }

    /// A reason that no golden bundle shows must be named here, with why.
    @Test
    void coversTheReasons() throws IOException {
        Set<Reason> missing = EnumSet.allOf(Reason.class);
        for (Map<String, String> one : cases()) {
            missing.removeIf(reason -> reason.code().equals(one.get("reason")));
        }
        // Four MiB are too much for the repository; hand-overs come beside a bundle (HandOverTest); the others
        // need no second example.
        assertEquals(EnumSet.of(Reason.BUNDLE_TOO_LARGE, Reason.COMMITMENT_MISMATCH_PREFIX,
                Reason.COUNT_MISMATCH_PROMPT, Reason.COUNT_MISMATCH_TEXT,
                Reason.COUNT_MISMATCH_PREFIX, Reason.KEY_RETIRED), missing);
    }

    @Test
    void standsInThePagesWordForWord() throws IOException {
        String bundle = Files.readString(FOLDER.resolve("plain.txt"));
        String receipt = ReceiptText.of(ExampleBundle.receipt());
        assertTrue(page("bundle").contains("```\n" + bundle + "```\n"));
        assertTrue(page("receipt").contains("```\n" + receipt + "```\n"));
        for (String digest : List.of(PageValues.SALT_TEXT, PageValues.COMMITMENT_TEXT,
                PageValues.BOUNDARY_SALT_DRY, PageValues.SEED_GIVEN, PageValues.SEED_NONCE,
                ExampleBundle.secret(ExampleBundle.INDEX).hex(),
                Seed.derive(ExampleBundle.receipt(), ExampleBundle.PROMPT).hex(),
                BoundarySalt.of(ExampleBundle.NODE.key().publicKey(),
                        ExampleBundle.receipt().nonce().value()).hex(),
                ExampleBundle.receipt().digest().hex())) {
            assertTrue(page("receipt").contains(digest), digest);
        }
    }

    @Test
    void listsEveryReasonOnThePage() throws IOException {
        for (Reason reason : Reason.values()) {
            assertTrue(page("bundle").contains("| `" + reason.code() + "` |"), reason.code());
        }
    }

    private static String page(String name) throws IOException {
        return Files.readString(SharedVectors.repository().resolve("spec/" + name + ".md"));
    }

    private static List<Map<String, String>> cases() throws IOException {
        List<Map<String, String>> cases = new ArrayList<>();
        for (String block : Files.readString(FOLDER.resolve("index.txt")).split("\n\n")) {
            cases.add(block.lines().map(line -> line.split(" ", 2))
                    .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1])));
        }
        return cases;
    }

    private static Verdict verify(Map<String, String> one) throws IOException, MalformedException {
        Expectations expectations = Expectations.none();
        Trust trust = Trust.none();
        Optional<Function<OpenedBundle, ReplayOutcome>> replay = Optional.empty();
        for (Map.Entry<String, String> input : one.entrySet()) {
            String value = input.getValue();
            switch (input.getKey()) {
                case "key" -> expectations = expectations.withKey(VerifierKey.parse(value));
                case "pinned" -> trust = new Trust(Optional.of(VerifierKey.parse(value)),
                        trust.remembered(), trust.consistency());
                case "policy" -> expectations = expectations.withPolicy(
                        Policy.parse(Files.readAllBytes(FOLDER.resolve(value))));
                case "model" -> expectations = expectations.withModel(ModelId.parse(value));
                case "request" -> expectations = expectations.withRequest(bytes(value));
                case "answer" -> expectations = expectations.withAnswer(bytes(value));
                case "seed" -> expectations = expectations.withSeed(Long.parseLong(value));
                case "nonce" -> expectations = expectations.withNonce(Digest.parseHex(value));
                case "remembered" -> trust = remembered(trust, value.split(" "));
                case "consistency" -> trust = trust.withConsistency(hashes(value.split(" ")));
                case "replay" -> replay = Optional.of(opened -> replay(value));
                case "case", "bundle", "verdict", "reason", "facts" -> { }
                default -> throw new AssertionError("unknown key " + input.getKey());
            }
        }
        return Verifier.verify(Files.readAllBytes(FOLDER.resolve(one.get("bundle"))), expectations,
                trust, replay);
    }

    /// The facts that it shows, in its order.
    private static String shown(Verdict.Accepted verdict) {
        return verdict.facts().stream().filter(Fact::shown).map(Fact::name).collect(Collectors.joining(" "));
    }

    private static ReplayOutcome replay(String outcome) {
        return switch (outcome) {
            case "same" -> new ReplayOutcome.Same("you", 25);
            case "differs" -> new ReplayOutcome.Differs("output token 3", "314 and 315");
            case "impossible" -> new ReplayOutcome.Impossible("no model");
            default -> throw new AssertionError(outcome);
        };
    }

    private static Trust remembered(Trust trust, String[] fields) throws MalformedException {
        VerifierKey key = VerifierKey.parse(fields[0]);
        return trust.withRemembered(key, new Checkpoint(
                key.name(), Long.parseLong(fields[1]), Digest.of(bytes(fields[2]))));
    }

    private static List<Digest> hashes(String[] fields) {
        return Stream.of(fields).map(field -> Digest.of(bytes(field))).toList();
    }

    private static byte[] bytes(String base64) {
        return java.util.Base64.getDecoder().decode(base64.getBytes(StandardCharsets.US_ASCII));
    }
}
