package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// spec/receipt.md R1 to R25.
final class ReceiptTest {
    private static final String TEXT = ReceiptText.of(ExampleBundle.receipt());

    @Test
    void readsWhatItWrites_R3() throws MalformedException {
        for (Receipt receipt : new Receipt[] {ExampleBundle.receipt(),
                ExampleBundle.withPrefix().receipt()}) {
            assertEquals(receipt, Receipt.parse(receipt.encode()));
            assertArrayEquals(receipt.encode(), Receipt.parse(receipt.encode()).encode());
        }
    }

    /// Each row: the rule, a line of the example, and another line that is as valid.
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "R7|arithmetic plumbline-exact-1|arithmetic a.b-9",
        "R10|@client|@node",
        "R11|endpoint /v1/chat/completions|endpoint /v1/completions",
        "R12|temperature 45875|temperature 0",
        "R12|temperature 45875|temperature 2097152",
        "R12|top-k 0|top-k 1048576",
        "R12|top-p 58982|top-p 1",
        "R12|top-p 58982|top-p 65536",
        "R12|min-p 0|min-p 65536",
        "R12|repetition-penalty 65536|repetition-penalty 1",
        "R12|repetition-penalty 65536|repetition-penalty 1048576",
        "R12|presence-penalty 0|presence-penalty -1048576",
        "R12|frequency-penalty 0|frequency-penalty 1048576",
        "R13|logit-bias 28:-98304,314:131072|logit-bias -",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 0:0,2147483647:-6553600",
        "R16|seed given 7|seed nonce",
        "R16|seed given 7|seed given 0",
        "R16|seed given 7|seed given -9223372036854775808",
        "R16|seed given 7|seed given 9223372036854775807",
        "R17|max-tokens 16|max-tokens 1048576",
        "R18|stop end|stop string",
        "R18|stop end|stop cancelled",
        "R22|price 1250 usd/1e6|price 0 -",
        "R22|price 1250 usd/1e6|price 18446744073709551615 a:B.c-9/",
        "R23|payment voucher:17|payment -",
        "R23|payment voucher:17|payment ~!--",
        "R24|choice 0|choice 65535",
        "R25|time 2026-11-21T07:40:00.125Z|time 2000-01-01T00:00:00.000Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 9999-12-31T23:59:59.999Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2028-02-29T23:59:59.999Z",
    })
    void acceptsOtherValuesWithinTheBounds(String rule, String from, String to)
            throws MalformedException {
        byte[] bytes = replaced(from, to);
        assertArrayEquals(bytes, Receipt.parse(bytes).encode(), rule);
    }

    /// Each row: the rule, a line of the example, and what must not stand there.
    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, value = {
        "R2|plumbline receipt v1|plumbline receipt v2",
        "R2|plumbline receipt v1|Plumbline receipt v1",
        "R2|plumbline receipt v1|plumbline receipt v1 ",
        "R2|arithmetic plumbline-exact-1|arithmetic  plumbline-exact-1",
        "R2|arithmetic plumbline-exact-1|arithmetic\tplumbline-exact-1",
        "R2|choice 0|choice: 0",
        "R2|choice 0| choice 0",
        "R2|choice 0|choice 0 ",
        "R2|choice 0|choice",
        "R2|choice 0|choice ",
        "R2|choice 0|Choice 0",
        "R5|max-tokens 16|max-tokens 016",
        "R5|max-tokens 16|max-tokens +16",
        "R5|max-tokens 16|max-tokens 16.0",
        "R5|max-tokens 16|max-tokens 0x10",
        "R5|max-tokens 16|max-tokens 1e1",
        "R5|max-tokens 16|max-tokens 99999999999999999999",
        "R5|max-tokens 16|max-tokens 9999999999999999999999999999",
        "R5|presence-penalty 0|presence-penalty -0",
        "R5|presence-penalty 0|presence-penalty --1",
        "R5|presence-penalty 0|presence-penalty -",
        "R7|arithmetic plumbline-exact-1|arithmetic Plumbline",
        "R7|arithmetic plumbline-exact-1|arithmetic a_b",
        "R8|@model sha256:|@model sha512:",
        "R8|@model sha256:|@model SHA256:",
        "R8|@model sha256:|@model ",
        "R9|@node plumbline/|@node plumbline/x",
        "R9|@node plumbline/|@node ",
        "R10|@ client|@ Client",
        "R10|@ client|@ auditor",
        "R10|@ client|@",
        "R10|@ client|@ client node",
        "R11|endpoint /v1/chat/completions|endpoint /v1/chat/completions/",
        "R11|endpoint /v1/chat/completions|endpoint /v1/embeddings",
        "R12|temperature 45875|temperature -1",
        "R12|temperature 45875|temperature 2097153",
        "R12|top-k 0|top-k -1",
        "R12|top-k 0|top-k 1048577",
        "R12|top-p 58982|top-p 0",
        "R12|top-p 58982|top-p 65537",
        "R12|min-p 0|min-p -1",
        "R12|min-p 0|min-p 65537",
        "R12|repetition-penalty 65536|repetition-penalty 0",
        "R12|repetition-penalty 65536|repetition-penalty 1048577",
        "R12|presence-penalty 0|presence-penalty -1048577",
        "R12|frequency-penalty 0|frequency-penalty 1048577",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 314:131072,28:-98304",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 28:-98304,28:131072",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 28:-98304,",
        "R13|logit-bias 28:-98304,314:131072|logit-bias ,28:-98304",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 28:-98304;314:131072",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 28-98304",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 28:",
        "R13|logit-bias 28:-98304,314:131072|logit-bias :1",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 28:6553601",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 2147483648:1",
        "R13|logit-bias 28:-98304,314:131072|logit-bias -1:1",
        "R13|logit-bias 28:-98304,314:131072|logit-bias 028:1",
        "R13|logit-bias 28:-98304,314:131072|logit-bias --",
        "R16|seed given 7|seed given 07",
        "R16|seed given 7|seed given 9223372036854775808",
        "R16|seed given 7|seed given",
        "R16|seed given 7|seed 7",
        "R16|seed given 7|seed Nonce",
        "R17|max-tokens 16|max-tokens -1",
        "R17|max-tokens 16|max-tokens 1048577",
        "R18|stop end|stop eos",
        "R19|max-tokens 16|max-tokens 9",
        "R19|stop end|stop length",
        "R22|price 1250 usd/1e6|price 0 usd",
        "R22|price 1250 usd/1e6|price 1250 -",
        "R22|price 1250 usd/1e6|price 1250",
        "R22|price 1250 usd/1e6|price -1 usd",
        "R22|price 1250 usd/1e6|price 18446744073709551616 usd",
        "R22|price 1250 usd/1e6|price 1250 us d",
        "R22|price 1250 usd/1e6|price 1250 us_d",
        "R22|price 1250 usd/1e6|price 1250 ",
        "R22|price 1250 usd/1e6|price 1 a23456789a123456789a123456789a123",
        "R23|payment voucher:17|payment vou cher",
        "R23|payment voucher:17|payment ",
        "R24|choice 0|choice 65536",
        "R24|choice 0|choice -1",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-11-21T07:40:00Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-11-21T07:40:00.12Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-11-21T07:40:00.125z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-11-21 07:40:00.125Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-02-29T07:40:00.125Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-11-21T24:00:00.000Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-11-21T23:59:60.125Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-13-21T07:40:00.125Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 1999-12-31T23:59:59.999Z",
        "R25|time 2026-11-21T07:40:00.125Z|time 2026-11-21T07:40:0.1250Z",
    })
    void rejectsValuesThatAreNotInTheirOneForm(String rule, String from, String to) {
        assertMalformed(rule + ": " + to, replaced(from, to));
    }

    @Test
    void rejectsEachLineDroppedDoubledOrSwapped_R2() {
        String[] lines = TEXT.split("(?<=\n)");
        assertEquals(29, lines.length);
        for (int i = 0; i < lines.length; i++) {
            String before = String.join("", Arrays.copyOf(lines, i));
            String after = String.join("", Arrays.copyOfRange(lines, i + 1, lines.length));
            assertMalformed("dropped " + i, Ascii.bytes(before + after));
            assertMalformed("doubled " + i, Ascii.bytes(before + lines[i] + lines[i] + after));
            if (i > 0) {
                String[] swapped = lines.clone();
                swapped[i] = lines[i - 1];
                swapped[i - 1] = lines[i];
                assertMalformed("swapped " + i, Ascii.bytes(String.join("", swapped)));
            }
        }
    }

    @Test
    void rejectsDigestsInUppercaseShortOrLong_R4_R6_R8_R14_R24() {
        for (String key : new String[] {"id", "model", "weights-root", "nonce", "request", "prompt",
                "output", "text", "boundaries"}) {
            int line = TEXT.indexOf("\n" + key + " ") + 1;
            int digit = TEXT.indexOf(' ', line) + 1
                    + (key.equals("model") ? "sha256:".length() : 0);
            String before = TEXT.substring(0, digit);
            String after = TEXT.substring(digit + 1);
            for (String wrong : new String[] {"", "00", "A", "g", "-", " "}) {
                assertMalformed(key + " " + wrong, Ascii.bytes(before + wrong + after));
            }
        }
    }

    @Test
    void rejectsCountsOutOfBoundsOrMissing_R15() {
        for (String counted : new String[] {"prompt", "output", "text"}) {
            int at = TEXT.indexOf(" ", TEXT.indexOf("\n" + counted + " ") + counted.length() + 2);
            String before = TEXT.substring(0, at);
            String after = TEXT.substring(TEXT.indexOf('\n', at));
            for (String count : new String[] {" -1", " 1048577", " 01", " ", "", " 1 1", " x"}) {
                assertMalformed(counted + count, Ascii.bytes(before + count + after));
            }
        }
        int prompt = TEXT.indexOf("\nprompt ");
        assertMalformed("empty prompt", Ascii.bytes(TEXT.substring(0, prompt)
                + TEXT.substring(prompt).replaceFirst(" 16\n", " 0\n")));
    }

    @Test
    void rejectsReceiptsThatContradictThemselves_R19_R20_R21() {
        String digest = "0".repeat(64);
        assertMalformed("prefix of none", replaced("prefix -", "prefix " + digest + " 0"));
        assertMalformed("longer than the output", replaced("prefix -", "prefix " + digest + " 11"));
        assertMalformed("without count", replaced("prefix -", "prefix " + digest));
        String empty = TEXT.replaceFirst("(?m)^output (\\S+) 10$", "output $1 0");
        assertMalformed("end without output", Ascii.bytes(empty));
        assertMalformed("string without output",
                Ascii.bytes(empty.replace("stop end", "stop string")));
        assertMalformed("length too early", Ascii.bytes(empty.replace("stop end", "stop length")));
    }

    @Test
    void acceptsAnEmptyOutputAndAFullPrefix_R19_R20_R21() throws MalformedException {
        String empty = TEXT.replaceFirst("(?m)^output (\\S+) 10$", "output $1 0");
        Receipt.parse(Ascii.bytes(empty.replace("stop end", "stop cancelled")));
        Receipt.parse(Ascii.bytes(empty.replace("stop end", "stop length")
                .replace("max-tokens 16", "max-tokens 0")));
        Receipt.parse(replaced("prefix -", "prefix " + "0".repeat(64) + " 10"));
    }

    @Test
    void rejectsAnotherKindOfKeyAsNode_R9() {
        String witness = ExampleBundle.WITNESS_A.key().encode();
        assertMalformed("witness key", replaced(ExampleBundle.NODE.key().encode(), witness));
        byte[] raw = ExampleBundle.NODE.key().publicKey();
        String unicode = VerifierKey.ed25519("pl\u00fcmb", raw).encode();
        assertMalformed("not ASCII", replacedUtf8(ExampleBundle.NODE.key().encode(), unicode));
        String longName = VerifierKey.ed25519("n".repeat(255), raw).encode();
        assertMalformed("too long", replaced(ExampleBundle.NODE.key().encode(), longName));
    }

    @Test
    void rejectsOtherBytes_R1() {
        assertMalformed("nothing", new byte[0]);
        assertMalformed("no last newline", Ascii.bytes(TEXT.substring(0, TEXT.length() - 1)));
        assertMalformed("more", Ascii.bytes(TEXT + "\n"));
        assertMalformed("more", Ascii.bytes(TEXT + "x"));
        assertMalformed("line ends of Windows", Ascii.bytes(TEXT.replace("\n", "\r\n")));
        assertMalformed("too large", Ascii.bytes(TEXT + "x".repeat(Receipt.BYTES_MAX)));
        byte[] zero = Ascii.bytes(TEXT);
        for (byte odd : new byte[] {0, 9, 11, 13, 27, 127, -1, (byte) 0x80, (byte) 0xc3}) {
            zero[40] = odd;
            assertMalformed("byte " + odd, zero);
        }
    }

    /// The value was computed with another SHA-256 from the file.
    @Test
    void isLoggedUnderTheDigestOfItsBytes_S4() {
        assertEquals("f3e01b603ad2ff3c2d6bc733a3f951b2aec56efc2ffcbe55c3af27a41f621665",
                ExampleBundle.receipt().digest().hex());
    }

    @Test
    void namesTheLineAndBothValues() {
        MalformedException e = assertThrows(MalformedException.class,
                () -> Receipt.parse(replaced("max-tokens 16", "max-tokens 1048577")));
        assertTrue(e.getMessage().contains("line 22"), e.getMessage());
        assertTrue(e.getMessage().contains("1048577"), e.getMessage());
        assertTrue(e.getMessage().contains("1048576"), e.getMessage());
    }

    @Test
    void readsMostBiasesAndNotOneMore_R1_R13() throws MalformedException {
        StringBuilder biases = new StringBuilder();
        for (int i = 0; i < Sampling.BIASES_MAX; i++) {
            biases.append(i == 0 ? "" : ",").append(2_147_480_000 + i).append(":-6553600");
        }
        byte[] most = replaced("28:-98304,314:131072", biases.toString());
        assertArrayEquals(most, Receipt.parse(most).encode());
        assertMalformed("1,025", replaced("28:-98304,314:131072", biases + ",2147483647:1"));
    }

    @Test
    void refusesBoundariesOfAnAnswerThatAnotherServerGave_R7() throws MalformedException {
        String upstream = TEXT.replace("arithmetic plumbline-exact-1", "arithmetic upstream");
        assertMalformed("another server", Ascii.bytes(upstream));
        Receipt read = Receipt.parse(Ascii.bytes(
                upstream.replaceFirst("boundaries [0-9a-f]+", "boundaries " + "0".repeat(64))));
        assertTrue(read.isUpstream());
        assertFalse(ExampleBundle.receipt().isUpstream());
    }

    @Test
    void boundsTheNamesOfArithmeticsAndUnits_R7_R22() throws MalformedException {
        for (String good : new String[] {"a", "z", "0", "9", ".", "-", "a".repeat(64)}) {
            assertEquals(good,
                    Receipt.parse(replaced("arithmetic plumbline-exact-1", "arithmetic " + good)).arithmetic());
        }
        for (String bad : new String[] {"`", "{", "/", ":", ",", "A", "a".repeat(65)}) {
            assertThrows(MalformedException.class,
                    () -> Receipt.parse(replaced("arithmetic plumbline-exact-1", "arithmetic " + bad)), bad);
        }
        for (String good : new String[] {"a", "z", "A", "Z", "0", "9", ".", "/", ":", "a".repeat(32)}) {
            assertEquals(good, new Price(1, good).unit());
        }
        for (String bad : new String[] {"", "-", "`", "{", "@", "[", ",", ";", "a".repeat(33)}) {
            assertThrows(IllegalArgumentException.class, () -> new Price(1, bad), bad);
        }
        assertThrows(IllegalArgumentException.class, () -> new Price(0, "usd"));
    }

    @Test
    void refusesToMakeWhatItCouldNotRead() {
        Receipt good = ExampleBundle.receipt();
        assertThrows(IllegalArgumentException.class, () -> made(good, 9, 0, good.time(), "x"));
        assertThrows(IllegalArgumentException.class, () -> made(good, -1, 0, good.time(), "x"));
        assertThrows(IllegalArgumentException.class,
                () -> made(good, 16, 65_536, good.time(), "x"));
        assertThrows(IllegalArgumentException.class,
                () -> made(good, 16, 0, good.time().plusNanos(1), "x"));
        assertThrows(IllegalArgumentException.class, () -> made(good, 16, 0, Instant.EPOCH, "x"));
        assertThrows(IllegalArgumentException.class, () -> made(good, 16, 0, Instant.MAX, "x"));
        assertThrows(IllegalArgumentException.class, () -> made(good, 16, 0, good.time(), "-"));
        assertThrows(IllegalArgumentException.class, () -> made(good, 16, 0, good.time(), "a b"));
        assertThrows(IllegalArgumentException.class,
                () -> made(good, 16, 0, good.time(), "x".repeat(129)));
    }

    @Test
    void refusesToMakeWhatNamesNoArithmeticNoNodeAndNoPrompt() {
        Receipt r = ExampleBundle.receipt();
        assertEquals(r, named(r, r.arithmetic(), r.node(), r.prompt()));
        for (String arithmetic : new String[] {"", "a b", "upstream"}) {
            assertThrows(IllegalArgumentException.class, () -> named(r, arithmetic, r.node(), r.prompt()));
        }
        assertThrows(IllegalArgumentException.class,
                () -> named(r, r.arithmetic(), ExampleBundle.WITNESS_A.key(), r.prompt()));
        assertThrows(IllegalArgumentException.class, () -> named(r, r.arithmetic(), r.node(),
                new Commitment(r.prompt().digest(), 0)));
        assertThrows(IllegalArgumentException.class, () -> made(r, 16, -1, r.time(), "x"));
        assertThrows(IllegalArgumentException.class, () -> made(r, Receipt.COUNT_MAX + 1, 0, r.time(), "x"));
    }

    private static Receipt named(Receipt r, String arithmetic, VerifierKey node, Commitment prompt) {
        return new Receipt(r.id(), arithmetic, r.model(), r.weightsRoot(), node, r.nonce(),
                r.endpoint(), r.request(), prompt, r.output(), r.text(), r.sampling(), r.seed(),
                r.maxTokens(), r.stop(), r.choice(), r.boundaries(), r.price(), r.payment(), r.prefix(), r.time());
    }

    private static Receipt made(
            Receipt r, int maxTokens, int choice, Instant time, String payment) {
        return new Receipt(r.id(), r.arithmetic(), r.model(), r.weightsRoot(), r.node(), r.nonce(),
                r.endpoint(), r.request(), r.prompt(), r.output(), r.text(), r.sampling(), r.seed(),
                maxTokens, r.stop(), choice, r.boundaries(), r.price(), Optional.of(payment),
                r.prefix(), time);
    }

    /// A leading @ stands for "anywhere in the text", to keep long digests out of the tables.
    private static byte[] replaced(String from, String to) {
        String find = from.startsWith("@") ? from.substring(1) : from;
        String put = to.startsWith("@") ? to.substring(1) : to;
        assertTrue(TEXT.contains(find), find);
        assertFalse(find.equals(put));
        return Ascii.bytes(TEXT.replace(find, put));
    }

    private static byte[] replacedUtf8(String from, String to) {
        return TEXT.replace(from, to).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private static void assertMalformed(String what, byte[] bytes) {
        assertThrows(MalformedException.class, () -> Receipt.parse(bytes), what);
    }
}
