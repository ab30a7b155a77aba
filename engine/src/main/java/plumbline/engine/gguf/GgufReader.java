package plumbline.engine.gguf;

import static plumbline.engine.gguf.GgufCursor.malformed;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import plumbline.engine.gguf.GgufMetadata.Entry;
import plumbline.verify.MalformedException;

/// Parses the head of a GGUF file; every length and offset is checked against the file before use.
///
/// Memory taken is bounded by the file's size: nothing is allocated for a count that the remaining
/// bytes cannot hold, and arrays are only walked. Source: spec/gguf.md (G1-G22).
final class GgufReader {
    static final long STRING_BYTES_MAX = 16L << 20;
    static final long STRING_ARRAY_BYTES_MAX = 64L << 20;
    static final long KEY_BYTES_MAX = 256;
    static final long NAME_BYTES_MAX = 256;
    static final long KEYS_MAX = 1 << 16;
    static final long TENSORS_MAX = 1 << 16;
    static final long ARRAY_ELEMENTS_MAX = 1 << 24;
    static final int DIMENSIONS_MAX = 4;
    static final long ALIGNMENT_MIN = 8;
    static final long ALIGNMENT_MAX = 1 << 20;
    static final long ALIGNMENT_DEFAULT = 32;

    private static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;
    private static final int VERSION_MIN = 2;
    private static final int VERSION_MAX = 3;
    /// The least that a key-value pair and a tensor take: lengths, one-byte names, smallest values.
    private static final long KEY_VALUE_BYTES_MIN = 8 + 1 + 4 + 1;
    private static final long TENSOR_INFO_BYTES_MIN = 8 + 1 + 4 + 8 + 4 + 8;

    /// A tensor as its info block states it; `start` is relative to the data section.
    private record Info(
            String name, GgmlType type, List<Long> dimensions, long start, long bytes) {}

    private final MemorySegment file;
    private final GgufCursor cursor;

    private GgufReader(MemorySegment file) {
        this.file = file;
        this.cursor = new GgufCursor(file);
    }

    /// What a file holds; `dataStart` is where its tensor data begins.
    record Contents(
            int version, GgufMetadata metadata, List<GgufTensor> tensors, long dataStart) {}

    static Contents read(MemorySegment file) throws MalformedException {
        return new GgufReader(file).contents();
    }

    private Contents contents() throws MalformedException {
        int magic = cursor.u32("the magic number");
        if (magic != MAGIC) {
            throw malformed(0, "no GGUF file: it starts with " + shownMagic(magic)
                    + ", expected \"GGUF\"");
        }
        int version = cursor.u32("the version");
        checkVersion(version);
        long tensorCount = cursor.countUpTo(TENSORS_MAX, "the tensor count");
        long keyCount = cursor.countUpTo(KEYS_MAX, "the key count");
        checkRoom(keyCount, KEY_VALUE_BYTES_MIN, "metadata keys");
        LinkedHashMap<String, Entry> entries = readEntries((int) keyCount);
        GgufMetadata metadata = new GgufMetadata(file, entries);
        long alignment = alignmentOf(metadata);
        checkRoom(tensorCount, TENSOR_INFO_BYTES_MIN, "tensors");
        List<Info> infos = readInfos((int) tensorCount, alignment);
        // At most 2^63 - 1 - 2^20 bytes are addressable, so that rounding up cannot overflow.
        long dataStart = cursor.position() + alignment - 1 & -alignment;
        checkPlaces(infos, dataStart);
        List<GgufTensor> tensors = new ArrayList<>(infos.size());
        for (Info info : infos) {
            MemorySegment data = file.asSlice(dataStart + info.start, info.bytes);
            tensors.add(new GgufTensor(info.name, info.type, info.dimensions, data));
        }
        return new Contents(version, metadata, List.copyOf(tensors), dataStart);
    }

    private static String shownMagic(int magic) {
        return "0x%08x".formatted(Integer.reverseBytes(magic));
    }

    private static void checkVersion(int version) throws MalformedException {
        int swapped = Integer.reverseBytes(version);
        if (swapped >= 1 && swapped <= VERSION_MAX) {
            throw malformed(4, "a big-endian GGUF file, only little-endian ones are supported");
        }
        if (version < VERSION_MIN || version > VERSION_MAX) {
            throw malformed(4, "GGUF version " + Integer.toUnsignedString(version)
                    + ", supported are 2 and 3");
        }
    }

