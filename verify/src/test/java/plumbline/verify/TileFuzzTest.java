package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Any bytes as a tile's path, an entry bundle, or the tiles on the right edge of a log are malformed or read in
/// their one encoding (spec/log.md L7, L56).
public final class TileFuzzTest {

    /// What a fuzzer calls: the first byte is the bundle's width and the log's size.
    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length == 0) {
            return;
        }
        int width = data[0] & 0xff;
        byte[] rest = Arrays.copyOfRange(data, 1, data.length);
        try {
            String text = Texts.utf8("test", rest);
            assertEquals(text, TilePath.parse(text).path());
        } catch (MalformedException e) {
            // What happens to nearly all of them.
        }
        try {
            assertArrayEquals(rest, EntryBundle.encode(EntryBundle.parse(rest, width)));
        } catch (MalformedException e) {
            // As above.
        }
        try {
            resume(rest, width);
        } catch (MalformedException e) {
            // As above.
        }
    }

    /// The hash tiles are the first bytes, the entry bundle is what remains.
    private static void resume(byte[] bytes, int size) throws MalformedException {
        int hashes = Math.min(bytes.length, 32 * size);
        byte[] tile = Arrays.copyOf(bytes, hashes);
        TileReader tiles = path -> path.level() == TilePath.ENTRIES
                ? Arrays.copyOfRange(bytes, hashes, bytes.length) : tile;
        Digest root = new TileHashes(tiles, size).peaks().stream()
                .reduce((left, right) -> MerkleTree.nodeHash(left, right)).orElse(MerkleTree.emptyRoot());
        TileAppender.resume(tiles, size, root);
    }

    @Test
    void keptInputsAreMalformedOrReadInTheirOneEncoding() throws IOException {
        FuzzSeeds.replay("tile", TileFuzzTest::fuzzerTestOneInput);
    }
}
