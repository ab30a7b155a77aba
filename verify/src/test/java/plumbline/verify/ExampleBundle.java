package plumbline.verify;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A node, its log of eight receipts, and bundles of them, all made of fixed insecure keys.
///
/// The example of spec/receipt.md and spec/bundle.md is the receipt at index 2 of the first five.
final class ExampleBundle {
    static final InsecureTestKeys.Signer NODE = node("insecure test node");
    static final InsecureTestKeys.Signer OTHER_NODE = node("another insecure test node");
    static final InsecureTestKeys.Signer WITNESS_A = InsecureTestKeys.witness("witness-a.example");
    static final InsecureTestKeys.Signer WITNESS_B = InsecureTestKeys.witness("witness-b.example");
    static final int INDEX = 2;
    static final int SIZE = 5;
    static final int LARGER = 8;

    static final String REQUEST = "{\"messages\":[{\"role\":\"user\",\"content\":"
            + "\"What does a plumb line show?\"}],\"max_tokens\":16,\"temperature\":0.7,"
            + "\"top_p\":0.9,\"seed\":7,\"logit_bias\":{\"28\":-1.5,\"314\":2}}";
    static final String TEXT = "Whether a wall is true \u2014 nothing else.";
    static final TokenIds PROMPT = TokenIds.of(1, 4093, 198, 1780, 1072, 253, 12190, 1761, 1297,
            47, 2, 198, 1, 520, 9531, 198);
    static final TokenIds OUTPUT = TokenIds.of(
            15291, 253, 3872, 314, 2629, 1841, 2672, 2104, 30, 2);

    private ExampleBundle() {
    }

    /// A node's signer under the default name: "plumbline/" and 12 hex digits of its key's digest.
    static InsecureTestKeys.Signer node(String seed) {
        var pair = InsecureTestKeys.pair(Digest.sha256(Ascii.bytes(seed)).bytes());
        byte[] raw = InsecureTestKeys.raw(pair);
        String name = "plumbline/" + Digest.sha256(raw).hex().substring(0, 12);
        return new InsecureTestKeys.Signer(VerifierKey.ed25519(name, raw), pair.getPrivate());
    }

    /// A signer of the same name as another, with another key.
    static InsecureTestKeys.Signer impostor(InsecureTestKeys.Signer of) {
        var pair = InsecureTestKeys.pair(Digest.sha256(Ascii.bytes("insecure impostor")).bytes());
        return new InsecureTestKeys.Signer(VerifierKey.ed25519(
                of.key().name(), InsecureTestKeys.raw(pair)), pair.getPrivate());
    }

    static Exchange exchange() {
        return new Exchange(REQUEST.getBytes(StandardCharsets.UTF_8), PROMPT, OUTPUT, TEXT,
                Optional.empty());
    }

    static Exchange continued() {
        return new Exchange(REQUEST.getBytes(StandardCharsets.UTF_8), PROMPT, OUTPUT, TEXT,
                Optional.of(TokenIds.of(15291, 253, 3872)));
    }

    static Secret secret(int entry) {
        return Secret.of(Digest.sha256(Ascii.bytes("insecure test secret " + entry)).bytes());
    }

    static Sampling sampling() {
        return new Sampling(45_875, 0, 58_982, 0, 65_536, 0, 0,
                new TreeMap<>(Map.of(28, -98_304, 314, 131_072)));
    }

    static Receipt receipt() {
        return receipt(NODE.key(), INDEX, exchange());
    }

    /// The receipt of a log entry, all of whose lines have values that matter.
    static Receipt receipt(VerifierKey node, int entry, Exchange exchange) {
        Secret secret = secret(entry);
        String id = Digest.sha256(Ascii.bytes("insecure test id " + entry)).hex();
        return new Receipt(
                new ReceiptId(id.substring(0, 32)),
                Receipt.ARITHMETIC,
                new ModelId(Digest.sha256(Ascii.bytes("insecure test model"))),
                Digest.sha256(Ascii.bytes("insecure test weights")),
                node,
                new Nonce(Digest.sha256(Ascii.bytes("insecure test nonce " + entry)),
                        Nonce.ChosenBy.CLIENT),
                Endpoint.CHAT_COMPLETIONS,
                exchange.commitment(Part.REQUEST, secret).digest(),
                exchange.commitment(Part.PROMPT, secret),
                exchange.commitment(Part.OUTPUT, secret),
                exchange.commitment(Part.TEXT, secret),
                sampling(),
                new SeedSource.Given(7),
                16,
                StopReason.END,
                0,
                Digest.sha256(Ascii.bytes("insecure test boundaries")),
                new Price(1_250, "usd/1e6"),
                Optional.of("voucher:17"),
                exchange.prefix().isPresent()
                        ? Optional.of(exchange.commitment(Part.PREFIX, secret)) : Optional.empty(),
                Instant.parse("2026-11-21T07:40:00.123Z").plusMillis(entry));
    }

