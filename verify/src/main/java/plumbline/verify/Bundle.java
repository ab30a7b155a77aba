package plumbline.verify;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// A receipt, the private parts that open its commitments, and the proof that it is in its log.
///
/// One file that is checked without a node. It never holds the receipt's secret, only the salts.
/// That a bundle parses means nothing: [Verifier] decides. Immutable; one encoding.
/// Source: spec/bundle.md.
public final class Bundle {
    /// Most bytes of an encoded bundle.
    public static final int BYTES_MAX = 4 * 1024 * 1024;

    static final String TITLE = "plumbline bundle v1\n";

    private final Receipt receipt;
    private final Exchange exchange;
    private final Map<Part, Digest> salts;
    private final TlogProof proof;

    Bundle(Receipt receipt, Exchange exchange, Map<Part, Digest> salts, TlogProof proof) {
        this.receipt = receipt;
        this.exchange = exchange;
        this.salts = Collections.unmodifiableMap(new EnumMap<>(salts));
        this.proof = proof;
    }

    /// A bundle for the requester, with the salts that come from the receipt's secret.
    ///
    /// @param proof without extra data, its checkpoint without extensions; the log's signature
    ///     first, then at most the cosignatures that the reader's policy names, in the order of
    ///     spec/bundle.md B9
    /// @throws IllegalArgumentException if the proof is not like that
    public static Bundle of(Receipt receipt, Exchange exchange, Secret secret, TlogProof proof) {
        Map<Part, Digest> salts = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            if (exchange.has(part)) {
                salts.put(part, secret.salt(part));
            }
        }
        Optional<String> problem = BundleReader.problemIn(proof);
        if (problem.isPresent() || exchange.has(Part.PREFIX) != receipt.prefix().isPresent()) {
            throw new IllegalArgumentException(
                    "not a bundle: " + problem.orElse("the prefix is in one of receipt and parts"));
        }
        return new Bundle(receipt, exchange, salts, proof);
    }

    /// Reads a bundle; `encode` of the result gives exactly these bytes. Nothing is verified.
    public static Bundle parse(byte[] bytes) throws MalformedException {
        return new BundleReader().read(bytes);
    }

    /// The one encoding.
    ///
    /// @throws IllegalStateException if it would have more than [#BYTES_MAX] bytes
    public byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(Ascii.bytes(TITLE + "\n"));
        bytes.writeBytes(receipt.encode());
        bytes.write('\n');
        for (Part part : salts.keySet()) {
            byte[] content = exchange.content(part);
            bytes.writeBytes((part.label() + " " + salts.get(part).hex() + " "
                    + (content.length == 0 ? "-" : Base64.encode(content)) + "\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }
        bytes.write('\n');
        bytes.writeBytes(proof.encode());
        if (bytes.size() > BYTES_MAX) {
            throw new IllegalStateException(
                    "a bundle of " + bytes.size() + " bytes, at most " + BYTES_MAX);
        }
        return bytes.toByteArray();
    }

    /// The receipt, as it stands in the bundle.
    public Receipt receipt() {
        return receipt;
    }

    /// The private parts, as they stand in the bundle; nobody checked that they belong to it.
    public Exchange exchange() {
        return exchange;
    }

    /// The salt of a part, or nothing where the bundle has no such part.
    public Optional<Digest> salt(Part part) {
        return Optional.ofNullable(salts.get(part));
    }

    /// The proof that the receipt is in the log.
    public TlogProof proof() {
        return proof;
    }

    /// The origin that the checkpoint claims: under which a reader looks up what it knows.
    public String origin() {
        return proof.checkpoint().origin();
    }
}
