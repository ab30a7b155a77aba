package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// A Q4_0, Q4_1 or Q8_0 matrix with rows interleaved, so that vector lanes are rows.
///
/// One array of ints, one sequential stream. For each group of [Lanes#GROUP] rows, for each half of
/// the group: for each block of 32 columns `wordsPerBlock` words of every row; then for each block
/// the scale D of every row; then (Q4_1) for each block the min M of every row. A word is four
/// bytes of the file's block as they are: 8 nibbles of Q4 (bits 8b..8b+3 of word j are column 4j+b,
/// bits 8b+4..8b+7 column 16+4j+b), or 4 bytes of Q8_0, each plus 128. D and M are float bits of
/// the integers of spec/arithmetic.md (units of 2^-24; exact, as an f16 has 11 significant bits).
/// Rows that fill up the last group are zeros.
final class PackedBlocks implements Packed {

    static final int BLOCK = 32;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int rows;
    private final int columns;
    private final int wordsPerBlock;
    private final boolean hasMins;
    private final int bias;
    final int[] ints;
    final RowLoops loops;

    private PackedBlocks(Matrix matrix) {
        rows = matrix.rows();
        columns = matrix.columns();
        BlockFormat format = matrix.format();
        wordsPerBlock = wordsPerBlock(format);
        hasMins = format == BlockFormat.Q4_1;
        bias = switch (format) {
            case Q4_0 -> 8;
            case Q8_0 -> 128;
            default -> 0;
        };
        loops = new RowLoops(wordsPerBlock);
        ints = new int[Math.toIntExact(length(matrix))];
        long offset = 0;
        for (int r = 0; r < rows; r++) {
            for (int k = 0; k < blocks(); k++) {
                packBlock(matrix.data(), offset, r, k);
                offset += format.blockBytes();
            }
        }
    }

    /// Packs `matrix`, or leaves it where it is, to be multiplied in 64-bit integers, when doubles
    /// can't hold its partial sums or no Java array is long enough.
    static Packed of(Matrix matrix) {
        if (length(matrix) > Integer.MAX_VALUE - 64) {
            return new MappedMatrix(matrix);
        }
        PackedBlocks packed = new PackedBlocks(matrix);
        return packed.fitsDoubles() ? packed : new MappedMatrix(matrix);
    }

    private static int wordsPerBlock(BlockFormat format) {
        return switch (format) {
            case Q4_0, Q4_1 -> 4;
            case Q8_0 -> 8;
            default -> throw new IllegalArgumentException("no blocks of 32: " + format);
        };
    }

    private static long length(Matrix matrix) {
        long groups = Math.ceilDiv(matrix.rows(), Lanes.GROUP);
        int numbers = wordsPerBlock(matrix.format())
                + (matrix.format() == BlockFormat.Q4_1 ? 2 : 1);
        return groups * Lanes.GROUP * (matrix.columns() / BLOCK) * numbers;
    }

    private void packBlock(MemorySegment data, long offset, int r, int k) {
        int group = r / Lanes.GROUP;
        int half = r / Lanes.WIDTH & 1;
        int lane = r % Lanes.WIDTH;
        int flip = bias == 128 ? 0x80808080 : 0; // adds 128 to each byte
        int words = words(group, half, k) + lane;
        long from = offset + (hasMins ? 4 : 2);
        for (int j = 0; j < wordsPerBlock; j++) {
            ints[words + j * Lanes.WIDTH] = data.get(INT, from + 4 * j) ^ flip;
        }
        ints[scales(group, half, k) + lane] = scaleBits(data.get(SHORT, offset));
        if (hasMins) {
            ints[mins(group, half, k) + lane] = scaleBits(data.get(SHORT, offset + 2));
        }
    }

    private static int scaleBits(short f16) {
        return Float.floatToRawIntBits(BlockFormat.f16(f16));
    }

    /// Whether each partial sum of D * dot and M * sum(x), in whatever order, is an integer below
    /// 2^53, so that double lanes hold it exactly.
    ///
    /// For Q8_0 and Q4_0 the load rule says so: D * dot is the sum of W * x over a block, thus
    /// every partial sum is at most sum|W| * 32767. For Q4_1 it does *not*: W = D * q + M may be
    /// small where D * q and M are huge and cancel. So the two parts are bounded apart: over a row,
    /// the sum of (|D| * sum(q) + 32 * |M|) * 32767 must stay below 2^53. (In 64-bit integers such
    /// partial sums may even wrap around: the total fits, so it is right.)
    private boolean fitsDoubles() {
        if (!hasMins) {
            return true;
        }
        // The bound itself is summed in doubles, so it leaves a bit to spare. NaN doesn't fit.
        double limit = (double) (Matrix.SUM_LIMIT >> 1) / Matrix.ACTIVATION_MAX;
        for (int r = 0; r < rows; r++) {
            double bound = 0;
            for (int k = 0; k < blocks(); k++) {
                bound += magnitude(r / Lanes.GROUP, r / Lanes.WIDTH & 1, k, r % Lanes.WIDTH);
            }
            if (!(bound < limit)) {
                return false;
            }
        }
        return true;
    }

    /// |D| * sum(q) + 32 * |M| of a block.
    private double magnitude(int group, int half, int k, int lane) {
        int words = words(group, half, k) + lane;
        int quants = 0;
        for (int j = 0; j < wordsPerBlock; j++) {
            quants += nibbleSum(ints[words + j * Lanes.WIDTH]);
        }
        double d = Float.intBitsToFloat(ints[scales(group, half, k) + lane]);
        double m = Float.intBitsToFloat(ints[mins(group, half, k) + lane]);
        return Math.abs(d) * quants + Math.abs(m) * BLOCK;
    }

    private static int nibbleSum(int word) {
        int bytes = (word & 0x0f0f0f0f) + (word >>> 4 & 0x0f0f0f0f); // four sums, each at most 30
        return bytes * 0x01010101 >>> 24;
    }

    /// Where the words of block `k` of half a group begin; those of the next block follow.
    int words(int group, int half, int k) {
        return half(group, half) + k * wordsPerBlock * Lanes.WIDTH;
    }

    /// Where the scales of block `k` of half a group begin; those of the next block follow.
    int scales(int group, int half, int k) {
        return half(group, half) + (blocks() * wordsPerBlock + k) * Lanes.WIDTH;
    }

    /// Where the mins of block `k` of half a group begin; those of the next block follow.
    int mins(int group, int half, int k) {
        return half(group, half) + (blocks() * (wordsPerBlock + 1) + k) * Lanes.WIDTH;
    }

    private int half(int group, int half) {
        return (2 * group + half) * blocks() * (wordsPerBlock + (hasMins ? 2 : 1)) * Lanes.WIDTH;
    }

    int wordsPerBlock() {
        return wordsPerBlock;
    }

    boolean hasMins() {
        return hasMins;
    }

    /// What a stored quant is above the q of its weight.
    int bias() {
        return bias;
    }

    int blocks() {
        return columns / BLOCK;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }
}
