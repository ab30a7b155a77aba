package plumbline.verify;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Makes the golden vectors of `vectors/log`: an example log with everything that belongs to it,
/// and cases for each rule of spec/log.md. All keys come from seeds that everybody can read.
final class LogVectors {
    static final String ORIGIN = "log.example/plumbline";
    static final int ENTRIES = 5;
    static final int PROVED = 3;
    static final InsecureTestKeys.Signer LOG = InsecureTestKeys.log(ORIGIN);
    static final InsecureTestKeys.Signer NORTH = InsecureTestKeys.witness("north.example/witness");
    static final InsecureTestKeys.Signer SOUTH = InsecureTestKeys.witness("south.example/witness");
    static final InsecureTestKeys.Signer STRANGER = InsecureTestKeys.log("stranger.example");

    private final List<Map<String, Object>> cases = new ArrayList<>();
    private final TileAppender tree = new TileAppender();
    private final Map<TilePath, byte[]> tiles;

    LogVectors() {
        for (int i = 0; i < ENTRIES; i++) {
            tree.append(entry(i));
        }
        tiles = tree.takeTiles();
    }

    /// The entry of an example receipt: the SHA-256 of its bytes.
    static byte[] entry(int i) {
        return Digest.sha256(bytes("example receipt " + i + "\n")).bytes();
    }

    String body() {
        return new Checkpoint(ORIGIN, ENTRIES, tree.root()).body();
    }

    SignedNote checkpoint() {
        return LOG.note(body());
    }

    SignedNote cosigned() {
        return checkpoint()
                .with(NORTH.cosign(1_795_246_800, body()))
                .with(SOUTH.cosign(1_795_246_803, body()));
    }

    String policy() {
        return "log " + LOG.key().encode() + "\n"
                + "witness north " + NORTH.key().encode() + "\n"
                + "witness south " + SOUTH.key().encode() + "\n"
                + "group both all north south\n"
                + "quorum both\n";
    }

