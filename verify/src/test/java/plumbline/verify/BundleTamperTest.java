package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// Whatever is changed in a bundle: a rejection, and never an exception (spec/bundle.md V1).
///
/// The verifier runs with everything that could make it lenient: the signer need not be pinned,
/// since a replay that always agrees stands in, and the policy knows the witnesses.
final class BundleTamperTest {
    private static final byte[] PLAIN = ExampleBundle.plain().encode();
    private static final byte[] PREFIXED = ExampleBundle.withPrefix().encode();
    private static final byte[] WITNESSED = ExampleBundle.witnessed().encode();
    private static final Optional<Function<OpenedBundle, ReplayOutcome>> AGREES =
            Optional.of(opened -> new ReplayOutcome.Same("you", 25));
    private static final Expectations WITNESSES = Expectations.none()
            .withPolicy(ExampleBundle.policy(ExampleBundle.witnessPolicy("both")));

    private static Verdict verify(byte[] bundle) {
        Expectations expectations = contains(bundle, "witness-") ? WITNESSES : Expectations.none();
        return Verifier.verify(
                bundle, expectations, Trust.pinned(ExampleBundle.NODE.key()), AGREES);
    }

    private static boolean contains(byte[] bundle, String text) {
        return new String(bundle, StandardCharsets.ISO_8859_1).contains(text);
    }

    @Test
    void acceptsTheUnchangedBundles() {
        for (byte[] bundle : new byte[][] {PLAIN, PREFIXED, WITNESSED}) {
            assertInstanceOf(Verdict.Accepted.class, verify(bundle), verify(bundle).toString());
        }
    }

