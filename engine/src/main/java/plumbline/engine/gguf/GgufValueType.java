package plumbline.engine.gguf;

import java.util.Optional;

/// The type of one metadata value as the file states it. Source: spec/gguf.md section 3.
public enum GgufValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final GgufValueType[] BY_CODE = values();

    private final int valueBytes;

    GgufValueType(int valueBytes) {
        this.valueBytes = valueBytes;
    }

    /// Bytes of one value; 0 for STRING and ARRAY, whose length is in the file.
    int valueBytes() {
        return valueBytes;
    }

    boolean isInteger() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
        };
    }

    /// The type with that code (the order of the constants); `code` is unsigned.
    static Optional<GgufValueType> ofCode(int code) {
        boolean known = code >= 0 && code < BY_CODE.length;
        return known ? Optional.of(BY_CODE[code]) : Optional.empty();
    }
}
