package plumbline.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Makes the golden bundles of vectors/bundle.
///
/// Tests read the files and never write them; they fail where the files are not what this class
/// makes. Run `main` with the folder as argument after a deliberate change of the format.
final class BundleVectors {
    private static final String NODE = ExampleBundle.NODE.key().encode();

    private final SortedMap<String, byte[]> files = new TreeMap<>();
    private final List<Map<String, String>> cases = new ArrayList<>();

    private BundleVectors() {
    }

    /// @param args the folder to write to
    public static void main(String[] args) throws IOException {
        for (Map.Entry<String, byte[]> file : make().entrySet()) {
            Files.write(Path.of(args[0]).resolve(file.getKey()), file.getValue());
        }
    }

    /// The files by name, the index among them.
    static SortedMap<String, byte[]> make() {
        BundleVectors vectors = new BundleVectors();
        vectors.accepted();
        vectors.rejectedFormat();
        vectors.rejectedLog();
        vectors.rejectedParts();
        vectors.rejectedReader();
        vectors.upstream();
        vectors.files.put("index.txt", vectors.index().getBytes(StandardCharsets.UTF_8));
        return vectors.files;
    }

    private void accepted() {
        file("plain.txt", ExampleBundle.plain().encode());
        file("continued.txt", ExampleBundle.withPrefix().encode());
        file("witnessed.txt", ExampleBundle.witnessed().encode());
        file("larger.txt", ExampleBundle.larger().encode());
        file("witnesses.policy",
                ExampleBundle.witnessPolicy("both").getBytes(StandardCharsets.UTF_8));
        file("log.policy", ("log " + NODE + "\nquorum none\n").getBytes(StandardCharsets.UTF_8));
        accept("pinned", "plain.txt", "pinned", NODE);
        accept("expected-key", "plain.txt", "key", NODE);
        accept("continued-answer", "continued.txt", "pinned", NODE);
        accept("witnessed-by-two", "witnessed.txt", "pinned", NODE, "policy", "witnesses.policy");
        accept("log-named-in-policy", "plain.txt", "policy", "log.policy");
        accept("everything-expected", "plain.txt", "pinned", NODE,
                "model", ExampleBundle.receipt().model().toString(),
                "request", base64(ExampleBundle.REQUEST), "answer", base64(ExampleBundle.TEXT),
                "seed", "7", "nonce", ExampleBundle.receipt().nonce().value().hex());
        accept("unpinned-but-replayed", "plain.txt", "replay", "same");
        accept("same-checkpoint-remembered", "plain.txt", "pinned", NODE,
                "remembered", remembered(ExampleBundle.SIZE));
        accept("log-grew", "larger.txt", "pinned", NODE,
                "remembered", remembered(ExampleBundle.SIZE), "consistency", consistency());
        accept("older-than-remembered", "plain.txt", "pinned", NODE,
                "remembered", remembered(ExampleBundle.LARGER), "consistency", consistency());
        accept("consistency-not-at-hand", "larger.txt", "pinned", NODE,
                "remembered", remembered(ExampleBundle.SIZE));
    }

    private void rejectedFormat() {
        change("title-of-version-2", "bundle v1", "bundle v2", Reason.BUNDLE_MALFORMED);
        change("last-newline-missing", "\n$", "", Reason.PROOF_MALFORMED);
        change("trailing-byte", "\n$", "\n\n", Reason.PROOF_MALFORMED);
        change("receipt-line-missing", "\ntop-k 0", "", Reason.RECEIPT_MALFORMED);
        change("receipt-lines-swapped", "(choice 0\n)(boundaries .*\n)", "$2$1",
                Reason.RECEIPT_MALFORMED);
        change("receipt-leading-zero", "max-tokens 16", "max-tokens 016", Reason.RECEIPT_MALFORMED);
        change("receipt-longer-than-max-tokens", "max-tokens 16", "max-tokens 9",
                Reason.RECEIPT_MALFORMED);
        change("receipt-uppercase-hex", "\nid 5", "\nid A", Reason.RECEIPT_MALFORMED);
        change("part-base64-not-canonical", "Lg==\n", "Lh==\n", Reason.PARTS_MALFORMED);
        change("part-base64-not-padded", "Lg==\n", "Lg\n", Reason.PARTS_MALFORMED);
        change("part-ids-cut", "(?m)^(output .{64}) .*==$", "$1 AAAA", Reason.PARTS_MALFORMED);
        change("part-text-not-utf8", "(?m)^(text .{64}) .*==$", "$1 /w==", Reason.PARTS_MALFORMED);
        change("part-twice", "(?m)^(request .{65}.*\n)", "$1$1", Reason.PARTS_MALFORMED);
        change("extra-line", "proof@v1\n", "proof@v1\nextra AAAA\n", Reason.PROOF_MALFORMED);
        change("size-with-leading-zero", "\n5\n", "\n05\n", Reason.PROOF_MALFORMED);
        String swapped = "(?m)^(\u2014 witness-a.*\n)(\u2014 witness-b.*\n)";
        byte[] order = replaced(ExampleBundle.witnessed().encode(), swapped, "$2$1");
        file("witnesses-out-of-order.txt", order);
        reject("witnesses-out-of-order", "witnesses-out-of-order.txt", Reason.PROOF_MALFORMED,
                "pinned", NODE, "policy", "witnesses.policy");
    }