    /// Refuses a count that the rest of the file cannot hold before anything is allocated for it.
    private void checkRoom(long count, long bytesMin, String what) throws MalformedException {
        if (count * bytesMin > cursor.remaining()) {
            throw malformed(cursor.position(), "the header promises " + count + " " + what
                    + ", the file has " + cursor.remaining() + " bytes left");
        }
    }

    private LinkedHashMap<String, Entry> readEntries(int count) throws MalformedException {
        LinkedHashMap<String, Entry> entries = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            long start = cursor.position();
            cursor.subject("the metadata");
            String key = name("a key", KEY_BYTES_MAX);
            cursor.subject(key);
            if (entries.put(key, readEntry(key)) != null) {
                throw malformed(start, "the metadata key " + key + " occurs twice");
            }
        }
        return entries;
    }

    /// A key or tensor name: 1 to `bytesMax` bytes of UTF-8 without control characters.
    private String name(String what, long bytesMax) throws MalformedException {
        long start = cursor.position();
        String name = cursor.string(bytesMax, what);
        boolean plain = !name.isEmpty();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            plain &= c >= ' ' && (c < 0x7f || c >= 0xa0);
        }
        if (!plain) {
            throw malformed(start, what + " is empty or holds control characters");
        }
        return name;
    }

    private Entry readEntry(String key) throws MalformedException {
        GgufValueType type = valueType("the type", key);
        long start = cursor.position();
        return switch (type) {
            case STRING -> {
                cursor.string(STRING_BYTES_MAX, "the text");
                yield new Entry(type, type, 0, 1, start, cursor.position());
            }
            case ARRAY -> readArray(key);
            default -> {
                long bits = cursor.scalarBits(type);
                yield new Entry(type, type, bits, 1, start, cursor.position());
            }
        };
    }

    private GgufValueType valueType(String part, String key) throws MalformedException {
        long start = cursor.position();
        int code = cursor.u32(part);
        Optional<GgufValueType> type = GgufValueType.ofCode(code);
        if (type.isEmpty()) {
            throw malformed(start, part + " of " + key + " is " + Integer.toUnsignedString(code)
                    + ", known are 0 to 12");
        }
        return type.get();
    }

    /// Walks an array without keeping its elements.
    private Entry readArray(String key) throws MalformedException {
        GgufValueType element = valueType("the element type", key);
        if (element == GgufValueType.ARRAY) {
            throw malformed(cursor.position(), key + " is an array of arrays, not supported");
        }
        int bytesEach = element == GgufValueType.STRING ? Long.BYTES : element.valueBytes();
        long room = Math.max(0, cursor.remaining() - Long.BYTES) / bytesEach;
        long countMax = Math.min(ARRAY_ELEMENTS_MAX, room);
        int count = (int) cursor.countUpTo(countMax, "the element count");
        long start = cursor.position();
        switch (element) {
            case STRING -> walkStrings(key, count, start);
            case BOOL -> {
                for (int i = 0; i < count; i++) {
                    cursor.scalarBits(element);
                }
            }
            default -> cursor.skip((long) count * bytesEach, "the elements");
        }
        return new Entry(GgufValueType.ARRAY, element, 0, count, start, cursor.position());
    }

    private void walkStrings(String key, int count, long start) throws MalformedException {
        cursor.skipStrings(count, STRING_BYTES_MAX);
        if (cursor.position() - start > STRING_ARRAY_BYTES_MAX) {
            throw malformed(start, key + " takes " + (cursor.position() - start)
                    + " bytes, at most " + STRING_ARRAY_BYTES_MAX + " are read");
        }
    }

    private static long alignmentOf(GgufMetadata metadata) throws MalformedException {
        String key = "general.alignment";
        long alignment = metadata.uint(key).orElse(ALIGNMENT_DEFAULT);
        boolean powerOfTwo = (alignment & alignment - 1) == 0;
        if (!powerOfTwo || alignment < ALIGNMENT_MIN || alignment > ALIGNMENT_MAX) {
            throw malformed(0, key + " is " + alignment + ", expected a power of two from "
                    + ALIGNMENT_MIN + " to " + ALIGNMENT_MAX);
        }
        return alignment;
    }

    private List<Info> readInfos(int count, long alignment) throws MalformedException {
        List<Info> infos = new ArrayList<>(count);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < count; i++) {
            long start = cursor.position();
            Info info = readInfo();
            if (!names.add(info.name)) {
                throw malformed(start, "the tensor name " + info.name + " occurs twice");
            }
            if (info.start < 0 || (info.start & alignment - 1) != 0) {
                throw malformed(start, "tensor " + info.name + " starts at "
                        + Long.toUnsignedString(info.start)
                        + ", no multiple of the alignment " + alignment);
            }
            infos.add(info);
        }
        return infos;
    }

    private Info readInfo() throws MalformedException {
        long start = cursor.position();
        cursor.subject("the tensors");
        String name = name("a name", NAME_BYTES_MAX);
        cursor.subject(name);
        int dimensionCount = cursor.u32("the shape");
        if (dimensionCount < 1 || dimensionCount > DIMENSIONS_MAX) {
            throw malformed(start, "tensor " + name + " has "
                    + Integer.toUnsignedString(dimensionCount) + " dimensions, expected 1 to "
                    + DIMENSIONS_MAX);
        }
        List<Long> dimensions = new ArrayList<>(dimensionCount);
        for (int i = 0; i < dimensionCount; i++) {
            dimensions.add(cursor.u64("the shape"));
        }
        int code = cursor.u32("the type");
        Optional<GgmlType> type = GgmlType.ofCode(code);
        if (type.isEmpty()) {
            throw malformed(start, "tensor " + name + " has the unknown type code "
                    + Integer.toUnsignedString(code)
                    + "; this program knows ggml's types up to 41");
        }
        long offset = cursor.u64("the offset");
        long bytes = tensorBytes(start, name, type.get(), dimensions);
        return new Info(name, type.get(), dimensions, offset, bytes);
    }

    /// Bytes of a tensor; refuses zero and negative dimensions, broken blocks and overflow.
    private long tensorBytes(long at, String name, GgmlType type, List<Long> dimensions)
            throws MalformedException {
        // No type packs more than 64 weights into a byte: a bound that keeps the product small.
        long weightsMax = file.byteSize() > Long.MAX_VALUE / 64 ? Long.MAX_VALUE
                : file.byteSize() * 64;
        long weights = 1;
        for (long dimension : dimensions) {
            if (dimension < 1 || dimension > weightsMax / weights) {
                throw malformed(at, "tensor " + name + " has the shape " + dimensions
                        + ", more than a file of " + file.byteSize() + " bytes can hold");
            }
            weights *= dimension;
        }
        if (dimensions.getFirst() % type.blockSize() != 0) {
            throw malformed(at, "tensor " + name + " has rows of " + dimensions.getFirst()
                    + " weights, no multiple of the block of " + type.blockSize()
                    + " of type " + type);
        }
        long blocks = weights / type.blockSize();
        if (blocks > file.byteSize() / type.blockBytes()) {
            throw malformed(at, "tensor " + name + " of type " + type + " and shape " + dimensions
                    + " needs " + blocks + " blocks of " + type.blockBytes()
                    + " bytes, the file has " + file.byteSize() + " bytes");
        }
        return blocks * type.blockBytes();
    }

    /// Refuses a tensor that reaches beyond the end of the file or into another tensor.
    private void checkPlaces(List<Info> infos, long dataStart) throws MalformedException {
        List<Info> byStart = new ArrayList<>(infos);
        byStart.sort(Comparator.comparingLong(Info::start));
        long dataBytes = Math.max(0, file.byteSize() - dataStart);
        long previousEnd = 0;
        String previous = "";
        for (Info info : byStart) {
            if (info.start > dataBytes || info.bytes > dataBytes - info.start) {
                throw malformed(dataStart, "tensor " + info.name + " takes bytes " + info.start
                        + " to " + (info.start + info.bytes) + " of the data, which has "
                        + dataBytes + "; the file is cut short or lies");
            }
            if (info.start < previousEnd) {
                throw malformed(dataStart, "tensor " + info.name + " at " + info.start
                        + " overlaps tensor " + previous + ", which ends at " + previousEnd);
            }
            previousEnd = info.start + info.bytes;
            previous = info.name;
        }
    }
}
