package plumbline.verify;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// One signature line of a note, not verified (spec/log.md, L17 and L18):
///
/// ```
/// — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm...
/// ```
///
/// `name` and `keyId` claim a key; `signature` is what follows the key id, 1 to 8,188 bytes whose
/// meaning depends on the key's type. Arrays are copied on the way in and out.
public record NoteSignature(String name, int keyId, byte[] signature) {
    /// The most bytes of one signature with its key id; post-quantum ones have nearly 5,000.
    public static final int SIGNATURE_BYTES_MAX = 8192;

    private static final String FORMAT = "signature line";
    private static final String DASH = "\u2014 ";
    private static final int KEY_ID_BYTES = 4;

    /// Rejects what cannot be written as a line.
    public NoteSignature {
        if (!VerifierKey.isName(name)) {
            throw new IllegalArgumentException("not a key name: " + Texts.show(name));
        }
        if (signature.length < 1 || signature.length > SIGNATURE_BYTES_MAX - KEY_ID_BYTES) {
            throw new IllegalArgumentException("a signature of " + signature.length + " bytes");
        }
        signature = signature.clone();
    }

    /// The line of a signature that was made with this key.
    public static NoteSignature of(VerifierKey key, byte[] signature) {
        return new NoteSignature(key.name(), key.keyId(), signature);
    }

    @Override
    public byte[] signature() {
        return signature.clone();
    }

    /// The line without its newline.
    public String line() {
        byte[] bytes = ByteBuffer.allocate(KEY_ID_BYTES + signature.length)
                .putInt(keyId).put(signature).array();
        return DASH + name + " " + Base64.encode(bytes);
    }

    /// Reads a line without its newline.
    public static NoteSignature parse(String line) throws MalformedException {
        int space = line.indexOf(' ', DASH.length());
        if (!line.startsWith(DASH) || space < 0) {
            throw new MalformedException(FORMAT,
                    "expected an em dash, a key name and base64, found " + Texts.show(line));
        }
        String name = line.substring(DASH.length(), space);
        if (!VerifierKey.isName(name)) {
            throw new MalformedException(FORMAT, "not a key name: " + Texts.show(name));
        }
        byte[] bytes = Base64.decode(FORMAT, line.substring(space + 1), SIGNATURE_BYTES_MAX);
        if (bytes.length <= KEY_ID_BYTES) {
            throw new MalformedException(FORMAT, "expected a key id of 4 bytes and a signature,"
                    + " found " + bytes.length + " bytes");
        }
        return new NoteSignature(name, ByteBuffer.wrap(bytes).getInt(),
                Arrays.copyOfRange(bytes, KEY_ID_BYTES, bytes.length));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NoteSignature that && keyId == that.keyId && name.equals(that.name)
                && Arrays.equals(signature, that.signature);
    }

    @Override
    public int hashCode() {
        return 31 * keyId + Arrays.hashCode(signature);
    }

    @Override
    public String toString() {
        return line();
    }
}
