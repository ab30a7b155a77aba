package plumbline.verify;

import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Which tile: `tile/0/x001/x234/067.p/8` is level 0, index 1234067, the first 8 hashes of it
/// (C2SP tlog-tiles; spec/log.md, L50 to L54).
///
/// Level `l`, index `n` holds the hashes of the complete subtrees of 256^l leaves, from number
/// 256 n on. `width` is 256 for a full tile and 1 to 255 for a partial one. Level [#ENTRIES] stands
/// for the bundles of log entries, `tile/entries/...`.
public record TilePath(int level, long index, int width) {
    /// The level of entry bundles, whose positions are those of level 0.
    public static final int ENTRIES = -1;
    /// The width of a full tile.
    public static final int FULL = 256;
    /// The highest level at which a tree of less than 2^63 leaves has a tile.
    public static final int LEVEL_MAX = 7;
    /// The longest path in characters.
    static final int CHARACTERS_MAX = 64;

    private static final String FORMAT = "tile path";
    private static final String PREFIX = "tile/";
    private static final String ENTRIES_NAME = "entries";
    private static final String PARTIAL = ".p/";
    private static final int DIGITS = 3;

    /// Rejects what no tree of less than 2^63 leaves has.
    public TilePath {
        if (level < ENTRIES || level > LEVEL_MAX) {
            throw new IllegalArgumentException("no tile has the level " + level);
        }
        if (index < 0 || index > indexMax(level)) {
            throw new IllegalArgumentException(
                    "no tile of level " + level + " has the index " + index);
        }
        if (width < 1 || width > FULL) {
            throw new IllegalArgumentException("no tile has the width " + width);
        }
    }

    /// The tile that holds hash number `position` of a level in a tree of `size` leaves.
    static TilePath holding(int level, long position, long size) {
        long index = position / FULL;
        long hashes = size >>> 8 * Math.max(level, 0);
        return new TilePath(level, index, (int) Math.min(FULL, hashes - index * FULL));
    }

    /// The tiles and entry bundles that a tree of `size` leaves has and the same tree had not when
    /// it had `before` leaves; from `before` = 0, all of them. In the order of levels, entries
    /// first.
    public static Stream<TilePath> added(long before, long size) {
        if (before < 0 || before > size) {
            throw new IllegalArgumentException(
                    "a tree of " + size + " leaves never had " + before + " leaves");
        }
        return IntStream.rangeClosed(ENTRIES, LEVEL_MAX).boxed().flatMap(level -> {
            long old = before >>> 8 * Math.max(level, 0);
            long count = size >>> 8 * Math.max(level, 0);
            return count == old ? Stream.empty()
                    : LongStream.rangeClosed(old / FULL, (count - 1) / FULL)
                            .mapToObj(index -> holding(level, index * FULL, size));
        });
    }

    /// Whether the tile has all its 256 hashes.
    public boolean isFull() {
        return width == FULL;
    }

    /// Whether this is a bundle of entries and not a tile of hashes.
    public boolean isEntries() {
        return level == ENTRIES;
    }

    /// The path below the log's prefix, with no slash in front.
    public String path() {
        StringBuilder path = new StringBuilder(PREFIX);
        path.append(isEntries() ? ENTRIES_NAME : String.valueOf(level)).append('/');
        String digits = String.valueOf(index);
        digits = "0".repeat((DIGITS - digits.length() % DIGITS) % DIGITS) + digits;
        for (int i = 0; i < digits.length(); i += DIGITS) {
            boolean isLast = i + DIGITS == digits.length();
            path.append(isLast ? "" : "x").append(digits, i, i + DIGITS).append(isLast ? "" : "/");
        }
        return path.append(isFull() ? "" : PARTIAL + width).toString();
    }

    /// Reads a path as [#path] writes it.
    public static TilePath parse(String path) throws MalformedException {
        if (path.length() > CHARACTERS_MAX || !path.startsWith(PREFIX)) {
            throw malformed(path);
        }
        int levelEnd = path.indexOf('/', PREFIX.length());
        int partial = path.indexOf(PARTIAL);
        int indexEnd = partial < 0 ? path.length() : partial;
        if (levelEnd < 0 || levelEnd + 1 > indexEnd) {
            throw malformed(path);
        }
        String levelText = path.substring(PREFIX.length(), levelEnd);
        long level = levelText.equals(ENTRIES_NAME)
                ? ENTRIES
                : Texts.decimal(FORMAT, "the level", levelText);
        long width = partial < 0 ? FULL : Texts.decimal(
                FORMAT, "the width", path.substring(partial + PARTIAL.length()));
        long index = index(path, path.substring(levelEnd + 1, indexEnd));
        if (level > LEVEL_MAX || index > indexMax((int) level)
                || partial >= 0 && (width < 1 || width >= FULL)) {
            throw malformed(path);
        }
        TilePath tile = new TilePath((int) level, index, (int) width);
        if (!tile.path().equals(path)) {
            throw malformed(path);
        }
        return tile;
    }

    /// Reads the index with its slashes and x marks taken out; that they stood where they must is
    /// seen when the path is written again.
    private static long index(String path, String text) throws MalformedException {
        String digits = text.replace("x", "").replace("/", "").replaceFirst("^0+(?=.)", "");
        if (digits.length() > 19) {
            throw malformed(path);
        }
        return Texts.decimal(FORMAT, "the index", digits);
    }

    private static long indexMax(int level) {
        int leavesLog2 = 8 * (Math.max(level, 0) + 1);
        return leavesLog2 < Long.SIZE ? Long.MAX_VALUE >>> leavesLog2 : 0;
    }

    private static MalformedException malformed(String path) {
        return new MalformedException(FORMAT, "expected tile/LEVEL/INDEX or tile/entries/INDEX,"
                + " as in tile/0/x001/234.p/8, found " + Texts.show(path));
    }

    @Override
    public String toString() {
        return path();
    }
}
