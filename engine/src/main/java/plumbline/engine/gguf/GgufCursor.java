package plumbline.engine.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import plumbline.verify.MalformedException;

/// Reads little-endian values one after the other; never past the end of the file.
///
/// Bytes are fetched through a window on the heap: a hundred thousand small reads of a mapped
/// segment would cost a cold start more than copying the pages does. Messages name the `part` that
/// was read of the current subject; they are put together only when needed, since a hundred
/// thousand unused ones, and the JVM's machinery for joining strings, cost start-up time.
/// Not thread-safe.
final class GgufCursor {
    private static final int WINDOW_BYTES = 1 << 16;

    private final MemorySegment file;
    private final long end;
    private final byte[] window;
    private long windowStart;
    private int windowBytes;
    private long position;
    private String subject = "the header";

    /// Reads `file[position .. end)`.
    GgufCursor(MemorySegment file, long position, long end) {
        this.file = file;
        this.position = position;
        this.end = end;
        this.window = new byte[(int) Math.min(WINDOW_BYTES, end - position)];
        this.windowStart = position;
    }

    GgufCursor(MemorySegment file) {
        this(file, 0, file.byteSize());
    }

    long position() {
        return position;
    }

    long remaining() {
        return end - position;
    }

    /// What is being read from here on: a key, a tensor.
    void subject(String newSubject) {
        subject = newSubject;
    }

    int u8(String part) throws MalformedException {
        return window[take(1, part)] & 0xff;
    }

    int u16(String part) throws MalformedException {
        int at = take(2, part);
        return window[at] & 0xff | (window[at + 1] & 0xff) << 8;
    }

    int u32(String part) throws MalformedException {
        return littleEndian(take(4, part));
    }

    long u64(String part) throws MalformedException {
        int at = take(8, part);
        return littleEndian(at) & 0xffff_ffffL | (long) littleEndian(at + 4) << 32;
    }

    /// The value of a scalar: integers extended by their own sign, floats as their bits.
    long scalarBits(GgufValueType type) throws MalformedException {
        return switch (type) {
            case UINT8 -> u8("the value");
            case INT8 -> (byte) u8("the value");
            case UINT16 -> u16("the value");
            case INT16 -> (short) u16("the value");
            case UINT32 -> Integer.toUnsignedLong(u32("the value"));
            case INT32, FLOAT32 -> u32("the value");
            case UINT64, INT64, FLOAT64 -> u64("the value");
            case BOOL -> {
                long start = position;
                int value = u8("the value");
                if (value > 1) {
                    throw malformed(start,
                            subject + " is a BOOL of value " + value + ", not 0 or 1");
                }
                yield value;
            }
            case STRING, ARRAY -> throw new IllegalArgumentException("no scalar: " + type);
        };
    }

    /// A count or length of at most `max` (an unsigned 64-bit number in the file).
    long countUpTo(long max, String part) throws MalformedException {
        long start = position;
        long count = u64(part);
        if (count < 0 || count > max) {
            throw malformed(start, part + " of " + subject + " is "
                    + Long.toUnsignedString(count) + ", at most " + max + " is possible here");
        }
        return count;
    }

    /// The next `count` bytes; the caller has bounded `count`.
    byte[] bytes(int count, String part) throws MalformedException {
        long start = position;
        skip(count, part);
        byte[] bytes = new byte[count];
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, start, bytes, 0, count);
        return bytes;
    }

    /// A string of at most `bytesMax` bytes of strict UTF-8.
    String string(long bytesMax, String part) throws MalformedException {
        long start = position;
        int count = (int) countUpTo(bytesMax, "the length");
        byte[] bytes = bytes(count, part);
        if (!Utf8.isValid(bytes, 0, count)) {
            throw malformed(start, part + " of " + subject + " is not UTF-8");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    void skip(long count, String part) throws MalformedException {
        if (count > remaining()) {
            throw malformed(position, "the file ends in " + part + " of " + subject + ": "
                    + count + " bytes are needed, " + remaining() + " are left");
        }
        position += count;
    }

    static MalformedException malformed(long offset, String what) {
        return MalformedException.atOffset("GGUF", offset, what);
    }

    private int littleEndian(int at) {
        return window[at] & 0xff
                | (window[at + 1] & 0xff) << 8
                | (window[at + 2] & 0xff) << 16
                | (window[at + 3] & 0xff) << 24;
    }

    /// Walks `count` strings, each at most `bytesMax` bytes, without keeping them.
    void skipStrings(int count, long bytesMax) throws MalformedException {
        for (int i = 0; i < count; i++) {
            // The position only grows, so it is never before the window.
            boolean inWindow = position + 8 <= windowStart + windowBytes;
            int at = inWindow ? (int) (position - windowStart) : 0;
            // Short strings inside the window are nearly all there are.
            if (inWindow && littleEndian(at) >>> 8 == 0 && littleEndian(at + 4) == 0) {
                position += 8;
                skip(window[at] & 0xff, "a string");
            } else {
                skip(countUpTo(bytesMax, "the length of a string"), "a string");
            }
        }
    }

    /// Moves on by `count` (at most 8) bytes; returns where in the window they start.
    private int take(int count, String part) throws MalformedException {
        long start = position;
        skip(count, part);
        if (start < windowStart || start + count > windowStart + windowBytes) {
            windowStart = start;
            windowBytes = (int) Math.min(window.length, end - start);
            MemorySegment.copy(
                    file, ValueLayout.JAVA_BYTE, windowStart, window, 0, windowBytes);
        }
        return (int) (start - windowStart);
    }
}
