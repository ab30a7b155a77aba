package plumbline.engine.gguf;

import static plumbline.engine.gguf.GgufCursor.malformed;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import plumbline.verify.MalformedException;

/// The key-value pairs of a GGUF file, in the file's order.
///
/// A getter answers empty where the key is absent and throws where the value has another type, so
/// that a wrong file is never read as a missing setting. Arrays stay in the mapped file until a
/// getter asks for them; the getters work until the [Gguf] is closed.
/// Source: spec/gguf.md section 3.
public final class GgufMetadata {
    /// Where a value lies: a scalar has its `bits` (STRING: none) and an array its element type.
    /// The bytes are `file[start .. end)`, already bounded and counted by the reader.
    record Entry(
            GgufValueType type,
            GgufValueType elementType,
            long bits,
            int count,
            long start,
            long end) {}

    private static final int SHOWN_CHARACTERS_MAX = 80;
    private static final int SHOWN_ELEMENTS_MAX = 4;

    private final MemorySegment file;
    private final Map<String, Entry> entries;

    GgufMetadata(MemorySegment file, LinkedHashMap<String, Entry> entries) {
        this.file = file;
        this.entries = entries;
    }

    /// All keys in the order of the file.
    public List<String> keys() {
        return List.copyOf(entries.keySet());
    }

    public boolean has(String key) {
        return entries.containsKey(key);
    }

    /// The type of the value, or empty where the key is absent.
    public Optional<GgufValueType> type(String key) {
        return Optional.ofNullable(entries.get(key)).map(Entry::type);
    }

    /// Elements of an array of any type; 0 where there is none.
    public int count(String key) {
        Entry entry = entries.get(key);
        return entry == null ? 0 : entry.count;
    }

    public Optional<String> string(String key) throws MalformedException {
        Entry entry = entryOf(key, GgufValueType.STRING);
        if (entry == null) {
            return Optional.empty();
        }
        return Optional.of(bytesOf(key, entry).string(GgufReader.STRING_BYTES_MAX, "the text"));
    }

    /// An integer of any width that is not negative.
    public OptionalLong uint(String key) throws MalformedException {
        Entry entry = entries.get(key);
        if (entry == null) {
            return OptionalLong.empty();
        }
        if (!entry.type.isInteger()) {
            throw wrongType(key, entry, "an integer");
        }
        if (entry.bits < 0) {
            throw malformed(entry.start, key + " is " + shownScalar(entry)
                    + ", expected an integer of 0 to " + Long.MAX_VALUE);
        }
        return OptionalLong.of(entry.bits);
    }

    /// The IEEE 754 bits of a FLOAT32.
    public OptionalInt float32Bits(String key) throws MalformedException {
        Entry entry = entryOf(key, GgufValueType.FLOAT32);
        return entry == null ? OptionalInt.empty() : OptionalInt.of((int) entry.bits);
    }

    public Optional<Boolean> bool(String key) throws MalformedException {
        Entry entry = entryOf(key, GgufValueType.BOOL);
        return entry == null ? Optional.empty() : Optional.of(entry.bits == 1);
    }

    /// An array of strings, each valid UTF-8 (checked here).
    public Optional<GgufStrings> strings(String key) throws MalformedException {
        Entry entry = entryOf(key, GgufValueType.ARRAY);
        if (entry == null) {
            return Optional.empty();
        }
        if (entry.elementType != GgufValueType.STRING) {
            throw wrongType(key, entry, "an array of STRING");
        }
        return Optional.of(readStrings(key, entry));
    }

    /// A fresh copy of an array of integers of any width, each within the range of an `int`.
    public Optional<int[]> ints(String key) throws MalformedException {
        Entry entry = entryOf(key, GgufValueType.ARRAY);
        if (entry == null) {
            return Optional.empty();
        }
        if (!entry.elementType.isInteger()) {
            throw wrongType(key, entry, "an array of integers");
        }
        GgufCursor cursor = bytesOf(key, entry);
        int[] values = new int[entry.count];
        for (int i = 0; i < values.length; i++) {
            long value = cursor.scalarBits(entry.elementType);
            if (value != (int) value) {
                throw malformed(cursor.position(), "element " + i + " of " + key + " is " + value
                        + ", outside -2^31 .. 2^31 - 1");
            }
            values[i] = (int) value;
        }
        return Optional.of(values);
    }

    /// A fresh copy of the IEEE 754 bits of an array of FLOAT32.
    public Optional<int[]> float32ArrayBits(String key) throws MalformedException {
        Entry entry = entryOf(key, GgufValueType.ARRAY);
        if (entry == null) {
            return Optional.empty();
        }
        if (entry.elementType != GgufValueType.FLOAT32) {
            throw wrongType(key, entry, "an array of FLOAT32");
        }
        GgufCursor cursor = bytesOf(key, entry);
        int[] values = new int[entry.count];
        for (int i = 0; i < values.length; i++) {
            values[i] = cursor.u32("an element");
        }
        return Optional.of(values);
    }

