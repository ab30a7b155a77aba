package plumbline.exact;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The block formats of a GGUF file, each decoded to integers in units of 2^-24.
///
/// Every finite f16 is an integer multiple of 2^-24, so a block with f16 scales holds exact integers.
/// F32 and BF16 values are rounded half up to that grid. Source: spec/arithmetic.md section 2 (W1-W7, W9-W17).
public enum BlockFormat {
    F32(1, 4) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            into[at] = f32(data.get(INT, offset));
        }
    },
    F16(1, 2) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            into[at] = f16(data.get(SHORT, offset));
        }
    },
    Q4_0(32, 18) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            long d = f16(data.get(SHORT, offset));
            for (int i = 0; i < 16; i++) {
                int pair = data.get(BYTE, offset + 2 + i) & 0xff;
                into[at + i] = scaled(d, (pair & 15) - 8, 0);
                into[at + i + 16] = scaled(d, (pair >> 4) - 8, 0);
            }
        }
    },
    Q4_1(32, 20) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            long d = f16(data.get(SHORT, offset));
            long m = f16(data.get(SHORT, offset + 2));
            for (int i = 0; i < 16; i++) {
                int pair = data.get(BYTE, offset + 4 + i) & 0xff;
                into[at + i] = scaled(d, pair & 15, m);
                into[at + i + 16] = scaled(d, pair >> 4, m);
            }
        }
    },
    Q5_0(32, 22) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            long d = f16(data.get(SHORT, offset));
            int high = data.get(INT, offset + 2);
            for (int i = 0; i < 32; i++) {
                int low = data.get(BYTE, offset + 6 + i % 16) >> i / 16 * 4 & 15;
                into[at + i] = scaled(d, (low | (high >> i & 1) << 4) - 16, 0);
            }
        }
    },
    Q5_1(32, 24) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            long d = f16(data.get(SHORT, offset));
            long m = f16(data.get(SHORT, offset + 2));
            int high = data.get(INT, offset + 4);
            for (int i = 0; i < 32; i++) {
                int low = data.get(BYTE, offset + 8 + i % 16) >> i / 16 * 4 & 15;
                into[at + i] = scaled(d, low | (high >> i & 1) << 4, m);
            }
        }
    },
    Q8_0(32, 34) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            long d = f16(data.get(SHORT, offset));
            for (int i = 0; i < 32; i++) {
                into[at + i] = scaled(d, data.get(BYTE, offset + 2 + i), 0);
            }
        }
    },
    Q2_K(SuperBlocks.SIZE, 84) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            SuperBlocks.q2k(data, offset, into, at);
        }
    },
    Q3_K(SuperBlocks.SIZE, 110) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            SuperBlocks.q3k(data, offset, into, at);
        }
    },
    Q4_K(SuperBlocks.SIZE, 144) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            SuperBlocks.q4k(data, offset, into, at);
        }
    },
    Q5_K(SuperBlocks.SIZE, 176) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            SuperBlocks.q5k(data, offset, into, at);
        }
    },
    Q6_K(SuperBlocks.SIZE, 210) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            SuperBlocks.q6k(data, offset, into, at);
        }
    },
    IQ4_NL(32, 18) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            SuperBlocks.iq4nl(data, offset, into, at);
        }
    },
    IQ4_XS(SuperBlocks.SIZE, 136) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            SuperBlocks.iq4xs(data, offset, into, at);
        }
    },
    BF16(1, 2) {
        @Override
        void decodeBlock(MemorySegment data, long offset, long[] into, int at) {
            into[at] = f32(data.get(SHORT, offset) << 16);
        }
    };

    /// Stands for an infinite or NaN scale: so large that no row holding it passes [Matrix#firstRefusedRow].
    static final long NOT_FINITE = 1L << 62;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int blockSize;
    private final int blockBytes;

    BlockFormat(int blockSize, int blockBytes) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /// Weights in one block.
    public int blockSize() {
        return blockSize;
    }

    /// Bytes of one block in the file.
    public int blockBytes() {
        return blockBytes;
    }

    /// Bytes of a row of `columns` weights; `columns` is a multiple of [#blockSize()].
    public long rowBytes(int columns) {
        return (long) (columns / blockSize) * blockBytes;
    }

    /// Decodes the block at `offset` of `data` into `into[at .. at + blockSize)`, units of 2^-24.
    /// A block whose scale is infinite or NaN decodes to values of 2^62.
    abstract void decodeBlock(MemorySegment data, long offset, long[] into, int at);

    /// Decodes `count` weights (a multiple of the block size) that start at `offset`.
    public void decode(MemorySegment data, long offset, long[] into, int count) {
        for (int at = 0; at < count; at += blockSize) {
            decodeBlock(data, offset, into, at);
            offset += blockBytes;
        }
    }

    private static long scaled(long d, int q, long m) {
        return d == NOT_FINITE || m == NOT_FINITE ? NOT_FINITE : d * q + m;
    }

    /// An f16 as an integer in units of 2^-24 (W1): subnormals included, [#NOT_FINITE] for inf and NaN.
    public static long f16(short bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        if (exponent == 31) {
            return NOT_FINITE;
        }
        long magnitude = exponent == 0 ? fraction : (long) (fraction | 1024) << exponent - 1;
        return bits < 0 ? -magnitude : magnitude;
    }

    /// An f32 in units of 2^-24, rounded half up (W2); [#NOT_FINITE] for inf, NaN and 2^29 or more.
    public static long f32(int bits) {
        int exponent = bits >> 23 & 255;
        if (exponent >= 127 + 29) {
            return NOT_FINITE;
        }
        long fraction = exponent == 0 ? bits & 0x7fffff : bits & 0x7fffff | 0x800000;
        long signed = bits < 0 ? -fraction : fraction;
        // value = signed * 2^(max(exponent, 1) - 150); in units of 2^-24 that is a shift by -126.
        return Fixed.shift(signed, 126 - Math.max(exponent, 1));
    }
}
