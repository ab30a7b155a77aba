package plumbline.verify;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The text of a receipt, both ways (spec/receipt.md section 3).
final class ReceiptText {
    private static final String FORMAT = "receipt";
    private static final String TITLE = "plumbline receipt v1";
    private static final int ARITHMETIC_MAX = 64;
    private static final int NODE_MAX = 256;
    private static final int PAYMENT_MAX = 128;
    private static final int TIME_CHARACTERS = 24;
    private static final Instant TIME_MIN = Instant.parse("2000-01-01T00:00:00Z");
    private static final Instant TIME_MAX = Instant.parse("9999-12-31T23:59:59.999Z");
    private static final DateTimeFormatter TIME = DateTimeFormatter
            .ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private ReceiptText() {
    }

    static Receipt parse(byte[] bytes) throws MalformedException {
        if (bytes.length > Receipt.BYTES_MAX) {
            throw new MalformedException(FORMAT,
                    bytes.length + " bytes, at most " + Receipt.BYTES_MAX);
        }
        ReceiptLines lines = new ReceiptLines(bytes);
        Receipt receipt;
        try {
            receipt = parse(lines);
        } catch (MalformedException e) {
            throw MalformedException.atLine(FORMAT, lines.line(), e.format().equals(FORMAT)
                    ? e.what() : e.format() + ": " + e.what());
        }
        // The parsers above should leave nothing to find here; this makes it certain (R2).
        if (!Arrays.equals(receipt.encode(), bytes)) {
            throw new MalformedException(FORMAT, "not the one encoding of what it says");
        }
        return receipt;
    }

    private static Receipt parse(ReceiptLines lines) throws MalformedException {
        lines.expect(TITLE);
        ReceiptId id = ReceiptId.parse(lines.value("id"));
        String arithmetic = arithmetic(lines.value("arithmetic"));
        ModelId model = ModelId.parse(lines.value("model"));
        Digest weightsRoot = lines.digest("weights-root");
        VerifierKey node = node(lines.value("node"));
        Nonce nonce = Nonce.parse(lines.value("nonce"));
        Endpoint endpoint = endpoint(lines.value("endpoint"));
        Digest request = lines.digest("request");
        Commitment prompt = Commitment.parse("prompt", lines.value("prompt"), 1);
        Commitment output = Commitment.parse("output", lines.value("output"), 0);
        Commitment text = Commitment.parse("text", lines.value("text"), 0);
        Sampling sampling = Sampling.parse(lines);
        SeedSource seed = SeedSource.parse(lines.value("seed"));
        int maxTokens = lines.integer("max-tokens", 0, Receipt.COUNT_MAX);
        StopReason stop = stop(lines.value("stop"));
        int choice = lines.integer("choice", 0, Receipt.CHOICE_MAX);
        Digest boundaries = lines.digest("boundaries");
        Price price = Price.parse(lines.value("price"));
        Optional<String> payment = payment(lines.value("payment"));
        Optional<Commitment> prefix = prefix(lines.value("prefix"));
        Instant time = time(lines.value("time"));
        lines.end();
        Optional<String> contradiction = contradiction(output.count(), maxTokens, stop, prefix);
        if (contradiction.isPresent()) {
            throw new MalformedException(FORMAT, contradiction.get());
        }
        if (arithmetic.equals(Receipt.UPSTREAM) && !isNothing(boundaries)) {
            throw new MalformedException(FORMAT, "another server gave the answer, but there are boundaries of states");
        }
        return new Receipt(id, arithmetic, model, weightsRoot, node, nonce, endpoint, request,
                prompt, output, text, sampling, seed, maxTokens, stop, choice, boundaries, price,
                payment, prefix, time);
    }

    static String of(Receipt receipt) {
        return TITLE + "\n"
                + "id " + receipt.id() + "\n"
                + "arithmetic " + receipt.arithmetic() + "\n"
                + "model " + receipt.model() + "\n"
                + "weights-root " + receipt.weightsRoot().hex() + "\n"
                + "node " + receipt.node().encode() + "\n"
                + "nonce " + receipt.nonce() + "\n"
                + "endpoint " + receipt.endpoint().path() + "\n"
                + "request " + receipt.request().hex() + "\n"
                + "prompt " + receipt.prompt() + "\n"
                + "output " + receipt.output() + "\n"
                + "text " + receipt.text() + "\n"
                + receipt.sampling().lines()
                + "seed " + receipt.seed() + "\n"
                + "max-tokens " + receipt.maxTokens() + "\n"
                + "stop " + receipt.stop().word() + "\n"
                + "choice " + receipt.choice() + "\n"
                + "boundaries " + receipt.boundaries().hex() + "\n"
                + "price " + receipt.price() + "\n"
                + "payment " + receipt.payment().orElse("-") + "\n"
                + "prefix " + receipt.prefix().map(Commitment::toString).orElse("-") + "\n"
                + "time " + TIME.format(receipt.time()) + "\n";
    }

