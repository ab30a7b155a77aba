package plumbline.engine.gguf;

import java.util.Optional;
import plumbline.exact.BlockFormat;

/// How the weights of one tensor are packed: every type that ggml has a code for today.
///
/// A row is a whole number of blocks; a block holds `blockSize` weights in `blockBytes` bytes.
/// Codes that ggml has withdrawn, and codes unknown here, have no constant: a file that uses one
/// is refused by name (G19). Source: spec/gguf.md section 5.
public enum GgmlType {
    F32(0, 1, 4, BlockFormat.F32),
    F16(1, 1, 2, BlockFormat.F16),
    Q4_0(2, 32, 18, BlockFormat.Q4_0),
    Q4_1(3, 32, 20, BlockFormat.Q4_1),
    Q5_0(6, 32, 22, BlockFormat.Q5_0),
    Q5_1(7, 32, 24, BlockFormat.Q5_1),
    Q8_0(8, 32, 34, BlockFormat.Q8_0),
    Q8_1(9, 32, 36, null),
    Q2_K(10, 256, 84, BlockFormat.Q2_K),
    Q3_K(11, 256, 110, BlockFormat.Q3_K),
    Q4_K(12, 256, 144, BlockFormat.Q4_K),
    Q5_K(13, 256, 176, BlockFormat.Q5_K),
    Q6_K(14, 256, 210, BlockFormat.Q6_K),
    Q8_K(15, 256, 292, null),
    IQ2_XXS(16, 256, 66, null),
    IQ2_XS(17, 256, 74, null),
    IQ3_XXS(18, 256, 98, null),
    IQ1_S(19, 256, 50, null),
    IQ4_NL(20, 32, 18, BlockFormat.IQ4_NL),
    IQ3_S(21, 256, 110, null),
    IQ2_S(22, 256, 82, null),
    IQ4_XS(23, 256, 136, BlockFormat.IQ4_XS),
    I8(24, 1, 1, null),
    I16(25, 1, 2, null),
    I32(26, 1, 4, null),
    I64(27, 1, 8, null),
    F64(28, 1, 8, null),
    IQ1_M(29, 256, 56, null),
    BF16(30, 1, 2, BlockFormat.BF16),
    TQ1_0(34, 256, 54, null),
    TQ2_0(35, 256, 66, null),
    MXFP4(39, 32, 17, null),
    NVFP4(40, 64, 36, null),
    Q1_0(41, 128, 18, null);

    private static final int CODE_MAX = 41;
    private static final GgmlType[] BY_CODE = new GgmlType[CODE_MAX + 1];

    static {
        for (GgmlType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final int blockSize;
    private final int blockBytes;
    private final Optional<BlockFormat> exact;

    GgmlType(int code, int blockSize, int blockBytes, BlockFormat exact) {
        this.code = code;
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
        this.exact = Optional.ofNullable(exact);
    }

    /// The number that stands for this type in a file.
    public int code() {
        return code;
    }

    /// Weights in one block.
    public int blockSize() {
        return blockSize;
    }

    /// Bytes of one block.
    public int blockBytes() {
        return blockBytes;
    }

    /// The integer decoder of this type, empty where exact arithmetic does not cover it yet.
    public Optional<BlockFormat> exact() {
        return exact;
    }

    /// The type with that code; empty for a code that is unknown or withdrawn. `code` is unsigned.
    static Optional<GgmlType> ofCode(int code) {
        boolean inTable = code >= 0 && code <= CODE_MAX;
        return inTable ? Optional.ofNullable(BY_CODE[code]) : Optional.empty();
    }
}
