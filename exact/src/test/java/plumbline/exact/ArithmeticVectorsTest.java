package plumbline.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import plumbline.exact.Vectors.Line;

/// Every golden vector of spec/arithmetic.md: P1-P7, W1-W7, Q1, Q2, E1, E2, M1-M3, N1-N5, R1-R3, T1-T5, G1-G4, S1-S9.
final class ArithmeticVectorsTest {

    @Test
    void primitivesGiveTheGoldenValues() {
        for (Line line : Vectors.read("primitives.txt")) {
            assertEquals(String.join(" ", line.result()), primitive(line), line.text());
        }
    }

    private static String primitive(Line line) {
        return switch (line.op()) {
            case "shift" -> "" + Fixed.shift(line.number(1), (int) line.number(2));
            case "wide" -> "" + Fixed.wide(line.number(1), (int) line.number(2));
            case "bits" -> "" + Fixed.bits(line.number(1));
            case "root" -> "" + Fixed.squareRoot(line.number(1));
            case "f16" -> "" + BlockFormat.f16((short) line.bits(1));
            case "f32" -> "" + BlockFormat.f32(line.bits(1));
            case "block" -> block(line);
            case "quantise" -> quantise(line);
            case "exp2" -> "" + Exp2.of(line.number(1));
            case "sigmoid" -> "" + Exp2.sigmoid(line.number(1));
            case "act" -> "" + Gate.valueOf(line.arguments().get(1)).of(line.number(2));
            case "gated" -> gated(line);
            case "log2" -> "" + Gumbel.log2(line.number(1), (int) line.number(2));
            case "noise" -> "" + Gumbel.of(line.number(1));
            case "chacha" -> {
                long[] words = new long[8];
                ChaCha20.block(key(line.arguments().get(1)), (int) line.number(2), (int) line.number(3), words);
                yield String.join(",", Arrays.stream(words).mapToObj(Long::toUnsignedString).toList());
            }
            default -> throw new AssertionError(line.text());
        };
    }

    private static String block(Line line) {
        BlockFormat format = BlockFormat.valueOf(line.arguments().get(1));
        byte[] bytes = HexFormat.of().parseHex(line.arguments().get(2));
        long[] weights = new long[format.blockSize()];
        format.decode(MemorySegment.ofArray(bytes), 0, weights, weights.length);
        return Vectors.text(weights);
    }

    private static String quantise(Line line) {
        long[] z = line.numbers(1);
        short[] xq = new short[z.length];
        int e = Activations.quantise(z, 0, z.length, (int) line.number(2), xq, 0);
        return Vectors.text(xq, z.length) + " " + e;
    }

    private static String gated(Line line) {
        long[] gate = line.numbers(2);
        short[] xq = new short[gate.length];
        int e = Gate.valueOf(line.arguments().get(1)).apply(gate, line.numbers(3), 0, gate.length, xq, 0);
        return Vectors.text(xq, gate.length) + " " + e;
    }

    private static int[] key(String hex) {
        int[] key = new int[8];
        ByteBuffer.wrap(HexFormat.of().parseHex(hex)).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(key);
        return key;
    }

    @Test
    void tablesAreTheCorrectlyRoundedReals() throws Exception {
        for (Line line : Vectors.read("tables.txt")) {
            assertEquals(String.join(" ", line.result()), table(line), line.text());
        }
    }

    private static String table(Line line) throws Exception {
        return switch (line.op()) {
            case "exp2" -> {
                ByteBuffer bytes = ByteBuffer.allocate(768 * 8).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asLongBuffer().put(Exp2.table());
                yield sha256(bytes);
            }
            case "rope" -> {
                RopeTable table = RopeTable.of(line.bits(1), (int) line.number(2));
                int positions = (int) line.number(3);
                ByteBuffer bytes = ByteBuffer.allocate(positions * table.pairs() * 8).order(ByteOrder.LITTLE_ENDIAN);
                int[] cos = new int[table.pairs()];
                int[] sin = new int[table.pairs()];
                for (int p = 0; p < positions; p++) {
                    table.at(p, cos, sin, 0);
                    Arrays.stream(cos).forEach(bytes::putInt);
                    Arrays.stream(sin).forEach(bytes::putInt);
                }
                yield sha256(bytes.flip());
            }
            case "angles" -> {
                RopeTable table = RopeTable.of(line.bits(1), (int) line.number(2));
                int[] cos = new int[table.pairs()];
                int[] sin = new int[table.pairs()];
                table.at((int) line.number(3), cos, sin, 0);
                yield Vectors.text(Arrays.stream(cos).asLongStream().toArray()) + " "
                        + Vectors.text(Arrays.stream(sin).asLongStream().toArray());
            }
            case "query-scale" -> "" + Attention.queryScale((int) line.number(1));
            case "root-scale" -> "" + Embedding.rootScale((int) line.number(1));
            case "epsilon" -> "" + NormWeights.epsilon(line.bits(1), (int) line.number(2));
            default -> throw new AssertionError(line.text());
        };
    }

    private static String sha256(ByteBuffer bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    }

    @Test
    void rowsGiveTheGoldenValues() {
        for (Line line : Vectors.read("rows.txt")) {
            assertEquals(String.join(" ", line.result()), row(line), line.text());
        }
    }

    private static String row(Line line) {
        return switch (line.op()) {
            case "norm" -> {
                long[] h = line.numbers(1);
                NormWeights norm = norm(line.arguments().get(2));
                long[] z = new long[h.length];
                int fraction = norm.apply(h, 0, NormWeights.epsilon(line.bits(3), h.length), z, 0);
                yield Vectors.text(z) + " " + fraction;
            }
            case "rotate" -> {
                long[] z = line.numbers(2);
                int[] cos = Vectors.ints(line.numbers(3));
                Rotation.valueOf(line.arguments().get(1)).apply(
                        z, 0, cos, Vectors.ints(line.numbers(4)), 0, cos.length);
                yield Vectors.text(z);
            }
            case "attention" -> attention(line);
            default -> throw new AssertionError(line.text());
        };
    }

