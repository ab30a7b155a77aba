package plumbline.exact;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import plumbline.exact.Vectors.Line;

/// A layer of vectors/arithmetic/layers.txt: a shape line, then its matrices and norms, then steps.
final class LayerVector {

    private final LayerShape shape;
    private final RopeTable angles;
    private final KeyValues rows;
    private final Map<String, Matrix> matrices = new HashMap<>();
    private final Map<String, NormWeights> norms = new HashMap<>();
    private int position;

    LayerVector(Line line) {
        int width = (int) line.number(1);
        int size = (int) line.number(4);
        shape = new LayerShape(width, (int) line.number(2), (int) line.number(3), size, (int) line.number(6),
                NormWeights.epsilon(line.bits(7), width), NormWeights.epsilon(line.bits(8), size),
                (int) line.number(9), Attention.queryScale(size), Rotation.valueOf(line.arguments().get(10)),
                Gate.valueOf(line.arguments().get(11)));
        angles = RopeTable.of(line.bits(12), (int) line.number(5));
        rows = new KeyValues(shape.keyValueHeads(), size, 8);
    }

    void add(Line line) {
        String name = line.arguments().get(1);
        if (line.op().equals("norm")) {
            norms.put(name, ArithmeticVectorsTest.norm(line.arguments().get(2)));
        } else {
            matrices.put(name, new Matrix(BlockFormat.valueOf(line.arguments().get(2)), (int) line.number(3),
                    (int) line.number(4), MemorySegment.ofArray(HexFormat.of().parseHex(line.arguments().get(5)))));
        }
    }

    long[] step(long[] h) {
        LayerWeights weights = new LayerWeights(norms.get("an"), matrices.get("q"), matrices.get("k"),
                matrices.get("v"), optional("qn"), optional("kn"), matrices.get("o"), optional("pan"), norms.get("fn"),
                matrices.get("g"), matrices.get("u"), matrices.get("d"), optional("pfn"));
        LayerStep.apply(shape, weights, angles, position++, h, rows);
        return h;
    }

    private Optional<NormWeights> optional(String name) {
        return Optional.ofNullable(norms.get(name));
    }
}
