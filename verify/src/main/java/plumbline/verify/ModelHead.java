package plumbline.verify;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The first pieces of a model's file, with the proof that the file with this `weights-root` begins with them:
/// tokenizer and chat template lie there, so a client that has them needs nobody's word for a prompt.
///
/// The proof is under `weightsRoot`. That this root belongs to `model` is not shown: only the whole file shows it.
/// Source: spec/head.md.
public final class ModelHead {

    /// Bytes of a piece, which is a leaf of the tree.
    public static final int PIECE_BYTES = 16_384;

    /// Most bytes of a head.
    public static final int HEAD_BYTES_MAX = 64 << 20;

    /// Most bytes of an encoded head.
    public static final int BYTES_MAX = HEAD_BYTES_MAX + 8192;

    private static final String FORMAT = "model head";
    private static final String TITLE = "plumbline head v1";
    private static final int LINES_MAX = 5 + ConsistencyProof.HASHES_MAX;
    private static final int LINE_BYTES_MAX = 128;
    private static final long FILE_BYTES_MAX = 1L << 50;

    private final ModelId model;
    private final Digest weightsRoot;
    private final long fileBytes;
    private final List<Digest> proof;
    private final byte[] head;

    private ModelHead(ModelId model, Digest weightsRoot, long fileBytes, List<Digest> proof, byte[] head) {
        this.model = model;
        this.weightsRoot = weightsRoot;
        this.fileBytes = fileBytes;
        this.proof = proof;
        this.head = head;
    }

    /// The head of a file.
    ///
    /// @param leafHashes of all of the file's pieces
    /// @param head       its first pieces, whole but for the file's last one (not copied)
    public static ModelHead of(ModelId model, List<Digest> leafHashes, long fileBytes, byte[] head) {
        return new ModelHead(model, MerkleTree.root(leafHashes), fileBytes,
                ConsistencyProof.ofLeaves(leafHashes, pieces(head.length)), head);
    }

    private static int pieces(long bytes) {
        return Math.toIntExact((bytes + PIECE_BYTES - 1) / PIECE_BYTES);
    }

    /// The one encoding: lines, an empty line, the pieces.
    public byte[] encode() {
        StringBuilder text = new StringBuilder(TITLE).append('\n')
                .append("model ").append(model).append('\n')
                .append("weights-root ").append(weightsRoot.hex()).append('\n')
                .append("file-bytes ").append(fileBytes).append('\n')
                .append("pieces ").append(pieces(head.length)).append('\n');
        proof.forEach(hash -> text.append(hash.hex()).append('\n'));
        byte[] lines = Ascii.bytes(text.append('\n').toString());
        byte[] bytes = Arrays.copyOf(lines, lines.length + head.length);
        System.arraycopy(head, 0, bytes, lines.length, head.length);
        return bytes;
    }

    /// Reads a head and checks its proof (H1 to H6).
    public static ModelHead parse(byte[] bytes) throws MalformedException {
        if (bytes.length > BYTES_MAX) {
            throw new MalformedException(FORMAT, bytes.length + " bytes, at most " + BYTES_MAX + " are read");
        }
        List<String> lines = new ArrayList<>();
        int at = lines(bytes, lines);
        if (lines.size() < 5 || !lines.getFirst().equals(TITLE)) {
            throw MalformedException.atLine(FORMAT, 1, "expected \"" + TITLE + "\" and four lines");
        }
        ModelId model = ModelId.parse(value(lines, 1, "model "));
        Digest root = Malformed.digest(FORMAT, value(lines, 2, "weights-root "));
        long fileBytes = Decimal.parse("file-bytes", value(lines, 3, "file-bytes "), 1, FILE_BYTES_MAX);
        int pieces = Decimal.parseInt("pieces", value(lines, 4, "pieces "), 1, HEAD_BYTES_MAX / PIECE_BYTES);
        List<Digest> proof = new ArrayList<>();
        for (String line : lines.subList(5, lines.size())) {
            proof.add(Malformed.digest(FORMAT, line));
        }
        long headBytes = Math.min(fileBytes, (long) pieces * PIECE_BYTES);
        if (bytes.length - at != headBytes || pieces(headBytes) != pieces) {
            throw new MalformedException(FORMAT, (bytes.length - at) + " bytes follow, " + pieces
                    + " pieces of a file of " + fileBytes + " bytes have " + headBytes);
        }
        MerkleFrontier tree = new MerkleFrontier();
        for (int from = at; from < bytes.length; from += PIECE_BYTES) {
            tree.appendLeaf(bytes, from, Math.min(bytes.length, from + PIECE_BYTES));
        }
        long total = (fileBytes + PIECE_BYTES - 1) / PIECE_BYTES;
        if (!ConsistencyProof.verify(pieces, tree.root(), total, root, proof)) {
            throw new MalformedException(FORMAT, "the proof doesn't show that the file with the weights root "
                    + root.hex() + " begins with these pieces");
        }
        return new ModelHead(model, root, fileBytes, List.copyOf(proof), Arrays.copyOfRange(bytes, at, bytes.length));
    }

    /// Reads the lines up to the empty one; where the pieces begin.
    private static int lines(byte[] bytes, List<String> lines) throws MalformedException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != '\n') {
                line.write(bytes[i]);
            } else if (line.size() == 0) {
                return i + 1;
            } else {
                lines.add(line.toString(StandardCharsets.ISO_8859_1));
                line.reset();
            }
            if (lines.size() > LINES_MAX || line.size() > LINE_BYTES_MAX) {
                break;
            }
        }
        throw new MalformedException(FORMAT, "no empty line ends its at most " + LINES_MAX + " lines");
    }

    private static String value(List<String> lines, int index, String label) throws MalformedException {
        String line = lines.get(index);
        if (!line.startsWith(label)) {
            throw MalformedException.atLine(FORMAT, index + 1, "expected \"" + label + "\", found " + Texts.show(line));
        }
        return line.substring(label.length());
    }

    /// The model whose file it is, as whoever sent it says.
    public ModelId model() {
        return model;
    }

    /// The root that the pieces are proved under.
    public Digest weightsRoot() {
        return weightsRoot;
    }

    /// Bytes of the whole file.
    public long fileBytes() {
        return fileBytes;
    }

    /// The bytes that the file begins with.
    public byte[] head() {
        return head.clone();
    }
}
