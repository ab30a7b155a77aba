package plumbline.verify;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
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
        write(bytes);
        if (bytes.size() > BYTES_MAX) {
            throw new IllegalStateException(
                    "a bundle of " + bytes.size() + " bytes, at most " + BYTES_MAX);
        }
        return bytes.toByteArray();
    }

    /// Whether `encode` gives these bytes; without making them.
    boolean isEncodedAs(byte[] bytes) {
        Comparison comparison = new Comparison(bytes);
        write(comparison);
        return comparison.isEqual();
    }

    private void write(OutputStream out) {
        try {
            out.write(Ascii.bytes(TITLE + "\n"));
            out.write(receipt.encode());
            out.write('\n');
            for (Part part : salts.keySet()) {
                byte[] content = exchange.content(part);
                out.write(Ascii.bytes(part.label() + " " + salts.get(part).hex() + " "));
                if (content.length == 0) {
                    out.write('-');
                } else {
                    Base64.write(content, out);
                }
                out.write('\n');
            }
            out.write('\n');
            out.write(proof.encode());
        } catch (IOException e) {
            throw new IllegalStateException("memory can be written to", e);
        }
    }

    /// Compares what is written to it.
    private static final class Comparison extends OutputStream {
        private final byte[] expected;
        private int at;
        private boolean differs;

        Comparison(byte[] expected) {
            this.expected = expected;
        }

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            differs |= length > expected.length - at
                    || !Arrays.equals(bytes, from, from + length, expected, at, at + length);
            at = differs ? at : at + length;
        }

        boolean isEqual() {
            return !differs && at == expected.length;
        }
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
