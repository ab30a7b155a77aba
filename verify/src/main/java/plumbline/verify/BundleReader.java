package plumbline.verify;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads the text of a bundle in stages, so that a failure names the stage it happened in.
///
/// One use, one bundle. Source: spec/bundle.md section 3 (B1-B9).
final class BundleReader {
    private static final String FORMAT = "bundle";
    private static final String PARTS = "bundle part";
    private static final String PROOF = "bundle proof";

    /// More than a message shows.
    private static final int SHOWN_BYTES = 256;

    private Reason stage = Reason.BUNDLE_TOO_LARGE;

    /// What a [MalformedException] of `read` means.
    Reason stage() {
        return stage;
    }

    Bundle read(byte[] bytes) throws MalformedException {
        if (bytes.length > Bundle.BYTES_MAX) {
            throw new MalformedException(FORMAT,
                    bytes.length + " bytes, at most " + Bundle.BYTES_MAX);
        }
        stage = Reason.BUNDLE_MALFORMED;
        byte[] head = Ascii.bytes(Bundle.TITLE + "\n");
        if (bytes.length < head.length
                || !Arrays.equals(bytes, 0, head.length, head, 0, head.length)) {
            throw new MalformedException(FORMAT,
                    "does not begin with \"plumbline bundle v1\" and an empty line");
        }
        int receiptEnd = sectionEnd(bytes, head.length);
        int partsEnd = sectionEnd(bytes, receiptEnd + 1);
        if (receiptEnd - head.length > Receipt.BYTES_MAX) {
            throw new MalformedException(FORMAT, "a receipt of " + (receiptEnd - head.length)
                    + " bytes, at most " + Receipt.BYTES_MAX);
        }
        stage = Reason.RECEIPT_MALFORMED;
        Receipt receipt = Receipt.parse(Arrays.copyOfRange(bytes, head.length, receiptEnd));
        stage = Reason.PARTS_MALFORMED;
        Map<Part, Digest> salts = new EnumMap<>(Part.class);
        Exchange exchange = exchange(bytes, receiptEnd + 1, partsEnd, receipt.prefix().isPresent(), salts);
        stage = Reason.PROOF_MALFORMED;
        TlogProof.requireLength(bytes.length - partsEnd - 1);
        TlogProof proof = proof(Arrays.copyOfRange(bytes, partsEnd + 1, bytes.length));
        Bundle bundle = new Bundle(receipt, exchange, salts, proof);
        stage = Reason.BUNDLE_MALFORMED;
        // The stages above should leave nothing to find here; this makes it certain (B1).
        if (!bundle.isEncodedAs(bytes)) {
            throw new MalformedException(FORMAT, "not the one encoding of what it says");
        }
        return bundle;
    }

    /// The index of the empty line's newline after the section that begins at `from`.
    private static int sectionEnd(byte[] bytes, int from) throws MalformedException {
        for (int i = from; i + 1 < bytes.length; i++) {
            if (bytes[i] == '\n' && bytes[i + 1] == '\n') {
                return i + 1;
            }
        }
        throw MalformedException.atOffset(FORMAT, from,
                "no empty line ends the section that begins here");
    }

    /// The parts in the lines of `bytes` from `from` to `to`.
    private static Exchange exchange(byte[] bytes, int from, int to, boolean hasPrefix, Map<Part, Digest> salts)
            throws MalformedException {
        List<Part> expected = Arrays.asList(Part.values()).subList(0, hasPrefix ? 5 : 4);
        Map<Part, byte[]> contents = new EnumMap<>(Part.class);
        int at = from;
        for (Part part : expected) {
            int end = at;
            while (end < to && bytes[end] != '\n') {
                end++;
            }
            if (end == to) {
                throw new MalformedException(PARTS, "no line \"" + part.label() + " ...\"");
            }
            contents.put(part, content(part, bytes, at, end, salts));
            at = end + 1;
        }
        if (at != to) {
            throw new MalformedException(PARTS,
                    "a line too many: " + Texts.show(text(bytes, at, Math.min(to, at + SHOWN_BYTES))));
        }
        Optional<TokenIds> prefix = hasPrefix
                ? Optional.of(TokenIds.parse(contents.get(Part.PREFIX))) : Optional.empty();
        return new Exchange(contents.get(Part.REQUEST),
                TokenIds.parse(contents.get(Part.PROMPT)),
                TokenIds.parse(contents.get(Part.OUTPUT)),
                Texts.utf8(PARTS, contents.get(Part.TEXT)), prefix);
    }

    private static byte[] content(Part part, byte[] bytes, int from, int to, Map<Part, Digest> salts)
            throws MalformedException {
        String label = part.label() + " ";
        int saltStart = from + label.length();
        int saltEnd = saltStart + 2 * Digest.BYTES;
        if (to < saltEnd + 2 || !text(bytes, from, saltStart).equals(label) || bytes[saltEnd] != ' ') {
            throw new MalformedException(PARTS, "expected \"" + label + "\", 64 hex digits, a space and base64, found "
                    + Texts.show(text(bytes, from, Math.min(to, from + SHOWN_BYTES))));
        }
        salts.put(part, Malformed.digest(part.label() + " salt", text(bytes, saltStart, saltEnd)));
        boolean isEmpty = to == saltEnd + 2 && bytes[saltEnd + 1] == '-';
        return isEmpty ? new byte[0] : Base64.decode(PARTS, bytes, saltEnd + 1, to, Bundle.BYTES_MAX);
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private static TlogProof proof(byte[] bytes) throws MalformedException {
        TlogProof proof = TlogProof.parse(bytes);
        Optional<String> problem = problemIn(proof);
        if (problem.isPresent()) {
            throw new MalformedException(PROOF, problem.get());
        }
        return proof;
    }

    /// What keeps a proof from standing in a bundle (B8, B9).
    static Optional<String> problemIn(TlogProof proof) {
        if (proof.extra().isPresent()) {
            return Optional.of("it has an extra line, which nobody signed");
        }
        if (!proof.checkpoint().extensions().isEmpty()) {
            return Optional.of("the checkpoint has extension lines");
        }
        List<NoteSignature> lines = proof.note().signatures();
        for (int i = 1; i < lines.size(); i++) {
            boolean isFirstAgain = compare(lines.getFirst(), lines.get(i)) == 0;
            if (isFirstAgain || i > 1 && compare(lines.get(i - 1), lines.get(i)) >= 0) {
                return Optional.of("signature line " + (i + 1) + " of "
                        + Texts.show(lines.get(i).name()) + " is a second one of its key, or not in"
                        + " the order of names and key ids");
            }
        }
        return Optional.empty();
    }

    private static int compare(NoteSignature one, NoteSignature other) {
        int names = Arrays.compareUnsigned(one.name().getBytes(StandardCharsets.UTF_8),
                other.name().getBytes(StandardCharsets.UTF_8));
        return names != 0 ? names : Integer.compareUnsigned(one.keyId(), other.keyId());
    }
}