    private static String attention(Line line) {
        short[] q = Vectors.shorts(line.numbers(1));
        String[] keys = line.arguments().get(3).split(";");
        String[] values = line.arguments().get(5).split(";");
        KeyValues rows = new KeyValues(1, q.length, keys.length);
        for (int j = 0; j < keys.length; j++) {
            System.arraycopy(Vectors.shorts(Vectors.numbers(keys[j])), 0, rows.keys(0), j * q.length, q.length);
            System.arraycopy(Vectors.shorts(Vectors.numbers(values[j])), 0, rows.values(0), j * q.length, q.length);
            rows.keyExponents(0)[j] = (short) line.numbers(4)[j];
            rows.valueExponents(0)[j] = (short) line.numbers(6)[j];
        }
        long[] out = new long[q.length];
        Attention.head(q, 0, (int) line.number(2), rows, 0, 0, keys.length, out, 0);
        return Vectors.text(out);
    }

    static NormWeights norm(String hex) {
        String[] gains = hex.split(",");
        ByteBuffer bytes = ByteBuffer.allocate(4 * gains.length).order(ByteOrder.LITTLE_ENDIAN);
        for (String gain : gains) {
            bytes.putInt(Integer.parseUnsignedInt(gain, 16));
        }
        return NormWeights.of(MemorySegment.ofArray(bytes.array()), gains.length).orElseThrow();
    }

    @Test
    void layersGiveTheGoldenResidualRows() {
        List<Line> lines = Vectors.read("layers.txt");
        LayerVector layer = null;
        int steps = 0;
        for (Line line : lines) {
            switch (line.op()) {
                case "shape" -> layer = new LayerVector(line);
                case "matrix", "norm" -> layer.add(line);
                case "step" -> {
                    assertEquals(line.result().getFirst(), Vectors.text(layer.step(line.numbers(1))), "step " + steps);
                    steps++;
                }
                default -> throw new AssertionError(line.op());
            }
        }
        assertTrue(steps >= 20, steps + " steps");
    }

    @Test
    void samplerDrawsTheGoldenTokens() {
        for (Line line : Vectors.read("sampling.txt")) {
            assertEquals(line.result().getFirst(), "" + drawn(line, rule(line)), line.text());
        }
    }

    /// Vectors that a sampler without top-p, say, passes as well would say nothing about top-p.
    @Test
    void eachSamplingRuleDecidesSomeGoldenDraws() {
        List<UnaryOperator<SamplingRule>> without = List.of(
                r -> new SamplingRule(0, r.topK(), r.topP(), r.minP(), r.repetitionPenalty(), r.presencePenalty(),
                        r.frequencyPenalty(), r.logitBias()),
                r -> new SamplingRule(r.temperature(), 0, r.topP(), r.minP(), r.repetitionPenalty(),
                        r.presencePenalty(), r.frequencyPenalty(), r.logitBias()),
                r -> new SamplingRule(r.temperature(), r.topK(), SamplingRule.ONE, r.minP(), r.repetitionPenalty(),
                        r.presencePenalty(), r.frequencyPenalty(), r.logitBias()),
                r -> new SamplingRule(r.temperature(), r.topK(), r.topP(), 0, r.repetitionPenalty(),
                        r.presencePenalty(), r.frequencyPenalty(), r.logitBias()),
                r -> new SamplingRule(r.temperature(), r.topK(), r.topP(), r.minP(), SamplingRule.ONE,
                        r.presencePenalty(), r.frequencyPenalty(), r.logitBias()),
                r -> new SamplingRule(r.temperature(), r.topK(), r.topP(), r.minP(), r.repetitionPenalty(), 0,
                        r.frequencyPenalty(), r.logitBias()),
                r -> new SamplingRule(r.temperature(), r.topK(), r.topP(), r.minP(), r.repetitionPenalty(),
                        r.presencePenalty(), 0, r.logitBias()),
                r -> new SamplingRule(r.temperature(), r.topK(), r.topP(), r.minP(), r.repetitionPenalty(),
                        r.presencePenalty(), r.frequencyPenalty(), new TreeMap<>()));
        int[] decided = new int[without.size()];
        for (Line line : Vectors.read("sampling.txt")) {
            for (int i = 0; i < decided.length; i++) {
                int token = drawn(line, without.get(i).apply(rule(line)));
                decided[i] += token == Integer.parseInt(line.result().getFirst()) ? 0 : 1;
            }
        }
        assertTrue(Arrays.stream(decided).allMatch(count -> count >= 12), Arrays.toString(decided));
    }

    private static SamplingRule rule(Line line) {
        TreeMap<Integer, Integer> bias = new TreeMap<>();
        if (!line.arguments().get(8).equals("-")) {
            for (String pair : line.arguments().get(8).split(";")) {
                bias.put(Integer.valueOf(pair.split(":")[0]), Integer.valueOf(pair.split(":")[1]));
            }
        }
        return new SamplingRule((int) line.number(1), (int) line.number(2), (int) line.number(3),
                (int) line.number(4), (int) line.number(5), (int) line.number(6), (int) line.number(7), bias);
    }

    private static int drawn(Line line, SamplingRule rule) {
        Sampler sampler = new Sampler(rule, HexFormat.of().parseHex(line.arguments().get(9)));
        return sampler.draw(line.numbers(12), Vectors.ints(line.numbers(10)), Vectors.ints(line.numbers(11)));
    }
}