    private void rejectedLog() {
        change("signature-bit-flipped", "4xBNJ5pLi/8m", "4xBNJ5pLi/8n", Reason.SIGNATURE_INVALID);
        change("root-changed", "lhHl/lx0", "mhHl/lx0", Reason.SIGNATURE_INVALID);
        change("size-changed", "\n5\n", "\n6\n", Reason.SIGNATURE_INVALID);
        change("origin-changed", "\n\nplumbline/e", "\n\nplumbline/f", Reason.ORIGIN_MISMATCH);
        change("index-of-another-receipt", "index 2", "index 3", Reason.NOT_IN_LOG);
        change("index-beyond-the-log", "index 2", "index 5", Reason.NOT_IN_LOG);
        change("proof-hash-missing", "fZynoG.*\n", "", Reason.NOT_IN_LOG);
        change("receipt-other-time", "07:40:00.125Z", "07:40:00.126Z", Reason.NOT_IN_LOG);
        change("receipt-other-price", "price 1250", "price 1251", Reason.NOT_IN_LOG);
        bundle("signed-by-another-key", ExampleBundle.of(ExampleBundle.receipt(),
                ExampleBundle.exchange(), ExampleBundle.impostor(ExampleBundle.NODE)),
                Reason.SIGNED_BY_ANOTHER_KEY);
        Receipt other = ExampleBundle.receipt(
                ExampleBundle.OTHER_NODE.key(), ExampleBundle.INDEX, ExampleBundle.exchange());
        bundle("proof-of-another-log", Bundle.of(ExampleBundle.receipt(), ExampleBundle.exchange(),
                ExampleBundle.secret(ExampleBundle.INDEX), ExampleBundle.proof(
                        other, ExampleBundle.OTHER_NODE, ExampleBundle.SIZE)),
                Reason.ORIGIN_MISMATCH);
        bundle("log-truncated", Bundle.of(ExampleBundle.receipt(), ExampleBundle.exchange(),
                ExampleBundle.secret(ExampleBundle.INDEX), new TlogProof(ExampleBundle.INDEX,
                        ExampleBundle.plain().proof().hashes(), ExampleBundle.NODE.note(
                        ExampleBundle.checkpoint(ExampleBundle.receipt(), 2).body()))),
                Reason.NOT_IN_LOG);
    }

    private void rejectedParts() {
        Exchange e = ExampleBundle.exchange();
        parts("other-request", new Exchange("{}".getBytes(StandardCharsets.UTF_8), e.prompt(),
                e.output(), e.text(), e.prefix()), Reason.COMMITMENT_MISMATCH_REQUEST);
        parts("other-prompt", new Exchange(e.request(), TokenIds.of(1, 2, 3), e.output(), e.text(),
                e.prefix()), Reason.COMMITMENT_MISMATCH_PROMPT);
        parts("other-output", new Exchange(e.request(), e.prompt(), TokenIds.of(520, 2), e.text(),
                e.prefix()), Reason.COMMITMENT_MISMATCH_OUTPUT);
        parts("other-text", new Exchange(e.request(), e.prompt(), e.output(),
                "Whether a wall is high.", e.prefix()), Reason.COMMITMENT_MISMATCH_TEXT);
        Exchange c = new Exchange(e.request(), e.prompt(), e.output(), e.text(),
                Optional.of(TokenIds.of(15291, 253, 3873)));
        bundle("prefix-not-in-output", ExampleBundle.of(ExampleBundle.receipt(
                ExampleBundle.NODE.key(), ExampleBundle.INDEX, c), c, ExampleBundle.NODE),
                Reason.PREFIX_NOT_IN_OUTPUT);
        try {
            String text = ReceiptText.of(ExampleBundle.receipt());
            Receipt miscounted = Receipt.parse(Ascii.bytes(
                    text.replaceFirst("(?m)^(output .*) 10$", "$1 11")));
            bundle("output-miscounted", ExampleBundle.of(miscounted, e, ExampleBundle.NODE),
                    Reason.COUNT_MISMATCH_OUTPUT);
        } catch (MalformedException wrong) {
            throw new AssertionError(wrong);
        }
    }

