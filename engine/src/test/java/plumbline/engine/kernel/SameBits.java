package plumbline.engine.kernel;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import plumbline.engine.ModelBits;
import plumbline.exact.BlockFormat;
import plumbline.exact.Gate;
import plumbline.exact.KeyValues;
import plumbline.exact.Matrix;
import plumbline.exact.Rotation;

/// A program that prints what each kernel computes of random shapes and extremes, for [SameBitsTest] to run under
/// different compilers and vector widths. A line is a case, who computed it, and a digest, with tabs between.
///
/// Arguments: seed, a folder for models, number of models, and `interpreted` to do less, or another word. Or: a model's
/// file, token ids and the longest chunks, with commas between. Or `vector`, to hear what is wrong with that kernel.
final class SameBits {

    private static final int POSITIONS = 9;
    private static final int POSITIONS_FEW = 3; // what an interpreter gets through

    private final long seed;
    private final boolean less;
    private final List<Kernel> kernels;
    private final String best;
    private final Consumer<String> out;

    private SameBits(long seed, boolean less, List<Kernel> kernels, Consumer<String> out) {
        this.seed = seed;
        this.less = less;
        this.kernels = kernels;
        this.out = out;
        this.best = kernels.getLast().name();
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 1) {
            vector();
            return;
        }
        if (args.length == 3) {
            SameBits run = new SameBits(0, false, all(), System.out::println);
            Path file = Path.of(args[0]);
            run.model(file.getFileName().toString(), file, run.kernels, numbers(args[1]), numbers(args[2]));
            return;
        }
        SameBits run = new SameBits(Long.parseLong(args[0]), args[3].equals("interpreted"), all(), System.out::println);
        for (BlockFormat format : BlockFormat.values()) {
            run.products(format);
        }
        run.steps();
        Random random = new Random(run.seed);
        for (int i = 0; i < Integer.parseInt(args[2]); i++) {
            ModelBits.Shape shape = ModelBits.draw(i, random, Path.of(args[1]));
            int[] ids = ModelBits.ids(POSITIONS, random);
            if (!run.less) {
                run.model(shape.name(), shape.file(), run.kernels, ids, 1, 4, 64);
            }
            // One kernel that was compiled is enough to compare the interpreted ones with.
            run.model(shape.name() + ", " + POSITIONS_FEW + " positions", shape.file(),
                    run.less ? run.kernels : run.kernels.subList(0, 1), Arrays.copyOf(ids, POSITIONS_FEW), 2);
        }
    }

    private static void vector() throws Exception {
        try {
            Kernel kernel = Kernels.choose("vector", why -> System.out.println("heard\t" + why));
            kernel.pack(Weights.random(BlockFormat.Q4_0, 3, 32, new Random(1)));
            Kernels.faults(kernel).forEach(why -> System.out.println("refused\t" + why));
        } catch (KernelRefusedException e) {
            System.out.println("refused\t" + e.getMessage());
        }
        System.out.println("differs\t" + differ(VectorKernel.create(), new ScalarKernel()));
    }

    private static int[] numbers(String text) {
        return Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
    }

    /// Whether the cases tell the two kernels apart.
    static boolean differ(Kernel one, Kernel other) throws Exception {
        Map<String, Set<String>> digests = new HashMap<>();
        SameBits run = new SameBits(1, true, List.of(one, other), line -> {
            String[] parts = line.split("\t");
            digests.computeIfAbsent(parts[0], test -> new HashSet<>()).add(parts[2]);
        });
        for (BlockFormat format : BlockFormat.values()) {
            run.products(format);
        }
        run.steps();
        return digests.values().stream().anyMatch(seen -> seen.size() > 1);
    }

    /// Every kernel, the native one with each instruction set that this machine has.
    private static List<Kernel> all() throws KernelUnavailableException {
        List<Kernel> kernels = new ArrayList<>(List.of(Kernels.choose("scalar"), Kernels.choose("vector")));
        if (System.getProperty("plumbline.native") != null) {
            NativeKernel best = (NativeKernel) Kernels.choose("native");
            for (InstructionSet set : InstructionSet.values()) {
                best.with(set).ifPresent(kernels::add);
            }
        }
        return kernels;
    }

    private void print(String test, String who, String digest) {
        out.accept(test + "\t" + who + "\t" + digest);
    }

    private void model(String test, Path file, List<Kernel> who, int[] ids, int... chunks) throws Exception {
        for (Kernel kernel : who) {
            if (kernel instanceof NativeKernel n && !n.name().equals(best)) {
                continue; // the instruction sets are compared above
            }
            for (int threads : less ? new int[] {2} : new int[] {1, 2}) {
                List<String> digests = ModelBits.digests(file, kernel, threads, chunks, ids);
                for (int i = 0; i < chunks.length; i++) {
                    print(test, kernel.name() + ", " + threads + " threads, chunks to " + chunks[i], digests.get(i));
                }
            }
        }
    }

    /// Random weights up to the load rule and inputs of all sizes; the last input has the sign of row 0's weights.
    private void products(BlockFormat format) throws Exception {
        Random random = new Random(seed + format.ordinal());
        for (int shape = 0; shape < (less ? 1 : 2); shape++) {
            int rows = 1 + random.nextInt(shape == 0 ? 25 : 70);
            int columns = format.blockSize() == 1 ? 1 + random.nextInt(200) : format.blockSize() * (1 + shape);
            Matrix matrix = Weights.random(format, rows, columns, random);
            for (int count : new int[] {1, 2, 3, 11}) {
                short[] x = Weights.inputs(count * columns, random);
                long[] row = new long[columns];
                matrix.row(0, row);
                for (int c = 0; c < columns; c++) {
                    x[(count - 1) * columns + c] = (short) (row[c] < 0 ? -32767 : 32767);
                }
                for (Kernel kernel : kernels) {
                    // The repetitions are what a compiler that counts calls waits for.
                    long[] y = new long[count * rows];
                    Packed packed = kernel.pack(matrix);
                    for (int i = 0; i < (less ? 1 : 10); i++) {
                        Arrays.fill(y, -1);
                        kernel.multiply(packed, x, count, y, 0, rows);
                    }
                    print("product " + format + " " + rows + " x " + columns + ", " + count + " inputs",
                            kernel.name(), digest(y));
                }
            }
        }
    }

    /// Attention, rotation and gates; the first case is a head at the longest context.
    private void steps() throws Exception {
        for (int i = less ? 3 : 0; i < 6; i++) {
            Random random = new Random(seed + i);
            int size = i == 0 ? 2 : 2 * (1 + random.nextInt(40));
            int positions = i == 0 ? 32768 : 1 + random.nextInt(300);
            KeyValues rows = new KeyValues(1, size, positions);
            fill(rows.keys(0), random, 32767);
            fill(rows.values(0), random, 32767);
            int spread = 1 + random.nextInt(24);
            for (int p = 0; p < positions; p++) {
                rows.keyExponents(0)[p] = (short) (-20 - random.nextInt(spread));
                rows.valueExponents(0)[p] = (short) (-20 - random.nextInt(spread));
            }
            short[] query = new short[size];
            fill(query, random, 32767);
            long[] z = new long[size];
            for (int d = 0; d < size; d++) {
                // Of small entries the quantiser keeps every bit, so the least error shows.
                z[d] = i % 2 == 1 ? random.nextInt(20_000) - 10_000
                        : random.nextInt(5) == 0 ? (1L << 47) - 1 : random.nextLong() >> 17 + random.nextInt(40);
            }
            int[] cos = random.ints(size / 2, -(1 << 30), (1 << 30) + 1).toArray();
            for (Kernel kernel : kernels) {
                print("steps " + i + ": " + size + " x " + positions, kernel.name(),
                        steps(kernel, rows, query, z, cos));
            }
        }
    }

    private static String steps(Kernel kernel, KeyValues rows, short[] query, long[] z, int[] cos) throws Exception {
        int size = query.length;
        int positions = rows.capacity();
        long[] out = new long[6 * size + 4];
        kernel.attend(query, -13, rows, 0, positions / 3, positions, out, 0);
        int at = size;
        for (Rotation rotation : Rotation.values()) {
            short[] x = new short[size];
            long scale = rotation.ordinal() * 774541002L;
            out[at++] = kernel.rotate(z.clone(), 0, size, rotation, cos, cos, 0, size / 2, scale, x, 0);
            at = append(x, out, at);
        }
        for (Gate gate : Gate.values()) {
            short[] x = new short[size];
            out[at++] = kernel.gate(gate, z.clone(), z.clone(), 0, size, x, 0);
            at = append(x, out, at);
        }
        return digest(out);
    }

    private static int append(short[] x, long[] out, int at) {
        for (int i = 0; i < x.length; i++) {
            out[at + i] = x[i];
        }
        return at + x.length;
    }

    private static void fill(short[] x, Random random, int max) {
        for (int i = 0; i < x.length; i++) {
            x[i] = (short) (random.nextInt(4) == 0 ? max * (1 - 2 * random.nextInt(2))
                    : random.nextInt(2 * max + 1) - max);
        }
    }

    private static String digest(long[] values) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES);
        bytes.asLongBuffer().put(values);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    }
}
