package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.JdkEd25519;
import plumbline.verify.VerifierKey;

/// spec/api.md A61, spec/log.md L71.
class NodeKeyTest {

    @TempDir
    Path folder;

    private NodeKey load() throws NodeException {
        return NodeKey.loadOrCreate(folder.resolve("key"), new SecureRandom(), DurableFiles.real());
    }

    @Test
    void showsNoKeyThatHasNotSignedTheFoldersLog() throws Exception {
        assertEquals(Optional.empty(), NodeKey.verifierKeyOf(folder));
        VerifierKey own = load().verifierKey();
        assertEquals(Optional.of(own), NodeKey.verifierKeyOf(folder));
        Files.createDirectory(folder.resolve("log"));
        Path checkpoint = folder.resolve("log/checkpoint");
        NodeKey other = NodeKey.ofSeed(new byte[32]);
        Files.write(checkpoint, other.sign(
                new Checkpoint(other.verifierKey().name(), 0, Digest.sha256(new byte[0]))).encode());
        // K2: a swapped key file.
        NodeException e = assertThrows(NodeException.class, () -> NodeKey.verifierKeyOf(folder));
        assertTrue(e.getMessage().contains("put the right key file back"), e.getMessage());
        Files.writeString(checkpoint, "x");
        assertThrows(NodeException.class, () -> NodeKey.verifierKeyOf(folder));
    }

    @Test
    void keepsMarksOutsideTheDataFolderWhereItIsTold() {
        assertEquals(Optional.of(Path.of("/s/marks")),
                HighWaterMark.folder(Map.of("PLUMB_STATE", "/s", "XDG_STATE_HOME", "/x")));
        assertEquals(Optional.of(Path.of("/x/plumbline/marks")),
                HighWaterMark.folder(Map.of("XDG_STATE_HOME", "/x", "PLUMB_STATE", "")));
        assertTrue(HighWaterMark.folder(Map.of("PLUMB_STATE", "")).orElseThrow()
                .endsWith(".local/state/plumbline/marks"));
        assertEquals(Optional.empty(), HighWaterMark.folder(Map.of("PLUMB_STATE", "none")));
    }

    @Test
    void makesTheKeysAndSignaturesOfRfc8032() {
        // RFC 8032 section 7.1, tests 1 and 2.
        NodeKey one = NodeKey.ofSeed(HexFormat.of().parseHex(
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
        assertEquals("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                HexFormat.of().formatHex(one.verifierKey().publicKey()));
        NodeKey two = NodeKey.ofSeed(HexFormat.of().parseHex(
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
        assertEquals("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
                HexFormat.of().formatHex(two.sign(new byte[] {0x72})));
    }

    @Test
    void keepsTheKeyInAFileForItsOwnerOnly() throws Exception {
        NodeKey made = load();
        Path file = folder.resolve("key");
        assertEquals(32, Files.size(file));
        assertEquals("rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(made.verifierKey(), load().verifierKey());
        assertEquals(1, Files.list(folder).count());
    }

    @Test
    void namesTheKeyAfterItsDigest() throws Exception {
        VerifierKey key = load().verifierKey();
        assertEquals("plumbline/" + Digest.sha256(key.publicKey()).hex().substring(0, 12), key.name());
        assertEquals(key, VerifierKey.parse(key.encode()));
    }

    @Test
    void signsCheckpointsThatVerify() throws Exception {
        NodeKey key = load();
        Checkpoint checkpoint = new Checkpoint(key.verifierKey().name(), 3, TestNode.nonce(1));
        assertTrue(key.sign(checkpoint).isSignedBy(key.verifierKey(), new JdkEd25519()));
        assertArrayEquals(key.sign(checkpoint).encode(), key.sign(checkpoint).encode());
        NodeKey other = NodeKey.ofSeed(new byte[32]);
        assertFalse(key.sign(checkpoint).isSignedBy(other.verifierKey(), new JdkEd25519()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r--r--", "rw----r--", "rw--w----", "rw-r-----", "rwx-----x"})
    void refusesAKeyThatOthersMayTouch(String permissions) throws Exception {
        load();
        Files.setPosixFilePermissions(
                folder.resolve("key"), PosixFilePermissions.fromString(permissions));
        NodeException e = assertThrows(NodeException.class, this::load);
        assertTrue(e.getMessage().contains("chmod 600"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 31, 33, 64})
    void refusesAKeyFileOfAnotherLength(int length) throws Exception {
        load();
        Files.write(folder.resolve("key"), new byte[length]);
        assertThrows(NodeException.class, this::load);
    }

    @Test
    void takesNoUnfinishedKey() throws Exception {
        // What a crash before the rename leaves: it is no key, and doesn't stand in the way.
        Files.write(folder.resolve("key.part"), new byte[7]);
        load();
        assertEquals(32, Files.size(folder.resolve("key")));
        assertFalse(Files.exists(folder.resolve("key.part")));
    }
}
