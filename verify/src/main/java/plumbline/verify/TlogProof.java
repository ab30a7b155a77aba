package plumbline.verify;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Offline proof that an entry is in a log, as C2SP tlog-proof writes it (spec/log.md, L60 to L65):
///
/// ```
/// c2sp.org/tlog-proof@v1
/// index 1
/// gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
///
/// example.com/fancylog
/// 2
/// sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
///
/// — example.com/fancylog hI2DJw...
/// ```
///
/// `extra` is opaque base64 that nobody signed; our proofs have none. `hashes` leads from the leaf
/// to the root. `note` is the checkpoint, whose signatures the caller must still verify.
public record TlogProof(
        Optional<String> extra, long index, List<Digest> hashes, SignedNote note) {
    /// The most bytes of `extra` before its base64.
    public static final int EXTRA_BYTES_MAX = 64 * 1024;
    /// The longest proof in bytes.
    public static final int BYTES_MAX = SignedNote.BYTES_MAX + 2 * EXTRA_BYTES_MAX;

    private static final String FORMAT = "tlog-proof";
    private static final String HEADER = "c2sp.org/tlog-proof@v1";
    private static final String EXTRA = "extra ";
    private static final String INDEX = "index ";

    /// Rejects what cannot be written as a proof.
    public TlogProof {
        hashes = List.copyOf(hashes);
        if (index < 0 || hashes.size() > InclusionProof.HASHES_MAX) {
            throw new IllegalArgumentException(
                    "not a proof: index " + index + ", " + hashes.size() + " hashes");
        }
        try {
            Checkpoint.parse(note.text());
            if (extra.isPresent()) {
                checkExtra(extra.get());
            }
        } catch (MalformedException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /// A proof without extra data, as ours are.
    public TlogProof(long index, List<Digest> hashes, SignedNote note) {
        this(Optional.empty(), index, hashes, note);
    }

    /// Reads a proof. Nothing is verified.
    public static TlogProof parse(byte[] proof) throws MalformedException {
        requireLength(proof.length);
        int split = firstEmptyLine(proof);
        byte[] head = Arrays.copyOfRange(proof, 0, split);
        String[] lines = Texts.utf8(FORMAT, head).split("\n", InclusionProof.HASHES_MAX + 5);
        int at = 0;
        if (!lines[at++].equals(HEADER)) {
            throw MalformedException.atLine(FORMAT, 1, "expected " + HEADER
                    + ", found " + Texts.show(lines[0]));
        }
        Optional<String> extra = Optional.empty();
        if (at < lines.length && lines[at].startsWith(EXTRA)) {
            extra = Optional.of(lines[at++].substring(EXTRA.length()));
            checkExtra(extra.get());
        }
        if (at == lines.length || !lines[at].startsWith(INDEX)) {
            throw MalformedException.atLine(FORMAT, at + 1, "expected the index line");
        }
        long index = Texts.decimal(FORMAT, "the index", lines[at++].substring(INDEX.length()));
        if (lines.length - at > InclusionProof.HASHES_MAX) {
            throw new MalformedException(FORMAT,
                    "more than " + InclusionProof.HASHES_MAX + " hashes");
        }
        List<Digest> hashes = new ArrayList<>();
        while (at < lines.length) {
            hashes.add(Base64.decodeDigest(FORMAT, lines[at++]));
        }
        SignedNote note = SignedNote.parse(Arrays.copyOfRange(proof, split + 2, proof.length));
        Checkpoint.parse(note.text());
        return new TlogProof(extra, index, hashes, note);
    }

    /// Refuses a proof of more bytes than one may have.
    static void requireLength(int bytes) throws MalformedException {
        if (bytes > BYTES_MAX) {
            throw new MalformedException(FORMAT, "the proof has " + bytes
                    + " bytes, at most " + BYTES_MAX + " are allowed");
        }
    }

    private static int firstEmptyLine(byte[] proof) throws MalformedException {
        for (int i = 0; i + 1 < proof.length; i++) {
            if (proof[i] == '\n' && proof[i + 1] == '\n') {
                return i;
            }
        }
        throw new MalformedException(FORMAT, "no empty line between the hashes and the checkpoint");
    }

    private static void checkExtra(String extra) throws MalformedException {
        if (Base64.decode(FORMAT, extra, EXTRA_BYTES_MAX).length == 0) {
            throw new MalformedException(FORMAT, "the extra line is empty; leave it out");
        }
    }

    /// The one encoding of this proof.
    public byte[] encode() {
        StringBuilder head = new StringBuilder(HEADER).append('\n');
        extra.ifPresent(base64 -> head.append(EXTRA).append(base64).append('\n'));
        head.append(INDEX).append(index).append('\n');
        hashes.forEach(hash -> head.append(Base64.encode(hash.bytes())).append('\n'));
        ByteArrayOutputStream proof = new ByteArrayOutputStream();
        proof.writeBytes(head.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        proof.writeBytes(note.encode());
        return proof.toByteArray();
    }

    /// The checkpoint that the note holds; its signatures are not verified.
    public Checkpoint checkpoint() {
        try {
            return Checkpoint.parse(note.text());
        } catch (MalformedException e) {
            throw new IllegalStateException("the constructor has read this checkpoint", e);
        }
    }

    /// Whether the hashes lead from this leaf hash to the checkpoint's root. The caller must still
    /// verify who signed the checkpoint.
    public boolean includes(Digest leafHash) {
        Checkpoint checkpoint = checkpoint();
        return InclusionProof.verify(
                index, checkpoint.size(), leafHash, hashes, checkpoint.root());
    }
}
