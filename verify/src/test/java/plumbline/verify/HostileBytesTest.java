package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every parser of the log's formats on changed and random bytes: it throws [MalformedException] or
/// gives a value whose one encoding is what was read (spec/log.md L7).
class HostileBytesTest {
    private static final int ROUNDS = 4000;

    /// Reads bytes and writes them again.
    private interface RoundTrip {
        byte[] apply(byte[] bytes) throws MalformedException;
    }

    private record Format(String name, String example, RoundTrip roundTrip) {}

    private static List<Format> formats() {
        InsecureTestKeys.Signer log = InsecureTestKeys.log("log.example");
        InsecureTestKeys.Signer witness = InsecureTestKeys.witness("w.example");
        String body = new Checkpoint("log.example", 12, Digest.sha256(), List.of("x")).body();
        SignedNote note = log.note(body).with(witness.cosign(1_700_000_000, body));
        TlogProof proof = new TlogProof(java.util.Optional.of("YWdl"), 3,
                List.of(Digest.sha256(), Digest.sha256(new byte[1])), note);
        byte[] bundle = EntryBundle.encode(List.of(new byte[3], new byte[40], new byte[0]));
        String policy = "log " + log.key().encode() + "\nwitness A " + witness.key().encode()
                + "\ngroup g any A\nquorum g\n";
        return List.of(
                new Format("verifier key", log.key().encode(),
                        bytes -> bytes(VerifierKey.parse(text(bytes)).encode())),
                new Format("signed note", latin1(note.encode()),
                        bytes -> SignedNote.parse(bytes).encode()),
                new Format("checkpoint", body,
                        bytes -> bytes(Checkpoint.parse(text(bytes)).body())),
                new Format("tlog-proof", latin1(proof.encode()),
                        bytes -> TlogProof.parse(bytes).encode()),
                new Format("tile path", "tile/0/x001/x234/067.p/8",
                        bytes -> bytes(TilePath.parse(text(bytes)).path())),
                new Format("digest", Digest.sha256().hex(),
                        bytes -> bytes(Digest.parseHex(text(bytes)).hex())),
                new Format("entry bundle", latin1(bundle),
                        bytes -> EntryBundle.encode(EntryBundle.parse(bytes, 3))),
                // A policy has many spellings; here only the absence of other exceptions counts.
                new Format("policy", policy, bytes -> {
                    Policy.parse(bytes);
                    return bytes;
                }));
    }

    @TestFactory
    List<DynamicTest> throwsMalformedExceptionOrReadsTheOneEncoding() {
        return formats().stream()
                .map(format -> DynamicTest.dynamicTest(format.name(), () -> attack(format)))
                .toList();
    }

    private static void attack(Format format) throws MalformedException {
        byte[] example = format.example().getBytes(StandardCharsets.ISO_8859_1);
        assertArrayEquals(example, format.roundTrip().apply(example));
        for (int seed = 0; seed < ROUNDS; seed++) {
            byte[] bytes = changed(example, new Random(seed));
            try {
                byte[] again = format.roundTrip().apply(bytes);
                assertArrayEquals(bytes, again, "seed " + seed);
            } catch (MalformedException e) {
                // What must happen to nearly all of them.
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", bytes "
                        + HexFormat.of().formatHex(bytes), e);
            }
        }
        for (int length = 0; length < example.length; length++) {
            byte[] cut = Arrays.copyOf(example, length);
            try {
                assertArrayEquals(cut, format.roundTrip().apply(cut));
            } catch (MalformedException e) {
                // As above.
            }
        }
    }

    private static byte[] changed(byte[] example, Random random) {
        if (random.nextInt(8) == 0) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            return noise;
        }
        byte[] bytes = example.clone();
        for (int change = random.nextInt(3); change >= 0; change--) {
            int at = random.nextInt(bytes.length);
            byte other = random.nextBoolean()
                    ? example[random.nextInt(example.length)]
                    : (byte) random.nextInt(256);
            bytes = switch (random.nextInt(5)) {
                case 0 -> {
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                    yield bytes;
                }
                case 1 -> {
                    bytes[at] = other;
                    yield bytes;
                }
                case 2 -> spliced(bytes, at, at + 1, new byte[0]);
                case 3 -> spliced(bytes, at, at, new byte[] {other});
                default -> spliced(bytes, at, at, Arrays.copyOfRange(bytes,
                        random.nextInt(at + 1), at));
            };
            if (bytes.length == 0) {
                return bytes;
            }
        }
        return bytes;
    }

    private static byte[] spliced(byte[] bytes, int from, int to, byte[] between) {
        byte[] result = Arrays.copyOf(bytes, bytes.length - (to - from) + between.length);
        System.arraycopy(between, 0, result, from, between.length);
        System.arraycopy(bytes, to, result, from + between.length, bytes.length - to);
        return result;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) throws MalformedException {
        return Texts.utf8("test", bytes);
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
