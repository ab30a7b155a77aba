package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Growing logs and entry bundles (spec/log.md, L55 to L59).
class TileAppenderTest {
    /// Tiles in memory, as a log has them on its disk.
    private static final class Disk implements TileReader {
        final Map<TilePath, byte[]> files = new HashMap<>();

        @Override
        public byte[] tile(TilePath path) throws MalformedException {
            byte[] file = files.get(path);
            if (file == null) {
                throw new MalformedException("tiles", "there is no " + path);
            }
            return file.clone();
        }
    }

    @Test
    void writesExactlyTheTilesThatATreeHas() {
        long seed = 3;
        Random random = new Random(seed);
        TileAppender log = new TileAppender();
        while (log.size() < 70_000) {
            long before = log.size();
            int batch = 1 + random.nextInt(random.nextBoolean() ? 3 : 3000);
            for (int i = 0; i < batch; i++) {
                assertEquals(before + i, log.append(entry(before + i)));
            }
            Set<TilePath> written = Set.copyOf(log.takeTiles().keySet());
            Set<TilePath> expected = new HashSet<>(TilePath.added(before, log.size()).toList());
            assertEquals(expected, written, "seed " + seed + ", " + before + " to " + log.size());
            assertTrue(log.takeTiles().isEmpty());
        }
    }

    @Test
    void goesOnFromItsTilesAfterEveryStep() throws MalformedException {
        Disk disk = new Disk();
        MerkleFrontier expected = new MerkleFrontier();
        TileAppender log = new TileAppender();
        for (int step = 0; log.size() < 66_100; step++) {
            int batch = step < 40 ? 1 : step % 7 == 0 ? 1500 : 256 - step % 3;
            for (int i = 0; i < batch; i++) {
                byte[] entry = entry(log.size());
                log.append(entry);
                expected.appendLeaf(entry);
            }
            disk.files.putAll(log.takeTiles());
            assertEquals(expected.root(), log.root());
            log = TileAppender.resume(disk, log.size(), log.root());
        }
        long size = log.size();
        for (long index : new long[] {0, 255, 256, 65_535, 65_536, size - 1}) {
            List<Digest> proof = InclusionProof.of(disk, index, size, log.root());
            assertTrue(InclusionProof.verify(
                    index, size, MerkleTree.leafHash(entry(index)), proof, log.root()));
        }
    }

    @Test
    void resumesTheEmptyLogWithoutReading() throws MalformedException {
        TileReader nothing = path -> {
            throw new AssertionError("read " + path);
        };
        TileAppender log = TileAppender.resume(nothing, 0, MerkleTree.emptyRoot());
        assertEquals(0, log.size());
        assertThrows(MalformedException.class,
                () -> TileAppender.resume(nothing, 0, Digest.sha256(new byte[1])));
    }

    @Test
    void refusesToResumeFromChangedTiles() {
        TileAppender log = new TileAppender();
        Disk disk = new Disk();
        for (int i = 0; i < 600; i++) {
            log.append(entry(i));
        }
        disk.files.putAll(log.takeTiles());
        for (TilePath edge : List.of(new TilePath(0, 2, 88), new TilePath(1, 0, 2),
                new TilePath(TilePath.ENTRIES, 2, 88))) {
            for (int change = 0; change < 4; change++) {
                Disk changed = new Disk();
                changed.files.putAll(disk.files);
                byte[] file = disk.files.get(edge).clone();
                switch (change) {
                    case 0 -> file[file.length - 1] ^= 1;
                    case 1 -> file = java.util.Arrays.copyOf(file, file.length - 1);
                    case 2 -> file = java.util.Arrays.copyOf(file, file.length + 1);
                    default -> file = new byte[0];
                }
                changed.files.put(edge, file);
                assertThrows(MalformedException.class,
                        () -> TileAppender.resume(changed, 600, log.root()), edge + " " + change);
            }
            Disk missing = new Disk();
            missing.files.putAll(disk.files);
            missing.files.remove(edge);
            assertThrows(MalformedException.class,
                    () -> TileAppender.resume(missing, 600, log.root()));
        }
        assertThrows(MalformedException.class,
                () -> TileAppender.resume(disk, 600, MerkleTree.emptyRoot()));
    }

    @Test
    void readsEntryBundlesItWrites() throws MalformedException {
        List<byte[]> entries = new ArrayList<>();
        for (int length : new int[] {0, 1, 32, 255, 256, 65_535}) {
            entries.add(new byte[length]);
        }
        byte[] bundle = EntryBundle.encode(entries);
        List<byte[]> read = EntryBundle.parse(bundle, 6);
        for (int i = 0; i < 6; i++) {
            assertArrayEquals(entries.get(i), read.get(i));
        }
        assertThrows(MalformedException.class, () -> EntryBundle.parse(bundle, 5));
        assertThrows(MalformedException.class, () -> EntryBundle.parse(bundle, 7));
        assertThrows(MalformedException.class, () -> EntryBundle.parse(new byte[] {0}, 1));
        assertThrows(MalformedException.class, () -> EntryBundle.parse(new byte[] {0, 1}, 1));
        assertThrows(MalformedException.class, () -> EntryBundle.parse(new byte[] {0, 0, 0}, 1));
        assertThrows(MalformedException.class, () -> EntryBundle.parse(new byte[0], 1));
        assertThrows(MalformedException.class,
                () -> EntryBundle.parse(new byte[] {-1, -1, 5, 5}, 1));
    }

    @Test
    void refusesEntriesThatDoNotFitABundle() {
        byte[] tooLong = new byte[65_536];
        assertThrows(IllegalArgumentException.class, () -> new TileAppender().append(tooLong));
        assertThrows(IllegalArgumentException.class, () -> EntryBundle.encode(List.of(tooLong)));
    }

    private static byte[] entry(long index) {
        byte[] text = Long.toString(index).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        return Digest.sha256(text).bytes();
    }
}