    @Test
    void rejectsEveryBitOfEveryByteFlipped() {
        Set<Reason> reasons = EnumSet.noneOf(Reason.class);
        for (int at = 0; at < PLAIN.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = PLAIN.clone();
                flipped[at] ^= (byte) (1 << bit);
                reasons.add(assertRejected("byte " + at + " bit " + bit, flipped));
            }
        }
        assertEquals(true, reasons.size() >= 10, reasons.toString());
    }

    /// The lines that the plain bundle doesn't have; the others behave alike.
    @Test
    void rejectsTwoFlipsOfEveryByteOfThePrefixAndTheCosignatures() {
        for (byte[] bundle : new byte[][] {PREFIXED, WITNESSED}) {
            String text = new String(bundle, StandardCharsets.ISO_8859_1);
            int at = 0;
            for (String line : text.split("(?<=\n)")) {
                if (!contains(PLAIN, line)) {
                    flipTwice(bundle, at, at + line.length());
                }
                at += line.length();
            }
        }
    }

    private static void flipTwice(byte[] bundle, int from, int to) {
        for (int at = from; at < to; at++) {
            for (int mask : new int[] {0x01, 0x20}) {
                byte[] flipped = bundle.clone();
                flipped[at] ^= (byte) mask;
                assertRejected("byte " + at + " mask " + mask, flipped);
            }
        }
    }

    @Test
    void rejectsEveryByteDroppedDoubledAndEveryTruncation() {
        for (int at = 0; at < PLAIN.length; at++) {
            assertRejected("cut at " + at, Arrays.copyOf(PLAIN, at));
            assertRejected("dropped " + at, spliced(PLAIN, at, at + 1, new byte[0]));
            assertRejected("doubled " + at, spliced(PLAIN, at, at, new byte[] {PLAIN[at]}));
        }
    }

    @Test
    void rejectsEveryLineDroppedDoubledOrSwapped() {
        for (byte[] bundle : new byte[][] {PLAIN, PREFIXED, WITNESSED}) {
            String[] lines = new String(bundle, StandardCharsets.UTF_8).split("(?<=\n)");
            for (int i = 0; i < lines.length; i++) {
                assertRejected("dropped line " + (i + 1), joined(edited(lines, i, List.of())));
                assertRejected("doubled line " + (i + 1),
                        joined(edited(lines, i, List.of(lines[i], lines[i]))));
                for (int j = i + 1; j < lines.length; j++) {
                    String[] swapped = lines.clone();
                    swapped[i] = lines[j];
                    swapped[j] = lines[i];
                    assertRejected("swapped lines " + (i + 1) + ", " + (j + 1),
                            joined(Arrays.asList(swapped)), bundle);
                }
            }
        }
    }

    @Test
    void rejectsEveryFieldDroppedDoubledOrSwapped() {
        for (byte[] bundle : new byte[][] {PLAIN, PREFIXED, WITNESSED}) {
            String[] lines = new String(bundle, StandardCharsets.UTF_8).split("(?<=\n)");
            for (int line = 0; line < lines.length; line++) {
                String[] fields = lines[line].strip().split(" ");
                for (int i = 0; i < fields.length; i++) {
                    List<List<String>> changes = new ArrayList<>();
                    changes.add(edited(fields, i, List.of()));
                    changes.add(edited(fields, i, List.of(fields[i], fields[i])));
                    changes.add(edited(fields, i, List.of("")));
                    if (i > 0) {
                        changes.add(edited(edited(fields, i - 1, List.of(fields[i]))
                                .toArray(new String[0]), i, List.of(fields[i - 1])));
                    }
                    for (List<String> change : changes) {
                        String text = String.join(" ", change) + "\n";
                        assertRejected("line " + (line + 1) + " field " + (i + 1) + ": " + text,
                                joined(edited(lines, line, List.of(text))), bundle);
                    }
                }
            }
        }
    }

    @Test
    void rejectsPartsOfTwoBundlesMixed() {
        String[] one = new String(PLAIN, StandardCharsets.UTF_8).split("\n\n");
        String[] other = new String(PREFIXED, StandardCharsets.UTF_8).split("\n\n");
        String[] larger = new String(ExampleBundle.larger().encode(), StandardCharsets.UTF_8)
                .split("\n\n");
        for (String[] second : new String[][] {other, larger}) {
            for (int mask = 1; mask < (1 << one.length) - 1; mask++) {
                String[] mixed = one.clone();
                for (int i = 0; i < one.length; i++) {
                    mixed[i] = (mask >> i & 1) == 1 ? second[i] : one[i];
                }
                byte[] bytes = String.join("\n\n", mixed).getBytes(StandardCharsets.UTF_8);
                boolean known = Arrays.equals(bytes, PLAIN) || Arrays.equals(bytes, PREFIXED)
                        || Arrays.equals(bytes, ExampleBundle.larger().encode());
                if (!known) {
                    assertRejected("mix " + mask, bytes);
                }
            }
        }
    }

    /// Deletions, insertions, doublings, splices and overwritten runs, one to three at a time.
    @Test
    void rejectsTwentyThousandRandomChanges() {
        long seed = 20_261_121;
        Random random = new Random(seed);
        byte[][] bundles = {PLAIN, PREFIXED, WITNESSED};
        for (int i = 0; i < 20_000; i++) {
            byte[] original = bundles[random.nextInt(3)];
            byte[] changed = original;
            for (int n = random.nextInt(3); n >= 0; n--) {
                changed = changed(random, changed, bundles[random.nextInt(3)]);
            }
            boolean same = false;
            for (byte[] bundle : bundles) {
                same |= Arrays.equals(bundle, changed);
            }
            if (!same) {
                assertRejected("change " + i + " of seed " + seed, changed);
            }
        }
    }

    @Test
    void rejectsRandomBytes() {
        long seed = 3;
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(5_000)];
            random.nextBytes(bytes);
            byte[] head = Arrays.copyOf(PLAIN, random.nextInt(PLAIN.length));
            assertRejected("random " + i + " of seed " + seed, bytes);
            assertRejected("random tail " + i + " of seed " + seed,
                    spliced(head, head.length, head.length, bytes));
        }
    }

    private static byte[] changed(Random random, byte[] bytes, byte[] other) {
        int from = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, from + length(random));
        int start = random.nextInt(other.length);
        byte[] piece = Arrays.copyOfRange(other, start,
                Math.min(other.length, start + length(random)));
        return switch (random.nextInt(5)) {
            case 0 -> spliced(bytes, from, to, new byte[0]);
            case 1 -> spliced(bytes, from, from, Arrays.copyOfRange(bytes, from, to));
            case 2 -> spliced(bytes, from, from, piece);
            case 3 -> spliced(bytes, from, Math.min(bytes.length, from + piece.length), piece);
            default -> {
                byte[] noise = new byte[to - from];
                random.nextBytes(noise);
                yield spliced(bytes, from, to, noise);
            }
        };
    }

    /// Mostly short, sometimes long.
    private static int length(Random random) {
        return 1 + random.nextInt(1 << random.nextInt(11));
    }

    private static byte[] spliced(byte[] bytes, int from, int to, byte[] piece) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytes, 0, from);
        out.writeBytes(piece);
        out.write(bytes, to, bytes.length - to);
        return out.toByteArray();
    }

    private static List<String> edited(String[] pieces, int at, List<String> by) {
        List<String> list = new ArrayList<>(Arrays.asList(pieces));
        list.remove(at);
        list.addAll(at, by);
        return list;
    }

    private static byte[] joined(List<String> lines) {
        return String.join("", lines).getBytes(StandardCharsets.UTF_8);
    }

    /// Rejected, unless the change changed nothing.
    private static void assertRejected(String what, byte[] changed, byte[] original) {
        if (!Arrays.equals(changed, original)) {
            assertRejected(what, changed);
        }
    }

    private static Reason assertRejected(String what, byte[] bundle) {
        try {
            return assertInstanceOf(Verdict.Rejected.class, verify(bundle), what).reason();
        } catch (RuntimeException e) {
            return fail(what, e);
        }
    }
}
