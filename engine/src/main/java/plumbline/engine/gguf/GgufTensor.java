package plumbline.engine.gguf;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// One tensor of a GGUF file: its name, packing, shape and mapped bytes.
///
/// `dimensions` are in the file's order: the first is the length of a row (weights that lie side by
/// side), the second the number of rows. `data` is read-only and exactly as long as the shape says;
/// it lives until its [Gguf] is closed. Source: spec/gguf.md section 4.
public record GgufTensor(
        String name, GgmlType type, List<Long> dimensions, MemorySegment data) {

    public GgufTensor {
        dimensions = List.copyOf(dimensions);
        data = data.asReadOnly();
    }

    /// Number of weights: the product of the dimensions.
    public long weights() {
        return data.byteSize() / type.blockBytes() * type.blockSize();
    }

    /// Length of a row, in weights.
    public long columns() {
        return dimensions.getFirst();
    }

    /// Number of rows: the product of all dimensions but the first.
    public long rows() {
        return weights() / columns();
    }
}