    /// The value as a short line for a person: long strings and arrays are cut.
    public String shown(String key) throws MalformedException {
        Entry entry = entries.get(key);
        if (entry == null) {
            return "";
        }
        return switch (entry.type) {
            case STRING -> quoted(string(key).orElseThrow());
            case ARRAY -> shownArray(key, entry);
            default -> shownScalar(entry);
        };
    }

    /// The value for a machine: a whole `String`, a `Number`, a `Boolean`; an array as [#shown(String)] has it.
    public Object plain(String key) throws MalformedException {
        Entry entry = entries.get(key);
        return switch (entry.type) {
            case STRING -> string(key).orElseThrow();
            case ARRAY -> shownArray(key, entry);
            case BOOL -> entry.bits == 1;
            case FLOAT32 -> Float.intBitsToFloat((int) entry.bits);
            case FLOAT64 -> Double.longBitsToDouble(entry.bits);
            case UINT64 -> new BigInteger(Long.toUnsignedString(entry.bits));
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, INT64 -> entry.bits;
        };
    }

    private Entry entryOf(String key, GgufValueType type) throws MalformedException {
        Entry entry = entries.get(key);
        if (entry != null && entry.type != type) {
            throw wrongType(key, entry, type.name());
        }
        return entry;
    }

    private static MalformedException wrongType(String key, Entry entry, String expected) {
        String found = entry.type == GgufValueType.ARRAY
                ? "an array of " + entry.elementType
                : entry.type.name();
        return malformed(entry.start, key + " is " + found + ", expected " + expected);
    }

    private GgufCursor bytesOf(String key, Entry entry) {
        GgufCursor cursor = new GgufCursor(file, entry.start, entry.end);
        cursor.subject(key);
        return cursor;
    }

    private GgufStrings readStrings(String key, Entry entry) throws MalformedException {
        // The reader has bounded the array by STRING_ARRAY_BYTES_MAX, so that int offsets do.
        byte[] block = bytesOf(key, entry).bytes((int) (entry.end - entry.start), "the strings");
        int[] starts = new int[entry.count];
        int[] ends = new int[entry.count];
        int at = 0;
        for (int i = 0; i < entry.count; i++) {
            // The reader has walked these lengths: each fits, and the high four bytes are zero.
            int count = block[at] & 0xff
                    | (block[at + 1] & 0xff) << 8
                    | (block[at + 2] & 0xff) << 16
                    | (block[at + 3] & 0xff) << 24;
            starts[i] = at + Long.BYTES;
            ends[i] = starts[i] + count;
            at = ends[i];
            if (!Utf8.isValid(block, starts[i], ends[i])) {
                throw malformed(entry.start + starts[i],
                        "element " + i + " of " + key + " is not UTF-8");
            }
        }
        return new GgufStrings(block, starts, ends);
    }

    private String shownArray(String key, Entry entry) throws MalformedException {
        StringBuilder line = new StringBuilder("[");
        GgufCursor cursor = bytesOf(key, entry);
        for (int i = 0; i < Math.min(entry.count, SHOWN_ELEMENTS_MAX); i++) {
            line.append(i == 0 ? "" : ", ");
            if (entry.elementType == GgufValueType.STRING) {
                line.append(quoted(cursor.string(GgufReader.STRING_BYTES_MAX, "a string")));
            } else {
                long bits = cursor.scalarBits(entry.elementType);
                line.append(shownBits(entry.elementType, bits));
            }
        }
        if (entry.count > SHOWN_ELEMENTS_MAX) {
            line.append(", ... ").append(entry.count).append(" elements");
        }
        return line.append(']').toString();
    }

    private static String shownScalar(Entry entry) {
        return shownBits(entry.type, entry.bits);
    }

    private static String shownBits(GgufValueType type, long bits) {
        return switch (type) {
            case FLOAT32 -> Float.toString(Float.intBitsToFloat((int) bits));
            case FLOAT64 -> Double.toString(Double.longBitsToDouble(bits));
            case BOOL -> bits == 1 ? "true" : "false";
            case UINT64 -> Long.toUnsignedString(bits);
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, INT64 -> Long.toString(bits);
            case STRING, ARRAY -> throw new IllegalArgumentException("no scalar: " + type);
        };
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        int shown = text.offsetByCodePoints(
                0, Math.min(SHOWN_CHARACTERS_MAX, text.codePointCount(0, text.length())));
        for (int i = 0; i < shown; i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> quoted.append("\\n");
                case '"', '\\' -> quoted.append('\\').append(c);
                default -> quoted.append(c < ' ' || c >= 0x7f && c < 0xa0 ? '\ufffd' : c);
            }
        }
        return quoted.append(shown < text.length() ? "...\"" : "\"").toString();
    }
}
