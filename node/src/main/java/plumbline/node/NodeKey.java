package plumbline.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.JdkEd25519;
import plumbline.verify.MalformedException;
import plumbline.verify.NoteSignature;
import plumbline.verify.SignedNote;
import plumbline.verify.VerifierKey;

/// The node's Ed25519 key, which signs the checkpoints of its log and nothing else.
///
/// On disk it is the 32 bytes of the RFC 8032 seed in a file that only its owner may read. Safe for
/// use by several threads. Source: spec/log.md.
public final class NodeKey {

    private static final int SEED_BYTES = 32;

    private static final Set<PosixFilePermission> FOREIGN = EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE);

    private final PrivateKey privateKey;
    private final VerifierKey verifierKey;

    private NodeKey(PrivateKey privateKey, VerifierKey verifierKey) {
        this.privateKey = privateKey;
        this.verifierKey = verifierKey;
    }

    /// The verifier key of the node whose data folder `home` is, if it has one; takes no lock and makes nothing.
    public static Optional<VerifierKey> verifierKeyOf(Path home) throws NodeException {
        Path file = home.resolve("key");
        if (Files.notExists(file)) {
            return Optional.empty();
        }
        VerifierKey key = load(file).verifierKey();
        checkSigned(home.resolve("log").resolve("checkpoint"), key);
        return Optional.of(key);
    }

    // A key file that was swapped must not be shown as the key of this log.
    private static void checkSigned(Path checkpoint, VerifierKey key) throws NodeException {
        try {
            if (Files.exists(checkpoint) && !SignedNote.parse(Files.readAllBytes(checkpoint))
                    .isSignedBy(key, new JdkEd25519())) {
                throw new NodeException("the key file holds " + key.encode() + ", which has not signed this"
                        + " folder's log (" + checkpoint + "): put the right key file back");
            }
        } catch (IOException e) {
            throw new NodeException("the checkpoint " + checkpoint + " can't be read: " + e, e);
        } catch (MalformedException e) {
            throw new NodeException("the checkpoint " + checkpoint + " is damaged (" + e.getMessage()
                    + "): put a backup of it back", e);
        }
    }

    /// Reads the key file; writes a new one durably if there is none.
    ///
    /// @throws NodeException if others may read the file, or it doesn't hold a key
    static NodeKey loadOrCreate(Path file, SecureRandom random, DurableFiles files)
            throws NodeException {
        if (Files.notExists(file)) {
            create(file, random, files);
        }
        return load(file);
    }

    private static void create(Path file, SecureRandom random, DurableFiles files)
            throws NodeException {
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        try {
            files.write(file, seed, DurableFiles.OWNER_ONLY);
        } catch (IOException e) {
            throw new NodeException("the key " + file + " can't be written: " + e, e);
        }
    }

    private static NodeKey load(Path file) throws NodeException {
        try {
            Set<PosixFilePermission> loose = EnumSet.copyOf(FOREIGN);
            loose.retainAll(Files.getPosixFilePermissions(file));
            if (!loose.isEmpty()) {
                throw new NodeException("the key " + file + " can be read or written by others ("
                        + loose + "), so it may be known: run `chmod 600 " + file
                        + "` if you are sure that nobody read it, else move it away and start anew");
            }
            if (Files.size(file) != SEED_BYTES) {
                throw new NodeException("the key " + file + " has " + Files.size(file)
                        + " bytes, a key has " + SEED_BYTES + ": put your backup of it back");
            }
            return ofSeed(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new NodeException("the key " + file + " can't be used: " + e, e);
        }
    }

    /// The key of a 32-byte seed, named after its digest.
    static NodeKey ofSeed(byte[] seed) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(NamedParameterSpec.ED25519, new SeedAsRandom(seed));
            KeyPair pair = generator.generateKeyPair();
            byte[] publicKey = encoded((EdECPublicKey) pair.getPublic());
            String name = "plumbline/" + Digest.sha256(publicKey).hex().substring(0, 12);
            NodeKey key =
                    new NodeKey(pair.getPrivate(), VerifierKey.ed25519(name, publicKey));
            key.checkItself();
            return key;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no Ed25519", e);
        }
    }

    /// The public half, named: what `plumb key` prints and clients pin.
    public VerifierKey verifierKey() {
        return verifierKey;
    }

    /// The checkpoint as a note with this key's signature. The same checkpoint gives the same bytes.
    SignedNote sign(Checkpoint checkpoint) {
        byte[] text = checkpoint.body().getBytes(StandardCharsets.UTF_8);
        return new SignedNote(
                checkpoint.body(), List.of(NoteSignature.of(verifierKey, sign(text))));
    }

    byte[] sign(byte[] message) {
        try {
            Signature signer = Signature.getInstance("Ed25519");
            signer.initSign(privateKey);
            signer.update(message);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Ed25519 signing failed", e);
        }
    }

    // The way from seed to public key goes through the provider's generator; were it to use the seed
    // otherwise some day, this notices before anything is signed.
    private void checkItself() {
        byte[] message = {1, 2, 3};
        if (!new JdkEd25519().verify(verifierKey.publicKey(), message, sign(message))) {
            throw new IllegalStateException("the key pair made from the seed doesn't fit together");
        }
    }

    private static byte[] encoded(EdECPublicKey key) {
        byte[] bytes = new byte[VerifierKey.PUBLIC_KEY_BYTES];
        byte[] bigEndian = key.getPoint().getY().toByteArray();
        for (int i = 0; i < bigEndian.length && i < bytes.length; i++) {
            bytes[i] = bigEndian[bigEndian.length - 1 - i];
        }
        if (key.getPoint().isXOdd()) {
            bytes[bytes.length - 1] |= (byte) 0x80;
        }
        return bytes;
    }

    /// Gives the seed to the generator, which takes exactly its 32 bytes as the private key.
    private static final class SeedAsRandom extends SecureRandom {
        private final byte[] seed;

        SeedAsRandom(byte[] seed) {
            this.seed = seed.clone();
        }

        @Override
        public void nextBytes(byte[] bytes) {
            if (bytes.length != seed.length) {
                throw new IllegalStateException("asked for " + bytes.length + " bytes of seed");
            }
            System.arraycopy(seed, 0, bytes, 0, seed.length);
            Arrays.fill(seed, (byte) 0);
        }
    }
}
