package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/// spec/bundle.md B1 to B9.
final class BundleTest {
    private static final String PLAIN = text(ExampleBundle.plain());

    @Test
    void readsWhatItWrites_B1_B3() throws MalformedException {
        for (Bundle bundle : new Bundle[] {ExampleBundle.plain(), ExampleBundle.withPrefix(),
                ExampleBundle.witnessed(), ExampleBundle.larger(), empty()}) {
            assertArrayEquals(bundle.encode(), Bundle.parse(bundle.encode()).encode());
        }
    }

    @Test
    void writesEmptyPartsAsHyphens_B5() throws MalformedException {
        String text = text(empty());
        assertTrue(text.contains("\nrequest " + salt(Part.REQUEST) + " -\n"));
        assertTrue(text.contains("\noutput " + salt(Part.OUTPUT) + " -\n"));
        assertTrue(text.contains("\ntext " + salt(Part.TEXT) + " -\n"));
        assertEquals("", Bundle.parse(empty().encode()).exchange().text());
        assertMalformed(Reason.PARTS_MALFORMED, text.replace(" -\nprompt", " \nprompt"));
        assertMalformed(Reason.PARTS_MALFORMED, text.replace(" -\nprompt", "\nprompt"));
        assertMalformed(Reason.PARTS_MALFORMED, text.replace(" -\nprompt", " --\nprompt"));
    }

    @Test
    void neverHoldsTheSecret_C2() {
        assertFalse(PLAIN.contains(ExampleBundle.secret(ExampleBundle.INDEX).hex()));
    }

    @Test
    void rejectsTooManyBytesBeforeItLooksAtThem_B1() {
        byte[] large = new byte[Bundle.BYTES_MAX + 1];
        assertStage(Reason.BUNDLE_TOO_LARGE, large);
        assertStage(Reason.BUNDLE_MALFORMED, new byte[Bundle.BYTES_MAX]);
        byte[] head = PLAIN.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(head, 0, large, 0, head.length);
        assertStage(Reason.BUNDLE_TOO_LARGE, large);
    }

    @Test
    void refusesToWriteTooMuch_B1() {
        byte[] request = new byte[Bundle.BYTES_MAX * 3 / 4];
        Exchange large = new Exchange(request, ExampleBundle.PROMPT, ExampleBundle.OUTPUT,
                ExampleBundle.TEXT, Optional.empty());
        Bundle bundle = ExampleBundle.of(ExampleBundle.receipt(ExampleBundle.NODE.key(),
                ExampleBundle.INDEX, large), large, ExampleBundle.NODE);
        assertThrows(IllegalStateException.class, bundle::encode);
    }

    @Test
    void readsALargeBundle_B1() throws MalformedException {
        byte[] request = new byte[Bundle.BYTES_MAX / 4 * 3 - 4_096];
        Exchange large = new Exchange(request, ExampleBundle.PROMPT, ExampleBundle.OUTPUT,
                ExampleBundle.TEXT, Optional.empty());
        byte[] bytes = ExampleBundle.of(ExampleBundle.receipt(ExampleBundle.NODE.key(),
                ExampleBundle.INDEX, large), large, ExampleBundle.NODE).encode();
        assertTrue(OpenedBundle.open(Bundle.parse(bytes)).isPresent());
    }

