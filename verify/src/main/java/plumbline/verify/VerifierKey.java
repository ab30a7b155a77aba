package plumbline.verify;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The public key of a log or a witness with its name, as C2SP signed-note writes it
/// (spec/log.md, L10 to L13):
///
/// ```
/// example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
/// ```
///
/// Name, key id in hex, and the base64 of the type byte and the 32 bytes of the key. Immutable.
public final class VerifierKey {
    /// The length of an Ed25519 public key in bytes.
    public static final int PUBLIC_KEY_BYTES = 32;
    /// The longest name in bytes of UTF-8.
    public static final int NAME_BYTES_MAX = 255;

    private static final String FORMAT = "verifier key";

    /// What a key signs, and so the type byte of its text.
    public enum Type {
        /// Ed25519 over the text of a note: what logs sign with.
        ED25519(0x01),
        /// Timestamped Ed25519 cosignatures of checkpoints: what witnesses sign with.
        COSIGNATURE_V1(0x04);

        private final byte code;

        Type(int code) {
            this.code = (byte) code;
        }

        private static Type of(byte code) throws MalformedException {
            for (Type type : values()) {
                if (type.code == code) {
                    return type;
                }
            }
            throw new MalformedException(FORMAT, "the key has type 0x%02x; this version knows 0x01"
                    .formatted(code) + " (Ed25519) and 0x04 (Ed25519 cosignatures) only");
        }
    }

    private final String name;
    private final Type type;
    private final byte[] publicKey;
    private final int keyId;

    private VerifierKey(String name, Type type, byte[] publicKey) {
        this.name = name;
        this.type = type;
        this.publicKey = publicKey;
        this.keyId = keyId(name, type, publicKey);
    }

    /// A log's key. The name must not be empty nor hold white space or a plus.
    public static VerifierKey ed25519(String name, byte[] publicKey) {
        return of(name, Type.ED25519, publicKey);
    }

    /// A key of any type. The name must not be empty nor hold white space or a plus.
    public static VerifierKey of(String name, Type type, byte[] publicKey) {
        if (!isName(name)) {
            throw new IllegalArgumentException("not a key name: " + Texts.show(name)
                    + "; use 1 to " + NAME_BYTES_MAX + " bytes without white space and plus");
        }
        if (publicKey.length != PUBLIC_KEY_BYTES) {
            throw new IllegalArgumentException(
                    "an Ed25519 public key has 32 bytes, not " + publicKey.length);
        }
        return new VerifierKey(name, type, publicKey.clone());
    }

    /// Whether a text may be the name of a key.
    public static boolean isName(String name) {
        return name.length() <= NAME_BYTES_MAX && Texts.isKeyName(name)
                && name.getBytes(StandardCharsets.UTF_8).length <= NAME_BYTES_MAX;
    }

    /// Reads the text that [#encode] writes.
    public static VerifierKey parse(String vkey) throws MalformedException {
        int first = vkey.indexOf('+');
        int second = vkey.indexOf('+', first + 1);
        if (first < 0 || second < 0) {
            throw new MalformedException(FORMAT,
                    "expected NAME+KEYID+BASE64, found " + Texts.show(vkey));
        }
        String name = vkey.substring(0, first);
        if (!isName(name)) {
            throw new MalformedException(FORMAT, "the name must have 1 to " + NAME_BYTES_MAX
                    + " bytes and no white space, found " + Texts.show(name));
        }
        byte[] id = Hex.decode(FORMAT, vkey.substring(first + 1, second), 4);
        int keyId = ByteBuffer.wrap(id).getInt();
        byte[] typed = Base64.decode(FORMAT, vkey.substring(second + 1), 1 + PUBLIC_KEY_BYTES);
        if (typed.length == 0) {
            throw new MalformedException(FORMAT, "the key is empty");
        }
        Type type = Type.of(typed[0]);
        if (typed.length != 1 + PUBLIC_KEY_BYTES) {
            throw new MalformedException(FORMAT,
                    "an Ed25519 key has 32 bytes behind its type, found " + (typed.length - 1));
        }
        VerifierKey key = new VerifierKey(name, type, Arrays.copyOfRange(typed, 1, typed.length));
        if (key.keyId != keyId) {
            throw new MalformedException(FORMAT, "the key id is %08x, but name and key give %08x"
                    .formatted(keyId, key.keyId));
        }
        return key;
    }

    /// The one text of this key.
    public String encode() {
        byte[] typed = new byte[1 + PUBLIC_KEY_BYTES];
        typed[0] = type.code;
        System.arraycopy(publicKey, 0, typed, 1, PUBLIC_KEY_BYTES);
        return name + "+%08x+".formatted(keyId) + Base64.encode(typed);
    }

    /// The name; for a log's key also the origin of its checkpoints.
    public String name() {
        return name;
    }

    /// What this key signs.
    public Type type() {
        return type;
    }

    /// A copy of the 32 bytes of the key.
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /// The first four bytes of SHA-256(name || 0x0A || type || key). It finds a key among the known
    /// ones and proves nothing.
    public int keyId() {
        return keyId;
    }

    /// Whether a signature line claims to be of this key: same name and same id.
    public boolean isClaimedBy(NoteSignature signature) {
        return signature.keyId() == keyId && signature.name().equals(name);
    }

    /// Whether both wrap the same public key, whatever their names and types.
    boolean hasSamePublicKey(VerifierKey other) {
        return Arrays.equals(publicKey, other.publicKey);
    }

    private static int keyId(String name, Type type, byte[] publicKey) {
        Digest digest = Digest.sha256(
                name.getBytes(StandardCharsets.UTF_8), new byte[] {'\n', type.code}, publicKey);
        return ByteBuffer.wrap(digest.bytes()).getInt();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VerifierKey key && name.equals(key.name) && type == key.type
                && Arrays.equals(publicKey, key.publicKey);
    }

    @Override
    public int hashCode() {
        return keyId;
    }

    @Override
    public String toString() {
        return encode();
    }
}
