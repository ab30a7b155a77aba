package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/log.md, L50 to L54.
class TilePathTest {
    @ParameterizedTest
    @CsvSource({
        "0,0,256,tile/0/000",
        "0,0,1,tile/0/000.p/1",
        "0,999,255,tile/0/999.p/255",
        "0,1000,256,tile/0/x001/000",
        "0,1234067,8,tile/0/x001/x234/067.p/8",
        "3,1234067,256,tile/3/x001/x234/067",
        "7,0,127,tile/7/000.p/127",
        "-1,1234067,256,tile/entries/x001/x234/067",
        "-1,5,9,tile/entries/005.p/9",
        "0,36028797018963967,256,tile/0/x036/x028/x797/x018/x963/967",
    })
    void writesAndReadsPaths(int level, long index, int width, String path)
            throws MalformedException {
        TilePath tile = new TilePath(level, index, width);
        assertEquals(path, tile.path());
        assertEquals(tile, TilePath.parse(path));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/",
        "tile/00/000", "tile/8/000", "tile/63/000", "tile/64/000", "tile/-1/000", "tile/+0/000",
        "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000/000", "tile/0/000/001", "tile/0/x001",
        "tile/0/x001/", "tile/0/x001/x000", "tile/0/001/000", "tile/0/x1/000", "tile/0/xx001/000",
        "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
        "tile/0/000.p/-1", "tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/0/.p/1", "tile/entries",
        "tile/entries/", "tile/Entries/000", "tile/data/000", "tile/0//000", "tile/0/../checkpoint",
        "tile/0/x001/../000", "tile/0/000\n", "tile/0/000 ", "tile/0/0a0", "checkpoint",
        "tile/0/x036/x028/x797/x018/x963/968", "tile/1/x036/x028/x797/x018/x963/967",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999", "tile/7/001",
        "tile/0/\u0660\u0660\u0660"})
    void rejectsPathsThatNoTreeHas(String path) {
        assertThrows(MalformedException.class, () -> TilePath.parse(path));
    }

    @Test
    void refusesTilesThatNoTreeHas() {
        assertThrows(IllegalArgumentException.class, () -> new TilePath(-2, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new TilePath(8, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new TilePath(0, -1, 1));
        assertThrows(IllegalArgumentException.class, () -> new TilePath(0, 1L << 55, 1));
        assertThrows(IllegalArgumentException.class, () -> new TilePath(0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new TilePath(0, 0, 257));
    }

    /// The examples of C2SP tlog-tiles.
    @Test
    void knowsTheTilesOfATree() {
        List<TilePath> all = TilePath.added(0, 70_000).toList();
        assertEquals(273, count(all, 0, 256));
        assertEquals(1, count(all, 0, 112));
        assertEquals(1, count(all, 1, 256));
        assertEquals(1, count(all, 1, 17));
        assertEquals(1, count(all, 2, 1));
        assertEquals(274, count(all, -1, 256) + count(all, -1, 112));
        assertEquals(274 + 274 + 2 + 1, all.size());
        assertEquals(List.of("tile/entries/000", "tile/0/000", "tile/1/000.p/1"),
                TilePath.added(0, 256).map(TilePath::path).toList());
        assertEquals(List.of(), TilePath.added(0, 0).toList());
        assertEquals(List.of(), TilePath.added(300, 300).toList());
        assertEquals(List.of("tile/entries/000.p/6", "tile/0/000.p/6"),
                TilePath.added(5, 6).map(TilePath::path).toList());
        assertEquals(List.of("tile/entries/000", "tile/entries/001.p/1", "tile/0/000",
                "tile/0/001.p/1", "tile/1/000.p/1"),
                TilePath.added(255, 257).map(TilePath::path).toList());
        assertThrows(IllegalArgumentException.class, () -> TilePath.added(6, 5));
    }

    private static long count(List<TilePath> tiles, int level, int width) {
        return tiles.stream().filter(t -> t.level() == level && t.width() == width).count();
    }
}