    @Test
    void rejectsOtherSections_B2() {
        assertMalformed(Reason.BUNDLE_MALFORMED, "");
        assertMalformed(Reason.BUNDLE_MALFORMED, "plumbline bundle v1\n");
        assertMalformed(Reason.BUNDLE_MALFORMED, "plumbline bundle v1\n\n");
        assertMalformed(Reason.BUNDLE_MALFORMED, PLAIN.replace("bundle v1", "bundle v2"));
        assertMalformed(Reason.BUNDLE_MALFORMED, "\n" + PLAIN);
        assertMalformed(Reason.BUNDLE_MALFORMED, "\ufeff" + PLAIN);
        assertMalformed(Reason.BUNDLE_MALFORMED, PLAIN.replace("\n", "\r\n"));
        assertMalformed(Reason.RECEIPT_MALFORMED, PLAIN.replace("v1\n\nplumb", "v1\n\n\nplumb"));
        assertMalformed(Reason.RECEIPT_MALFORMED, PLAIN.replace("\nid ", "\n\nid "));
        assertMalformed(Reason.PARTS_MALFORMED, PLAIN.replace("\nprompt A", "\n\nprompt A")
                .replace("\noutput c52", "\n\noutput c52"));
        assertMalformed(Reason.PROOF_MALFORMED, PLAIN.replace("\n\nc2sp", "\n\n\nc2sp"));
        assertMalformed(Reason.PROOF_MALFORMED, PLAIN + "\n");
        assertMalformed(Reason.PROOF_MALFORMED, PLAIN + "x");
        assertMalformed(Reason.BUNDLE_MALFORMED, PLAIN.substring(0, PLAIN.indexOf("\nrequest c")));
        assertMalformed(Reason.BUNDLE_MALFORMED, PLAIN.substring(0, PLAIN.indexOf("\nc2sp")));
    }

    @Test
    void rejectsAnOversizedReceipt_B3() {
        assertMalformed(Reason.BUNDLE_MALFORMED,
                PLAIN.replace("\nid ", "\n" + "x".repeat(Receipt.BYTES_MAX) + "\nid "));
    }

    @Test
    void rejectsPartsThatAreNotCanonical_B4_B5() {
        String salt = salt(Part.TEXT);
        changeLine("text " + salt, line -> line.replace("==", "="));
        changeLine("text " + salt, line -> line.replace("==", ""));
        changeLine("text " + salt, line -> line.replace("Lg==", "Lh=="));
        changeLine("text " + salt, line -> line.replace("V2hl", "V2 hl"));
        changeLine("text " + salt, line -> line.replace("V2hl", "V2-_"));
        changeLine("text " + salt, line -> line.replace(salt, salt.substring(1)));
        changeLine("text " + salt, line -> line.replace(salt, salt + "0"));
        changeLine("text " + salt, line -> line.replace(salt, salt.toUpperCase(Locale.ROOT)));
        changeLine("text " + salt, line -> line + " ");
        changeLine("text " + salt, line -> line + " -");
        changeLine("text " + salt, line -> line.replace("text ", "Text "));
        changeLine("text " + salt, line -> line.replace("text ", "text  "));
        changeLine("text " + salt, line -> line + "\n" + line);
        changeLine("text " + salt, line -> line + "\nprefix " + salt + " AAAAAA==");
        changeLine("text " + salt, line -> "output" + line.substring(4));
    }

    @Test
    void rejectsPartsWithOtherContent_B6() {
        changeLine("prompt c4", line -> line.replaceAll(" \\S+$", " AAAA"));
        changeLine("prompt c4", line -> line.replaceAll(" \\S+$", " AAAAgA=="));
        changeLine("output c5", line -> line.replaceAll(" \\S+$", " /////w=="));
        // 0xff, an overlong slash, a surrogate: not UTF-8.
        changeLine("text 24", line -> line.replaceAll(" \\S+$", " /w=="));
        changeLine("text 24", line -> line.replaceAll(" \\S+$", " wK8="));
        changeLine("text 24", line -> line.replaceAll(" \\S+$", " 7aCA"));
    }

    @Test
    void rejectsAPrefixLineTooManyOrTooFew_B7() {
        String with = text(ExampleBundle.withPrefix());
        String line = with.lines().filter(one -> one.startsWith("prefix c1")).findFirst()
                .orElseThrow() + "\n";
        assertMalformed(Reason.PARTS_MALFORMED, with.replace(line, ""));
        assertMalformed(Reason.PARTS_MALFORMED, PLAIN.replace("\n\nc2sp", "\n" + line + "\nc2sp"));
    }