    /// The example log as its files, and what its readers hold.
    Map<String, byte[]> files() throws MalformedException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        tiles.forEach((path, bytes) -> files.put(path.path(), bytes));
        files.put("checkpoint", checkpoint().encode());
        files.put("policy", bytes(policy()));
        files.put("entry-3.tlog-proof", proof().encode());
        return files;
    }

    private TlogProof proof() throws MalformedException {
        List<Digest> hashes = InclusionProof.of(tiles::get, PROVED, ENTRIES, tree.root());
        return new TlogProof(PROVED, hashes, cosigned());
    }

    List<Map<String, Object>> cases() throws MalformedException {
        keys();
        notes();
        checkpoints();
        signatures();
        policies();
        paths();
        proofs(proof());
        return cases;
    }

    private void keys() {
        String key = LOG.key().encode();
        text("verifier-key", "L10", true, "a log's key", key);
        text("verifier-key", "L12", true, "a witness's key", NORTH.key().encode());
        text("verifier-key", "L10", false, "newline behind it", key + "\n");
        text("verifier-key", "L10", false, "no name", key.substring(key.indexOf('+')));
        text("verifier-key", "L11", false, "other name, same key id", "x" + key);
        text("verifier-key", "L2", false, "key id in upper case",
                key.substring(0, ORIGIN.length() + 9).toUpperCase(java.util.Locale.ROOT)
                        + key.substring(ORIGIN.length() + 9));
        text("verifier-key", "L12", false, "type 0x06", "example.com/foo+530d903a+"
                + Base64.encode(new byte[] {6, 1, 2, 3}));
        text("verifier-key", "L5", false, "no-break space in the name", key.replace("/", "\u00a0"));
    }

    private void notes() {
        String note = utf8(cosigned().encode());
        String line = LOG.signText(body()).line() + "\n";
        text("signed-note", "L14", true, "a cosigned checkpoint", note);
        text("signed-note", "L14", true, "an empty line in the text", "a\n\nb\n\n" + line);
        text("signed-note", "L14", false, "no empty line", body() + line);
        text("signed-note", "L14", false, "no newline at the end", note.strip());
        text("signed-note", "L15", false, "no signature", body() + "\n");
        text("signed-note", "L15", false, "65 signatures",
                "text\n\n" + "\u2014 a Uw2QOkn8srU=\n".repeat(65));
        text("signed-note", "L16", false, "carriage returns", note.replace("\n", "\r\n"));
        text("signed-note", "L17", false, "hyphen for the dash", note.replace("\u2014", "-"));
        text("signed-note", "L1", false, "base64 without padding", note.replace("=\n", "\n"));
        text("signed-note", "L17", false, "key id and nothing behind it",
                "text\n\n\u2014 example.com/foo Uw2QOg==\n");
    }

    private void checkpoints() {
        String root = Base64.encode(tree.root().bytes());
        text("checkpoint", "L21", true, "the example", body());
        text("checkpoint", "L22", true, "the empty log", new Checkpoint(
                ORIGIN, 0, MerkleTree.emptyRoot()).body());
        text("checkpoint", "L24", true, "an extension line", body() + "extension\n");
        text("checkpoint", "L24", false, "an empty extension line", body() + "\n");
        text("checkpoint", "L21", false, "no origin", "\n5\n" + root + "\n");
        text("checkpoint", "L21", false, "no root", ORIGIN + "\n5\n");
        text("checkpoint", "L22", false, "leading zero", ORIGIN + "\n05\n" + root + "\n");
        text("checkpoint", "L22", false, "plus", ORIGIN + "\n+5\n" + root + "\n");
        text("checkpoint", "L22", false, "2^63", ORIGIN + "\n9223372036854775808\n" + root + "\n");
        text("checkpoint", "L23", false, "31 bytes of root",
                ORIGIN + "\n5\n" + Base64.encode(new byte[31]) + "\n");
        text("checkpoint", "L1", false, "stray bits in the base64",
                ORIGIN + "\n5\n" + Base64.encode(new byte[32]).replace("A=", "B=") + "\n");
    }

    private void signatures() {
        String key = LOG.key().encode();
        signedBy("L19", true, "the log's signature", key, checkpoint());
        signedBy("L18", true, "beside lines of others", key, cosigned());
        signedBy("L18", false, "a stranger's signature only", key, STRANGER.note(body()));
        signedBy("L19", false, "one right and one wrong line", key,
                checkpoint().with(LOG.signText("other\n")));
        signedBy("L19", false, "another text", key,
                new SignedNote(body() + "x\n", checkpoint().signatures()));
        signedBy("L29", false, "a witness's key over the plain text", NORTH.key().encode(),
                NORTH.note(body()));
        byte[] message = bytes(body());
        byte[] signature = LOG.sign(message);
        byte[] publicKey = LOG.key().publicKey();
        ed25519("L33", true, "a signature", publicKey, message, signature);
        ed25519("L30", false, "a byte more", publicKey, message, Arrays.copyOf(signature, 65));
        byte[] large = signature.clone();
        Arrays.fill(large, 32, 64, (byte) 0xff);
        ed25519("L31", false, "S not below L", publicKey, message, large);
        byte[] neutral = new byte[32];
        neutral[0] = 1;
        ed25519("L32", false, "the neutral point as the key, which signs everything", neutral,
                message, ByteBuffer.allocate(64).put(neutral).array());
    }

    private void policies() {
        String policy = policy();
        text("policy", "L80", true, "two of two witnesses", policy);
        text("policy", "L80", true, "comment, tabs, empty lines",
                "# comment\n\n\tquorum\tnone \n");
        text("policy", "L80", false, "no newline at the end", policy.strip());
        text("policy", "L81", false, "a carriage return", policy.replace("\n", "\r\n"));
        text("policy", "L82", false, "a witness's key for a log",
                "log " + NORTH.key().encode() + "\nquorum none\n");
        text("policy", "L84", false, "more wanted than members", policy.replace(" all ", " 3 "));
        text("policy", "L85", false, "a name defined twice", policy.replace("south", "north"));
        text("policy", "L86", false, "no quorum", policy.replace("quorum both\n", ""));
        text("policy", "L86", false, "a quorum that is not defined before",
                "quorum both\n" + policy.replace("quorum both\n", ""));
        text("policy", "L88", false, "a member of two groups",
                policy.replace("quorum", "group again any north\nquorum"));
        met("L92", true, "log and both witnesses", policy, cosigned());
        met("L92", false, "one witness", policy, checkpoint().with(NORTH.cosign(7, body())));
        met("L92", false, "one witness twice", policy, checkpoint()
                .with(NORTH.cosign(7, body())).with(NORTH.cosign(8, body())));
        met("L92", false, "a cosignature that does not verify", policy,
                cosigned().with(NORTH.cosign(7, "other\n")));
        met("L28", false, "a timestamp of 2^63", policy, checkpoint().with(NoteSignature.of(
                NORTH.key(), ByteBuffer.allocate(72).putLong(Long.MIN_VALUE).array())));
        String other = new Checkpoint("other.example", ENTRIES, tree.root()).body();
        met("L91", false, "another origin", policy, LOG.note(other)
                .with(NORTH.cosign(7, other)).with(SOUTH.cosign(7, other)));
    }

    private void paths() {
        text("tile-path", "L50", true, "a partial tile", "tile/0/x001/x234/067.p/8");
        text("tile-path", "L50", true, "a full bundle of entries", "tile/entries/000");
        text("tile-path", "L51", false, "index without padding", "tile/0/67");
        text("tile-path", "L51", false, "an element too many", "tile/0/x000/067");
        text("tile-path", "L51", false, "no mark on the first element", "tile/0/001/067");
        text("tile-path", "L52", false, "width 256", "tile/0/067.p/256");
        text("tile-path", "L52", false, "width 0", "tile/0/067.p/0");
        text("tile-path", "L53", false, "level with a zero in front", "tile/00/067");
        text("tile-path", "L53", false, "a level that no tree has", "tile/8/000");
        text("tile-path", "L50", false, "a way out of the folder", "tile/0/../../key");
    }

    private void proofs(TlogProof proof) {
        String text = utf8(proof.encode());
        text("tlog-proof", "L60", true, "the example", text);
        text("tlog-proof", "L61", true, "extra data", text.replace("index", "extra YWdl\nindex"));
        text("tlog-proof", "L60", false, "another version", text.replace("@v1", "@v2"));
        text("tlog-proof", "L61", false, "empty extra data",
                text.replace("index", "extra \nindex"));
        text("tlog-proof", "L62", false, "no index", text.replace("index 3\n", ""));
        text("tlog-proof", "L62", false, "leading zero", text.replace("index 3", "index 03"));
        text("tlog-proof", "L63", false, "a hash of 31 bytes", text.replace("index 3\n",
                "index 3\n" + Base64.encode(new byte[31]) + "\n"));
        text("tlog-proof", "L64", false, "no empty line before the checkpoint",
                text.replaceFirst("\n\n", "\n"));
        includes("L65", true, "entry 3", text, PROVED);
        includes("L65", false, "entry 2", text, 2);
        includes("L40", false, "an index that is not in the tree",
                text.replace("index 3", "index 5"), PROVED);
        includes("L42", false, "another index", text.replace("index 3", "index 2"), PROVED);
        String first = Base64.encode(proof.hashes().getFirst().bytes()) + "\n";
        includes("L41", false, "a hash too many", text.replace(first, first + first), PROVED);
        includes("L41", false, "a hash too few", text.replace(first, ""), PROVED);
    }

    private void text(String format, String rule, boolean valid, String comment, String text) {
        add(format, rule, valid, comment, Map.of("text", text));
    }

    private void signedBy(
            String rule, boolean valid, String comment, String key, SignedNote note) {
        add("signed-by", rule, valid, comment,
                ordered("key", key, "note", utf8(note.encode())));
    }

    private void ed25519(String rule, boolean valid, String comment,
            byte[] key, byte[] message, byte[] signature) {
        HexFormat hex = HexFormat.of();
        add("ed25519", rule, valid, comment, ordered("key", hex.formatHex(key),
                "message", hex.formatHex(message), "signature", hex.formatHex(signature)));
    }

    private void met(
            String rule, boolean valid, String comment, String policy, SignedNote note) {
        add("policy-met", rule, valid, comment,
                ordered("policy", policy, "note", utf8(note.encode())));
    }

    private void includes(
            String rule, boolean valid, String comment, String proof, int entry) {
        add("proof-includes", rule, valid, comment,
                ordered("proof", proof, "entry", HexFormat.of().formatHex(entry(entry))));
    }

    private void add(String format, String rule, boolean valid, String comment,
            Map<String, String> fields) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("id", "log-" + (cases.size() + 1));
        one.put("rule", rule);
        one.put("format", format);
        one.put("valid", String.valueOf(valid));
        one.put("comment", comment);
        one.putAll(fields);
        cases.add(one);
    }

    private static Map<String, String> ordered(String... keysAndValues) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