    private void rejectedReader() {
        String impostor = ExampleBundle.impostor(ExampleBundle.NODE).key().encode();
        reject("nobody-pinned", "plain.txt", Reason.SIGNER_NOT_PINNED);
        reject("another-key-expected", "plain.txt", Reason.KEY_NOT_EXPECTED, "key", impostor);
        reject("another-key-pinned", "plain.txt", Reason.KEY_NOT_PINNED_ONE, "pinned", impostor);
        reject("log-not-in-policy", "another-node.txt", Reason.LOG_NOT_IN_POLICY,
                "key", ExampleBundle.OTHER_NODE.key().encode(), "policy", "log.policy");
        file("another-node.txt", ExampleBundle.of(ExampleBundle.receipt(
                ExampleBundle.OTHER_NODE.key(), ExampleBundle.INDEX, ExampleBundle.exchange()),
                ExampleBundle.exchange(), ExampleBundle.OTHER_NODE).encode());
        reject("witness-not-known", "witnessed.txt", Reason.SIGNATURE_UNKNOWN, "pinned", NODE);
        reject("too-few-witnesses", "plain.txt", Reason.QUORUM_NOT_MET,
                "pinned", NODE, "policy", "witnesses.policy");
        file("cosignature-invalid.txt", replaced(ExampleBundle.witnessed().encode(),
                "(?m)^(\u2014 witness-a\\S* \\S{20})(.)", "$1/"));
        reject("cosignature-invalid", "cosignature-invalid.txt", Reason.COSIGNATURE_INVALID,
                "pinned", NODE, "policy", "witnesses.policy");
        reject("fork", "plain.txt", Reason.FORK, "pinned", NODE, "remembered",
                NODE + " 5 " + Base64.encode(new byte[32]));
        reject("log-rewritten", "larger.txt", Reason.INCONSISTENT, "pinned", NODE, "remembered",
                NODE + " 5 " + Base64.encode(new byte[32]), "consistency", consistency());
        reject("another-model-expected", "plain.txt", Reason.MODEL_NOT_EXPECTED, "pinned", NODE,
                "model", "sha256:" + "0".repeat(64));
        reject("another-request-expected", "plain.txt", Reason.REQUEST_NOT_EXPECTED,
                "pinned", NODE, "request", base64(ExampleBundle.REQUEST + "\n"));
        reject("another-answer-expected", "plain.txt", Reason.ANSWER_NOT_EXPECTED,
                "pinned", NODE, "answer", base64(ExampleBundle.TEXT + "\n"));
        reject("another-seed-expected", "plain.txt", Reason.SEED_NOT_EXPECTED,
                "pinned", NODE, "seed", "8");
        reject("another-nonce-expected", "plain.txt", Reason.NONCE_NOT_EXPECTED,
                "pinned", NODE, "nonce", "0".repeat(64));
        reject("replay-differs", "plain.txt", Reason.REPLAY_DIFFERS,
                "pinned", NODE, "replay", "differs");
        reject("replay-impossible", "plain.txt", Reason.REPLAY_IMPOSSIBLE, "replay", "impossible");
    }

