package plumbline.verify;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.NamedParameterSpec;

/// Signing keys for tests, made of seeds that everybody can read.
final class InsecureTestKeys {
    private InsecureTestKeys() {}

    /// A key pair with its name.
    record Signer(VerifierKey key, PrivateKey privateKey) {
        byte[] sign(byte[] message) {
            try {
                Signature signature = Signature.getInstance("Ed25519");
                signature.initSign(privateKey);
                signature.update(message);
                return signature.sign();
            } catch (GeneralSecurityException e) {
                throw new AssertionError(e);
            }
        }

        /// The line of a log's key over the text of a note.
        NoteSignature sign(SignedNote note) {
            return signText(note.text());
        }

        NoteSignature signText(String text) {
            return NoteSignature.of(key, sign(bytes(text)));
        }

        SignedNote note(String text) {
            return new SignedNote(text, java.util.List.of(signText(text)));
        }

        /// The line of a witness's key.
        NoteSignature cosign(long timestampSeconds, String text) {
            byte[] signature = sign(Cosignature.message(timestampSeconds, text));
            return NoteSignature.of(key, ByteBuffer.allocate(72)
                    .putLong(timestampSeconds).put(signature).array());
        }
    }

    static Signer log(String name) {
        return signer(name, VerifierKey.Type.ED25519);
    }

    static Signer witness(String name) {
        return signer(name, VerifierKey.Type.COSIGNATURE_V1);
    }

    /// The seed is the SHA-256 of the name.
    private static Signer signer(String name, VerifierKey.Type type) {
        KeyPair pair = pair(Digest.sha256(bytes("insecure test key\n" + name)).bytes());
        return new Signer(VerifierKey.of(name, type, raw(pair)), pair.getPrivate());
    }

    static KeyPair pair(byte[] seed) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(NamedParameterSpec.ED25519, new FixedRandom(seed));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] raw(KeyPair pair) {
        var point = ((EdECPublicKey) pair.getPublic()).getPoint();
        byte[] bigEndian = point.getY().toByteArray();
        byte[] raw = new byte[32];
        for (int i = 0; i < bigEndian.length && i < 32; i++) {
            raw[i] = bigEndian[bigEndian.length - 1 - i];
        }
        if (point.isXOdd()) {
            raw[31] |= (byte) 0x80;
        }
        return raw;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /// Hands out the seed as the "random" private key.
    private static final class FixedRandom extends SecureRandom {
        private static final long serialVersionUID = 1;
        private final byte[] seed;

        FixedRandom(byte[] seed) {
            this.seed = seed.clone();
        }

        @Override
        public void nextBytes(byte[] bytes) {
            System.arraycopy(seed, 0, bytes, 0, bytes.length);
        }
    }
}
