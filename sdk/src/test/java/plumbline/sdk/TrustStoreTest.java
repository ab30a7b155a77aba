package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.NoteSignature;
import plumbline.verify.SignedNote;
import plumbline.verify.VerifierKey;

class TrustStoreTest {
    private static final String ORIGIN = "plumbline/0123456789ab";
    private static final VerifierKey KEY = VerifierKey.ed25519(ORIGIN, new byte[32]);

    @TempDir
    private Path folder;

    private TrustStore store;

    @BeforeEach
    void open() {
        store = new TrustStore(folder.resolve("trust"));
    }

    private static SignedNote note(long size) {
        Checkpoint checkpoint = new Checkpoint(ORIGIN, size, Digest.sha256(new byte[] {1}));
        return new SignedNote(
                checkpoint.body(), List.of(NoteSignature.of(KEY, new byte[64])));
    }

    @Test
    void knowsNothingAtFirstAndMakesNoFolder() throws PlumblineException {
        assertEquals(TrustStore.Entry.empty(), store.load(ORIGIN));
        assertTrue(Files.notExists(folder.resolve("trust")));
    }

    @Test
    void keepsPinnedKeyAndCheckpointAcrossPrograms() throws PlumblineException, MalformedException {
        TrustStore.Entry entry =
                TrustStore.Entry.empty().withPinned(KEY).withRemembered(KEY, note(17));
        store.save(ORIGIN, entry);
        TrustStore.Entry read = new TrustStore(folder.resolve("trust")).load(ORIGIN);
        assertEquals(entry, read);
        assertEquals(17, read.trust().remembered().orElseThrow().checkpoint().size());
        assertEquals(KEY, read.trust().pinned().orElseThrow());
    }

    @Test
    void keepsEachOriginApartWhateverItsName() throws PlumblineException {
        for (String origin :
                List.of("../../etc/passwd", "a/b", "a", "A", "ä", ".", "x".repeat(250))) {
            VerifierKey key = VerifierKey.ed25519(origin, new byte[32]);
            store.save(origin, TrustStore.Entry.empty().withPinned(key));
            assertEquals(key, store.load(origin).pinned().orElseThrow());
        }
        assertEquals(TrustStore.Entry.empty(), store.load("b"));
    }

    @Test
    void leavesOneWholeFileWhenItIsReplaced() throws PlumblineException, IOException {
        store.save(ORIGIN, TrustStore.Entry.empty().withPinned(KEY));
        store.save(ORIGIN, TrustStore.Entry.empty().withPinned(KEY).withRemembered(KEY, note(3)));
        try (Stream<Path> files = Files.list(folder.resolve("trust"))) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void refusesEveryCutOfAFile() throws PlumblineException, IOException {
        store.save(ORIGIN, TrustStore.Entry.empty().withPinned(KEY).withRemembered(KEY, note(3)));
        Path file = onlyFile();
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            // Never taken as "nothing is known", which would accept what must be refused.
            assertThrows(PlumblineException.class, () -> store.load(ORIGIN), "cut at " + length);
        }
    }

    @Test
    void refusesAFileAboutAnotherLog() throws PlumblineException, IOException {
        store.save(ORIGIN, TrustStore.Entry.empty().withPinned(KEY));
        Path file = onlyFile();
        String changed = Files.readString(file).replace("origin " + ORIGIN, "origin other");
        Files.write(file, changed.getBytes(StandardCharsets.UTF_8));
        assertThrows(PlumblineException.class, () -> store.load(ORIGIN));
    }

    @Test
    void refusesNonsense() throws PlumblineException, IOException {
        store.save(ORIGIN, TrustStore.Entry.empty().withPinned(KEY));
        Path file = onlyFile();
        for (String text : List.of("x", "\n\n\n\n\n", "plumbline trust v2\n\n\n\n\n",
                "plumbline trust v1\norigin " + ORIGIN + "\npinned x\nremembered -\n",
                "plumbline trust v1\norigin " + ORIGIN + "\npinned -\nremembered -\nmore\n")) {
            Files.writeString(file, text);
            assertThrows(PlumblineException.class, () -> store.load(ORIGIN), text);
        }
    }

    private Path onlyFile() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("trust"))) {
            return files.toList().getFirst();
        }
    }
}
