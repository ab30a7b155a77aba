package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.verify.Digest;
import plumbline.verify.MerkleTree;
import plumbline.verify.ModelId;

/// spec/api.md A7, A62.
class ModelStoreTest {

    @TempDir
    Path home;

    private Database database;
    private ModelStore store;

    @BeforeEach
    void open() throws Exception {
        database = TestNode.database(home);
        store = new ModelStore(database, home.resolve("models").resolve("blobs"), DurableFiles.real(), new Quota(home));
    }

    @AfterEach
    void close() throws Exception {
        database.close();
    }

    private Path file(String name, byte[] bytes) throws Exception {
        return Files.write(home.resolve(name), bytes);
    }

    private StoredModel add(byte[] bytes) throws Exception {
        return store.add(file("source.gguf", bytes), (_, _) -> {});
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16_383, 16_384, 16_385, 40_000, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 9_000_001})
    void keepsFilesUnderTheirDigestWithTheTreeOfTheirPieces(int length) throws Exception {
        byte[] bytes = random(length);
        StoredModel model = add(bytes);
        assertEquals(new ModelId(Digest.sha256(bytes)), model.id());
        assertEquals(length, model.sizeBytes());
        List<Digest> leaves = new ArrayList<>();
        for (int at = 0; at < length; at += 16_384) {
            leaves.add(MerkleTree.leafHash(Arrays.copyOfRange(bytes, at, Math.min(length, at + 16_384))));
        }
        assertEquals(MerkleTree.root(leaves), model.weightsRoot());
        assertArrayEquals(bytes, Files.readAllBytes(model.file()));
        assertEquals("sha256-" + model.id().digest().hex(), model.file().getFileName().toString());
        FileIdentity identity = FileIdentity.of(home.resolve("source.gguf"), (_, _) -> {});
        assertEquals(new FileIdentity(model.id(), model.weightsRoot(), length), identity);
    }

    @Test
    void copiesAndNeverLinks() throws Exception {
        StoredModel model = add(random(20_000));
        Path source = home.resolve("source.gguf");
        assertFalse(Files.isSameFile(source, model.file()));
        assertEquals(1, Files.getAttribute(model.file(), "unix:nlink"));
        Files.write(source, new byte[3]);
        assertArrayEquals(random(20_000), Files.readAllBytes(model.file()));
        assertEquals(Set.copyOf(PosixFilePermissions.fromString("r--------")),
                Files.getPosixFilePermissions(model.file()));
    }

    @Test
    void givesTheSameContentOneEntry() throws Exception {
        StoredModel first = add(random(5000));
        StoredModel again = store.add(file("copy.gguf", random(5000)), (_, _) -> {});
        assertEquals(first, again);
        assertEquals(1, Files.list(first.file().getParent()).count());
    }

    @Test
    void tellsItsProgressToTheEnd() throws Exception {
        List<Long> done = new ArrayList<>();
        store.add(file("big.gguf", random(9_000_001)), (doneBytes, totalBytes) -> {
            assertEquals(9_000_001, totalBytes);
            done.add(doneBytes);
        });
        assertEquals(List.of(4L << 20, 8L << 20, 9_000_001L), done);
    }

    @Test
    void namesAndResolves() throws Exception {
        StoredModel one = add(random(10));
        StoredModel two = add(random(11));
        store.name("hub/one", one.id());
        assertEquals(Optional.of(one), store.resolve("hub/one"));
        assertEquals(Optional.of(two), store.resolve(two.id().toString()));
        assertEquals(Optional.of(one), store.resolve("hub/one@" + one.id()));
        assertEquals(Optional.empty(), store.resolve("hub/one@" + two.id()));
        store.name("hub/one", two.id());
        assertEquals(Optional.of(two), store.resolve("hub/one"));
        store.name("a.b/c-d_e.f", one.id());
        assertEquals(List.of("a.b/c-d_e.f", "hub/one"), List.copyOf(store.names().keySet()));
        assertFalse(store.resolve("hub/one").orElseThrow().checked());
        store.markChecked(two.id());
        assertTrue(store.resolve("hub/one").orElseThrow().checked());
    }

    @Test
    void refusesNamesThatAreNone() throws Exception {
        ModelId id = add(random(10)).id();
        for (String name : List.of(
                "", "/", "a", "a/", "/a", "a/b/c", "../b", "a/..", "./a", "a/.", ".a/b", "a/-b", "A/b", "a/B",
                "a b/c", "a/b\n", "a/b\0", "ä/b", "a\\b/c", "a//b", "sha256:/a", "a/b@c", "%2e%2e/a",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b")) {
            assertFalse(ModelStore.isName(name), name);
            assertThrows(NodeException.class, () -> store.name(name, id), name);
            assertEquals(Optional.empty(), store.resolve(name), name);
        }
    }

    @Test
    void resolvesNothingThatIsNeitherNameNorId() throws Exception {
        for (String text : List.of(
                "sha256:", "sha256:00", "@", "a/b@", "@sha256:00", "a/b@@", "sha256:../../key",
                "a/b'; DROP TABLE names")) {
            assertEquals(Optional.empty(), store.resolve(text), text);
        }
    }

    @Test
    void refusesToNameAModelThatIsNotThere() {
        assertThrows(NodeException.class, () -> store.name("a/b", FakeModel.ID));
    }

    @Test
    void refusesWhatIsNoFile() throws Exception {
        assertThrows(NodeException.class, () -> store.add(home.resolve("absent"), (_, _) -> {}));
        assertThrows(NodeException.class, () -> store.add(home, (_, _) -> {}));
        assertThrows(NodeException.class, () -> FileIdentity.of(home.resolve("absent"), (_, _) -> {}));
        assertEquals(0, Files.list(home.resolve("models").resolve("blobs")).count());
    }

    @Test
    void leavesNothingBehindWhenItBreaksOff() throws Exception {
        Path source = file("big.gguf", random(9_000_001));
        assertThrows(IllegalStateException.class, () -> store.add(source, (_, _) -> {
            throw new IllegalStateException("enough");
        }));
        assertEquals(0, Files.list(home.resolve("models").resolve("blobs")).count());
    }

    @Test
    void clearsAwayWhatACrashLeft() throws Exception {
        Path blobs = home.resolve("models").resolve("blobs");
        Files.write(blobs.resolve("1234.part"), new byte[9]);
        StoredModel model = add(random(10));
        new ModelStore(database, blobs, DurableFiles.real(), new Quota(home));
        assertEquals(List.of(model.file()), Files.list(blobs).toList());
    }

    @Test
    void noticesAFileThatIsGone() throws Exception {
        StoredModel model = add(random(10));
        store.name("a/b", model.id());
        Files.delete(model.file());
        assertEquals(Optional.empty(), store.byId(model.id()));
        assertEquals(Optional.empty(), store.resolve("a/b"));
        assertTrue(store.names().isEmpty());
        assertEquals(model, add(random(10)));
    }
}
