package plumbline.engine;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;

/// Writes every integer logit of a model, for a comparison with a reference outside Java
/// (`tools/accuracy`).
///
/// Arguments: model file, ids file, context, windows, out file or `-` for standard output. The ids
/// file holds at least `context * windows` decimal token ids, separated by white space, commas or
/// brackets: window after window as the model gets them, BOS included where it takes one. The
/// output is, window after window and for each position but the last, one row of 64-bit
/// little-endian integers, 20 fraction bits, as many as the vocabulary has tokens. PLUMB_KERNEL
/// and PLUMB_THREADS mean what they mean for the program.
public final class LogitsDump {

    private LogitsDump() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 5) {
            System.err.println("arguments: MODEL IDS CONTEXT WINDOWS OUT|-");
            System.exit(2);
        }
        int[] ids = ids(Path.of(args[1]));
        int context = Integer.parseInt(args[2]);
        int windows = Integer.parseInt(args[3]);
        if (context < 2 || windows < 1 || ids.length < (long) context * windows) {
            System.err.println(args[1] + " holds " + ids.length + " ids, too few for " + windows
                    + " windows of " + context);
            System.exit(2);
        }
        Digest unknown = Digest.of(new byte[Digest.BYTES]);
        try (Pool pool = new Pool(threads());
                Model model = Model.load(
                        Path.of(args[0]), new ModelId(unknown), unknown,
                        Kernels.choose(environment("PLUMB_KERNEL")), pool);
                OutputStream out = new BufferedOutputStream(
                        args[4].equals("-")
                                ? new FileOutputStream(FileDescriptor.out)
                                : Files.newOutputStream(Path.of(args[4])),
                        1 << 20)) {
            for (int w = 0; w < windows; w++) {
                window(model, Arrays.copyOfRange(ids, w * context, (w + 1) * context), out);
            }
        }
    }

    private static void window(Model model, int[] window, OutputStream out) throws IOException {
        int vocabulary = model.tokenizer().size();
        Digest salt = Digest.of(new byte[Digest.BYTES]);
        Forward forward = new Forward(model, window.length - 1, salt);
        long[] logits = new long[Forward.CHUNK_MAX * vocabulary];
        ByteBuffer row = ByteBuffer.allocate(vocabulary * Long.BYTES);
        row.order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < window.length - 1; from += Forward.CHUNK_MAX) {
            int to = Math.min(from + Forward.CHUNK_MAX, window.length - 1);
            forward.advance(window, from, to);
            forward.logits(to - from, to - from, logits);
            for (int p = from; p < to; p++) {
                row.asLongBuffer().put(logits, (p - from) * vocabulary, vocabulary);
                out.write(row.array());
            }
        }
        out.flush();
    }

    private static int[] ids(Path file) throws IOException {
        return Stream.of(Files.readString(file).split("[\\s,\\[\\]]+"))
                .filter(id -> !id.isEmpty()).mapToInt(Integer::parseInt).toArray();
    }

    private static int threads() {
        String asked = environment("PLUMB_THREADS");
        return asked.isEmpty()
                ? Runtime.getRuntime().availableProcessors()
                : Integer.parseInt(asked);
    }

    private static String environment(String name) {
        String value = System.getenv(name);
        return value == null ? "" : value;
    }
}