    @Test
    void rejectsWhatNobodySigned_B8() {
        assertMalformed(Reason.PROOF_MALFORMED,
                PLAIN.replace("proof@v1\n", "proof@v1\nextra AAAA\n"));
        Receipt receipt = ExampleBundle.receipt();
        Checkpoint checkpoint = ExampleBundle.checkpoint(receipt, ExampleBundle.SIZE);
        SignedNote note = ExampleBundle.NODE.note(checkpoint.body() + "extension\n");
        TlogProof proof = new TlogProof(ExampleBundle.INDEX,
                ExampleBundle.plain().proof().hashes(), note);
        Secret secret = ExampleBundle.secret(ExampleBundle.INDEX);
        Map<Part, Digest> salts = new EnumMap<>(Part.class);
        for (Part part : List.of(Part.REQUEST, Part.PROMPT, Part.OUTPUT, Part.TEXT)) {
            salts.put(part, secret.salt(part));
        }
        assertStage(Reason.PROOF_MALFORMED,
                new Bundle(receipt, ExampleBundle.exchange(), salts, proof).encode());
        assertThrows(IllegalArgumentException.class,
                () -> Bundle.of(receipt, ExampleBundle.exchange(), secret, proof));
    }

    @Test
    void refusesToMakeABundleWithAPrefixOnOneSideOnly_B7() {
        TlogProof proof = ExampleBundle.plain().proof();
        Secret secret = ExampleBundle.secret(ExampleBundle.INDEX);
        assertThrows(IllegalArgumentException.class, () -> Bundle.of(
                ExampleBundle.receipt(), ExampleBundle.continued(), secret, proof));
        assertThrows(IllegalArgumentException.class, () -> Bundle.of(
                ExampleBundle.withPrefix().receipt(), ExampleBundle.exchange(), secret, proof));
    }

    @Test
    void rejectsSignatureLinesTwiceOrOutOfOrder_B9() {
        String[] lines = text(ExampleBundle.witnessed()).split("(?<=\n)");
        int n = lines.length;
        String head = String.join("", java.util.Arrays.copyOf(lines, n - 3));
        String log = lines[n - 3];
        String a = lines[n - 2];
        String b = lines[n - 1];
        for (String wrong : new String[] {log + b + a, log + a + a, log + a + b + b, log + log,
                log + a + log, log + a + b + log, b + log + b}) {
            assertMalformed(Reason.PROOF_MALFORMED, head + wrong);
        }
    }

    private static Bundle empty() {
        Exchange none = new Exchange(new byte[0], TokenIds.of(1), TokenIds.of(), "",
                Optional.empty());
        Receipt r = ExampleBundle.receipt();
        Secret secret = ExampleBundle.secret(ExampleBundle.INDEX);
        Receipt receipt = new Receipt(r.id(), r.arithmetic(), r.model(), r.weightsRoot(), r.node(),
                r.nonce(), r.endpoint(), none.commitment(Part.REQUEST, secret).digest(),
                none.commitment(Part.PROMPT, secret), none.commitment(Part.OUTPUT, secret),
                none.commitment(Part.TEXT, secret), r.sampling(), r.seed(), 0, StopReason.LENGTH, 0,
                r.boundaries(), Price.FREE, Optional.empty(), Optional.empty(), r.time());
        return ExampleBundle.of(receipt, none, ExampleBundle.NODE);
    }

    private static String salt(Part part) {
        return ExampleBundle.secret(ExampleBundle.INDEX).salt(part).hex();
    }

    private static void changeLine(String start, UnaryOperator<String> change) {
        String line = PLAIN.lines().filter(one -> one.startsWith(start)).findFirst().orElseThrow();
        String changed = change.apply(line);
        assertFalse(changed.equals(line), start);
        assertMalformed(Reason.PARTS_MALFORMED, PLAIN.replace(line, changed));
    }

    private static String text(Bundle bundle) {
        return new String(bundle.encode(), StandardCharsets.UTF_8);
    }

    private static void assertMalformed(Reason stage, String text) {
        assertFalse(text.equals(PLAIN));
        assertStage(stage, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertStage(Reason stage, byte[] bytes) {
        BundleReader reader = new BundleReader();
        MalformedException e = assertThrows(MalformedException.class, () -> reader.read(bytes));
        assertEquals(stage, reader.stage(), e.getMessage());
    }
}
