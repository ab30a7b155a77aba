package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/log.md L95 to L98.
class LogAuditTest {

    private final Map<TilePath, byte[]> stored = new HashMap<>();
    private final TileReader tiles = path -> {
        byte[] bytes = stored.get(path);
        if (bytes == null) {
            throw new MalformedException("tiles", "no " + path);
        }
        return bytes;
    };

    /// Stores the tiles of a log of `size` entries, as they are for this size.
    private Checkpoint log(int size) {
        TileAppender tree = new TileAppender();
        for (int i = 0; i < size; i++) {
            tree.append(Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8)}).bytes());
        }
        stored.clear();
        stored.putAll(tree.takeTiles());
        return new Checkpoint("x", size, tree.root());
    }

    private Checkpoint checkpoint(int size) {
        TileAppender tree = new TileAppender();
        for (int i = 0; i < size; i++) {
            tree.append(Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8)}).bytes());
        }
        return new Checkpoint("x", size, tree.root());
    }

    private String broken(Checkpoint checkpoint, Optional<Checkpoint> remembered) {
        return assertInstanceOf(LogAudit.Broken.class, LogAudit.run(tiles, checkpoint, remembered)).reason();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 255, 256, 257, 511, 512, 700})
    void findsAWholeLogSound(int size) {
        Checkpoint now = log(size);
        assertEquals(new LogAudit.Sound(size, false), LogAudit.run(tiles, now, Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 255, 256, 300, 600})
    void showsThatItContinuesWhatIsRemembered(int before) {
        assertEquals(new LogAudit.Sound(600, true),
                LogAudit.run(tiles, log(600), Optional.of(checkpoint(before))));
    }

    @Test
    void refusesALogThatWasRewritten() {
        Checkpoint now = log(600);
        for (int before : new int[] {0, 1, 256, 599, 600}) {
            Checkpoint other = new Checkpoint("x", before, Digest.sha256(new byte[] {7}));
            assertEquals("fork", broken(now, Optional.of(other)), "at " + before);
        }
    }

    @Test
    void refusesALogThatWasSetBack() {
        Checkpoint now = log(300);
        assertEquals("shrunk", broken(now, Optional.of(checkpoint(301))));
    }

    @Test
    void refusesEntriesThatDoNotGiveTheSignedRoot() {
        Checkpoint now = log(300);
        assertEquals("root", broken(new Checkpoint("x", 300, Digest.sha256(new byte[1])), Optional.empty()));
        assertEquals("root", broken(new Checkpoint("x", 0, now.root()), Optional.empty()));
    }

    @Test
    void noticesEveryTileThatIsMissing() {
        Checkpoint now = log(700);
        for (TilePath path : TilePath.added(0, 700).toList()) {
            byte[] kept = stored.remove(path);
            assertEquals("missing", broken(now, Optional.empty()), path.path());
            stored.put(path, kept);
        }
        assertInstanceOf(LogAudit.Sound.class, LogAudit.run(tiles, now, Optional.empty()));
    }

    @Test
    void noticesEveryTileThatWasChanged() {
        Checkpoint now = log(700);
        for (TilePath path : TilePath.added(0, 700).toList()) {
            byte[] kept = stored.get(path);
            byte[] changed = kept.clone();
            changed[changed.length - 1] ^= 1;
            stored.put(path, changed);
            String reason = broken(now, Optional.empty());
            assertTrue(path.isEntries() ? !reason.equals("missing") : reason.equals("tile"), path + ": " + reason);
            stored.put(path, kept);
        }
    }

    @Test
    void refusesBundlesThatAreMalformed() {
        Checkpoint now = log(3);
        TilePath path = new TilePath(TilePath.ENTRIES, 0, 3);
        byte[] kept = stored.get(path);
        stored.put(path, java.util.Arrays.copyOf(kept, kept.length - 1));
        assertEquals("missing", broken(now, Optional.empty()));
        stored.put(path, java.util.Arrays.copyOf(kept, kept.length + 1));
        assertEquals("missing", broken(now, Optional.empty()));
    }
}