    /// What two lines say that can't both be true (R19, R20, R21).
    static Optional<String> contradiction(
            int outputCount, int maxTokens, StopReason stop, Optional<Commitment> prefix) {
        if (outputCount > maxTokens) {
            return Optional.of(outputCount + " output ids, but max-tokens is " + maxTokens);
        }
        if (stop == StopReason.LENGTH && outputCount != maxTokens) {
            return Optional.of("stopped by length at " + outputCount
                    + " output ids, but max-tokens is " + maxTokens);
        }
        boolean needsOutput = stop == StopReason.END || stop == StopReason.STRING;
        if (needsOutput && outputCount == 0) {
            return Optional.of("stop is " + stop.word() + ", but there is no output id");
        }
        int prefixCount = prefix.map(Commitment::count).orElse(1);
        if (prefixCount < 1 || prefix.isPresent() && prefixCount > outputCount) {
            return Optional.of("a prefix of " + prefixCount + " ids for an output of "
                    + outputCount + "; it must have at least one and at most all of them");
        }
        return Optional.empty();
    }

    /// Whether a digest is 32 zero bytes, which commit to nothing.
    static boolean isNothing(Digest digest) {
        return digest.equals(Digest.of(new byte[Digest.BYTES]));
    }

    static boolean isArithmetic(String name) {
        boolean good = !name.isEmpty() && name.length() <= ARITHMETIC_MAX;
        for (int i = 0; good && i < name.length(); i++) {
            char c = name.charAt(i);
            good = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-';
        }
        return good;
    }

    static boolean isNode(VerifierKey node) {
        String text = node.encode();
        return node.type() == VerifierKey.Type.ED25519
                && text.length() <= NODE_MAX && Ascii.isGraphic(text);
    }

    static boolean isPayment(String reference) {
        return !reference.isEmpty() && reference.length() <= PAYMENT_MAX
                && Ascii.isGraphic(reference) && !reference.equals("-");
    }

    static boolean isTime(Instant time) {
        return !time.isBefore(TIME_MIN) && !time.isAfter(TIME_MAX)
                && time.getNano() % 1_000_000 == 0;
    }

    private static String arithmetic(String text) throws MalformedException {
        if (!isArithmetic(text)) {
            throw Malformed.value("arithmetic", text, "must be 1.." + ARITHMETIC_MAX
                    + " of a-z, 0-9, point and hyphen");
        }
        return text;
    }

    private static VerifierKey node(String text) throws MalformedException {
        if (text.length() > NODE_MAX) {
            throw Malformed.value("node", text, "has " + text.length() + " characters, at most "
                    + NODE_MAX);
        }
        VerifierKey key = VerifierKey.parse(text);
        if (!isNode(key)) {
            throw Malformed.value("node", text, "must be an Ed25519 verifier key, type 1");
        }
        return key;
    }

    private static Endpoint endpoint(String text) throws MalformedException {
        return Endpoint.of(text).orElseThrow(() -> Malformed.value("endpoint", text,
                "must be /v1/chat/completions or /v1/completions"));
    }

    private static StopReason stop(String text) throws MalformedException {
        return StopReason.of(text).orElseThrow(() -> Malformed.value("stop", text,
                "must be end, length, string or cancelled"));
    }

    private static Optional<String> payment(String text) throws MalformedException {
        if (text.equals("-")) {
            return Optional.empty();
        }
        if (!isPayment(text)) {
            throw Malformed.value("payment", text, "must be \"-\" or 1.." + PAYMENT_MAX
                    + " printable ASCII characters without space");
        }
        return Optional.of(text);
    }

    private static Optional<Commitment> prefix(String text) throws MalformedException {
        return text.equals("-")
                ? Optional.empty() : Optional.of(Commitment.parse("prefix", text, 1));
    }

    private static Instant time(String text) throws MalformedException {
        if (text.length() == TIME_CHARACTERS) {
            try {
                Instant time = Instant.parse(text);
                // The JDK also reads other spellings, hour 24 and second 60.
                if (isTime(time) && TIME.format(time).equals(text)) {
                    return time;
                }
            } catch (DateTimeException e) {
                // Not a time at all: said below.
            }
        }
        throw Malformed.value("time", text, "must be like 2026-11-21T07:40:00.123Z");
    }
}
