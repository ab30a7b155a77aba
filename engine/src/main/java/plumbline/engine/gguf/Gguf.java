package plumbline.engine.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.verify.MalformedException;

/// An open GGUF model file (versions 2 and 3, little-endian), mapped read-only.
///
/// Opening checks the whole head of the file, so that every tensor lies inside it; weights are not
/// read. Metadata and tensors may be used by several threads until [#close()], never after it. The
/// file must not be changed while it is open: open copies that nobody else writes.
/// Source: spec/gguf.md.
public final class Gguf implements AutoCloseable {
    private final Arena arena;
    private final MemorySegment file;
    private final GgufReader.Contents contents;
    private final Map<String, GgufTensor> byName = new HashMap<>();

    private Gguf(Arena arena, MemorySegment file, GgufReader.Contents contents) {
        this.arena = arena;
        this.file = file;
        this.contents = contents;
        for (GgufTensor tensor : contents.tensors()) {
            byName.put(tensor.name(), tensor);
        }
    }

    /// Maps and checks the file. A failure leaves nothing open.
    public static Gguf open(Path path) throws IOException, MalformedException {
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment file =
                    channel.map(MapMode.READ_ONLY, 0, channel.size(), arena).asReadOnly();
            Gguf gguf = new Gguf(arena, file, GgufReader.read(file));
            opened = true;
            return gguf;
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    /// The version that the file states: 2 or 3.
    public int version() {
        return contents.version();
    }

    public GgufMetadata metadata() {
        return contents.metadata();
    }

    /// All tensors in the order of the file.
    public List<GgufTensor> tensors() {
        return contents.tensors();
    }

    public Optional<GgufTensor> tensor(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /// Bytes of the file before the first tensor's data.
    public long headBytes() {
        return contents.dataStart();
    }

    /// All bytes of the file, read-only.
    public MemorySegment bytes() {
        return file;
    }

    /// Unmaps the file; every segment handed out becomes invalid.
    @Override
    public void close() {
        arena.close();
    }
}