    /// A log whose entry [#INDEX] is `ours`; the others are receipts of the same node.
    static List<Digest> leaves(Receipt ours, int size) {
        List<Digest> leaves = new ArrayList<>();
        for (int entry = 0; entry < size; entry++) {
            Receipt receipt = entry == INDEX ? ours : receipt(ours.node(), entry, exchange());
            leaves.add(MerkleTree.leafHash(receipt.digest().bytes()));
        }
        return leaves;
    }

    static Checkpoint checkpoint(Receipt ours, int size) {
        return new Checkpoint(ours.origin(), size, MerkleTree.root(leaves(ours, size)));
    }

    static TlogProof proof(Receipt ours, InsecureTestKeys.Signer signer, int size) {
        return new TlogProof(INDEX, inclusion(leaves(ours, size), INDEX),
                signer.note(checkpoint(ours, size).body()));
    }

    static Bundle of(Receipt receipt, Exchange exchange, InsecureTestKeys.Signer signer) {
        return Bundle.of(receipt, exchange, secret(INDEX), proof(receipt, signer, SIZE));
    }

    static Bundle plain() {
        return of(receipt(), exchange(), NODE);
    }

    /// What another server has answered, in four pieces: no token is known (spec/upstream.md U4).
    static Exchange passedOn() {
        return new Exchange(REQUEST.getBytes(StandardCharsets.UTF_8), TokenIds.of(0), TokenIds.of(0, 0, 0, 0, 0), TEXT,
                Optional.empty());
    }

    static Receipt upstreamReceipt() {
        try {
            return Receipt.parse(Ascii.bytes(ReceiptText.of(receipt(NODE.key(), INDEX, passedOn()))
                    .replaceFirst("(?m)^arithmetic .*$", "arithmetic " + Receipt.UPSTREAM)
                    .replaceFirst("(?m)^boundaries .*$", "boundaries " + "0".repeat(64))));
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    static Bundle upstream() {
        return of(upstreamReceipt(), passedOn(), NODE);
    }

    static Bundle withPrefix() {
        return of(receipt(NODE.key(), INDEX, continued()), continued(), NODE);
    }

    static Bundle larger() {
        return Bundle.of(receipt(), exchange(), secret(INDEX), proof(receipt(), NODE, LARGER));
    }

    /// The plain bundle with cosignatures in the order of the names.
    static Bundle witnessed() {
        TlogProof proof = proof(receipt(), NODE, SIZE);
        String text = proof.note().text();
        SignedNote note = proof.note().with(WITNESS_A.cosign(1_795_246_800L, text))
                .with(WITNESS_B.cosign(1_795_246_801L, text));
        return Bundle.of(receipt(), exchange(), secret(INDEX),
                new TlogProof(proof.index(), proof.hashes(), note));
    }

    /// RFC 6962 section 2.1.1, from all leaves: slow and plain.
    static List<Digest> inclusion(List<Digest> leaves, int index) {
        if (leaves.size() == 1) {
            return new ArrayList<>();
        }
        int split = (int) MerkleTree.split(leaves.size());
        boolean left = index < split;
        List<Digest> near = left ? leaves.subList(0, split) : leaves.subList(split, leaves.size());
        List<Digest> far = left ? leaves.subList(split, leaves.size()) : leaves.subList(0, split);
        List<Digest> proof = inclusion(near, left ? index : index - split);
        proof.add(MerkleTree.root(far));
        return proof;
    }

    /// RFC 6962 section 2.1.2, from all leaves: slow and plain.
    static List<Digest> consistency(List<Digest> leaves, int size, boolean complete) {
        if (size == leaves.size()) {
            return complete ? new ArrayList<>() : new ArrayList<>(List.of(MerkleTree.root(leaves)));
        }
        int split = (int) MerkleTree.split(leaves.size());
        List<Digest> left = leaves.subList(0, split);
        List<Digest> right = leaves.subList(split, leaves.size());
        List<Digest> proof = size <= split
                ? consistency(left, size, complete) : consistency(right, size - split, false);
        proof.add(MerkleTree.root(size <= split ? right : left));
        return proof;
    }

    static Policy policy(String text) {
        try {
            return Policy.parse(text.getBytes(StandardCharsets.UTF_8));
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    static String witnessPolicy(String quorum) {
        return "witness A " + WITNESS_A.key().encode() + "\n"
                + "witness B " + WITNESS_B.key().encode() + "\n"
                + "group both all A B\n"
                + "quorum " + quorum + "\n";
    }

    static Verdict verify(byte[] bundle) {
        return verify(bundle, Expectations.none());
    }

    static Verdict verify(byte[] bundle, Expectations expectations) {
        return Verifier.verify(bundle, expectations, Trust.pinned(NODE.key()), Optional.empty());
    }
}