    /// What another server answered is signed for, and nothing more is ever said of it (spec/upstream.md U3, U6).
    private void upstream() {
        String upstream = "upstream.txt";
        file(upstream, ExampleBundle.upstream().encode());
        accept("upstream-signed", upstream, "pinned", NODE, "facts", "signed in-log upstream");
        accept("signed-and-replayed", "plain.txt", "pinned", NODE, "replay", "same",
                "facts", "signed in-log replayed");
        for (String outcome : List.of("same", "differs", "impossible")) {
            reject("upstream-replay-" + outcome, upstream, Reason.REPLAY_IMPOSSIBLE, "pinned", NODE, "replay", outcome);
        }
        reject("upstream-replay-unpinned", upstream, Reason.REPLAY_IMPOSSIBLE, "replay", "same");
        reject("upstream-nobody-pinned", upstream, Reason.SIGNER_NOT_PINNED);
        String arithmetic = "(?m)^arithmetic .*$";
        String boundaries = "(?m)^boundaries .*$";
        String nothing = "boundaries " + "0".repeat(64);
        changed("upstream-with-boundaries", ExampleBundle.upstream(), boundaries,
                "boundaries " + "0".repeat(63) + "1", Reason.RECEIPT_MALFORMED);
        changed("upstream-made-exact", ExampleBundle.upstream(), arithmetic,
                "arithmetic " + Receipt.ARITHMETIC, Reason.NOT_IN_LOG);
        change("exact-called-upstream", arithmetic, "arithmetic " + Receipt.UPSTREAM, Reason.RECEIPT_MALFORMED);
        byte[] made = replaced(replaced(ExampleBundle.plain().encode(), arithmetic,
                "arithmetic " + Receipt.UPSTREAM), boundaries, nothing);
        file("exact-made-upstream.txt", made);
        reject("exact-made-upstream", "exact-made-upstream.txt", Reason.NOT_IN_LOG, "pinned", NODE);
        bundle("upstream-other-text", Bundle.of(ExampleBundle.upstreamReceipt(), new Exchange(
                ExampleBundle.passedOn().request(), ExampleBundle.passedOn().prompt(),
                ExampleBundle.passedOn().output(), "Whether a wall is high.", Optional.empty()),
                ExampleBundle.secret(ExampleBundle.INDEX), ExampleBundle.upstream().proof()),
                Reason.COMMITMENT_MISMATCH_TEXT);
    }

    private static String remembered(int size) {
        Checkpoint checkpoint = ExampleBundle.checkpoint(ExampleBundle.receipt(), size);
        return NODE + " " + size + " " + Base64.encode(checkpoint.root().bytes());
    }

    private static String consistency() {
        List<Digest> leaves = ExampleBundle.leaves(ExampleBundle.receipt(), ExampleBundle.LARGER);
        return String.join(" ", ExampleBundle.consistency(leaves, ExampleBundle.SIZE, true).stream()
                .map(hash -> Base64.encode(hash.bytes())).toList());
    }

    /// The plain bundle with one place changed.
    private void change(String name, String regex, String by, Reason reason) {
        changed(name, ExampleBundle.plain(), regex, by, reason);
    }

    private void changed(String name, Bundle bundle, String regex, String by, Reason reason) {
        file(name + ".txt", replaced(bundle.encode(), regex, by));
        reject(name, name + ".txt", reason, "pinned", NODE);
    }

    private void parts(String name, Exchange exchange, Reason reason) {
        bundle(name, Bundle.of(ExampleBundle.receipt(), exchange,
                ExampleBundle.secret(ExampleBundle.INDEX), ExampleBundle.plain().proof()), reason);
    }

    private void bundle(String name, Bundle bundle, Reason reason) {
        file(name + ".txt", bundle.encode());
        reject(name, name + ".txt", reason, "pinned", NODE);
    }

    private static byte[] replaced(byte[] bytes, String regex, String by) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        String changed = text.replaceFirst(regex, by);
        if (changed.equals(text)) {
            throw new AssertionError("nothing to replace: " + regex);
        }
        return changed.getBytes(StandardCharsets.UTF_8);
    }

    private static String base64(String text) {
        return Base64.encode(text.getBytes(StandardCharsets.UTF_8));
    }

    private void file(String name, byte[] bytes) {
        if (files.put(name, bytes) != null) {
            throw new AssertionError("two files " + name);
        }
    }

    private void accept(String name, String bundle, String... inputs) {
        add(name, bundle, inputs).put("verdict", "accepted");
    }

    private void reject(String name, String bundle, Reason reason, String... inputs) {
        Map<String, String> one = add(name, bundle, inputs);
        one.put("verdict", "rejected");
        one.put("reason", reason.code());
    }

    private Map<String, String> add(String name, String bundle, String... inputs) {
        Map<String, String> one = new LinkedHashMap<>();
        one.put("case", name);
        one.put("bundle", bundle);
        for (int i = 0; i < inputs.length; i += 2) {
            one.put(inputs[i], inputs[i + 1]);
        }
        cases.add(one);
        return one;
    }

    private String index() {
        StringBuilder text = new StringBuilder();
        for (Map<String, String> one : cases) {
            text.append(text.isEmpty() ? "" : "\n");
            one.forEach((key, value) -> text.append(key).append(' ').append(value).append('\n'));
        }
        return text.toString();
    }
}
