package plumbline.engine.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import plumbline.verify.MalformedException;

/// Writes small GGUF files for tests: correct by default, with places to lie.
///
/// Tensor data is laid out in the order of the calls; nothing follows the last tensor.
public final class TinyGguf {
    private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    private final ByteArrayOutputStream infos = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int version = 3;
    private long alignment = 32;
    private long keyCount;
    private long tensorCount;

    public TinyGguf version(int newVersion) {
        version = newVersion;
        return this;
    }

    /// Also writes `general.alignment`.
    public TinyGguf alignment(int newAlignment) {
        alignment = newAlignment;
        return uint32("general.alignment", newAlignment);
    }

    /// A key with its type code and any bytes as its value.
    public TinyGguf raw(String key, int type, byte[] value) {
        string(metadata, key);
        u32(metadata, type);
        metadata.writeBytes(value);
        keyCount++;
        return this;
    }

    public TinyGguf string(String key, String value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        string(bytes, value);
        return raw(key, GgufValueType.STRING.ordinal(), bytes.toByteArray());
    }

    public TinyGguf uint32(String key, int value) {
        return raw(key, GgufValueType.UINT32.ordinal(), u32(value));
    }

    public TinyGguf float32(String key, float value) {
        return raw(key, GgufValueType.FLOAT32.ordinal(), u32(Float.floatToRawIntBits(value)));
    }

    public TinyGguf bool(String key, boolean value) {
        return raw(key, GgufValueType.BOOL.ordinal(), new byte[] {(byte) (value ? 1 : 0)});
    }

    public TinyGguf strings(String key, List<String> values) {
        ByteArrayOutputStream bytes = array(GgufValueType.STRING, values.size());
        values.forEach(value -> string(bytes, value));
        return raw(key, GgufValueType.ARRAY.ordinal(), bytes.toByteArray());
    }

    public TinyGguf int32s(String key, int... values) {
        ByteArrayOutputStream bytes = array(GgufValueType.INT32, values.length);
        for (int value : values) {
            u32(bytes, value);
        }
        return raw(key, GgufValueType.ARRAY.ordinal(), bytes.toByteArray());
    }

    public TinyGguf float32s(String key, float... values) {
        ByteArrayOutputStream bytes = array(GgufValueType.FLOAT32, values.length);
        for (float value : values) {
            u32(bytes, Float.floatToRawIntBits(value));
        }
        return raw(key, GgufValueType.ARRAY.ordinal(), bytes.toByteArray());
    }

    /// A tensor at the next aligned place; `dimensions[0]` is the length of a row.
    public TinyGguf tensor(String name, GgmlType type, byte[] bytes, long... dimensions) {
        while (data.size() % alignment != 0) {
            data.write(0);
        }
        info(name, type.code(), data.size(), dimensions);
        data.writeBytes(bytes);
        return this;
    }

    /// Only the description of a tensor, as given, true or not.
    public TinyGguf info(String name, int typeCode, long offset, long... dimensions) {
        string(infos, name);
        u32(infos, dimensions.length);
        for (long dimension : dimensions) {
            u64(infos, dimension);
        }
        u32(infos, typeCode);
        u64(infos, offset);
        tensorCount++;
        return this;
    }

    /// The counts that the header states, as given, true or not.
    public TinyGguf counts(long tensors, long keys) {
        tensorCount = tensors;
        keyCount = keys;
        return this;
    }

    public byte[] bytes() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        u32(file, version);
        u64(file, tensorCount);
        u64(file, keyCount);
        file.writeBytes(metadata.toByteArray());
        file.writeBytes(infos.toByteArray());
        while (data.size() > 0 && file.size() % alignment != 0) {
            file.write(0);
        }
        file.writeBytes(data.toByteArray());
        return file.toByteArray();
    }

    public Path write(Path path) throws IOException {
        return Files.write(path, bytes());
    }

    /// The metadata as a reader of the file sees them.
    public GgufMetadata metadata() throws MalformedException {
        return GgufReader.read(MemorySegment.ofArray(bytes())).metadata();
    }

    public static byte[] u32(int value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        u32(bytes, value);
        return bytes.toByteArray();
    }

    private static ByteArrayOutputStream array(GgufValueType type, int count) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        u32(bytes, type.ordinal());
        u64(bytes, count);
        return bytes;
    }

    private static void string(ByteArrayOutputStream into, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        u64(into, utf8.length);
        into.writeBytes(utf8);
    }

    private static void u32(ByteArrayOutputStream into, int value) {
        for (int shift = 0; shift < 32; shift += 8) {
            into.write(value >> shift);
        }
    }

    private static void u64(ByteArrayOutputStream into, long value) {
        for (int shift = 0; shift < 64; shift += 8) {
            into.write((int) (value >> shift));
        }
    }
}
