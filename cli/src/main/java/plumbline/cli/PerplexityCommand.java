package plumbline.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import plumbline.engine.Model;
import plumbline.engine.Perplexity;
import plumbline.engine.PromptException;

/// `plumb perplexity NAME|FILE --text FILE`: how well a model predicts a text, from the integer
/// logits.
record PerplexityCommand(
        String model,
        Path data,
        Path text,
        int context,
        OptionalLong tokens,
        Optional<Path> dump,
        boolean json)
        implements Command {

    private static final int CONTEXT_DEFAULT = 512;

    static Syntax syntax() {
        return new Syntax(
                "perplexity",
                "Measures how well a model predicts a text: exp of the mean negative log"
                        + " likelihood, from the integer logits.",
                List.of("NAME|FILE"),
                List.of(
                        Option.value("--text", "FILE", "the text, UTF-8 (needed)"),
                        Option.value("--context", "N", "ids in a window (default "
                                + CONTEXT_DEFAULT + ", at most " + Model.CONTEXT_MAX + ")"),
                        Option.value("--tokens", "N", "only the first N ids of the text"
                                + " (default: all)"),
                        Option.value("--dump", "OUT", "write one JSON line per prediction: window,"
                                + " position, token, nll, top"),
                        Option.JSON,
                        Option.DATA),
                List.of("Special tokens in the text are not parsed. A window begins with the BOS"
                        + " token"
                        + " where the model adds one. Windows don't overlap, an incomplete last one"
                        + " is dropped, and every id of a window but the first is predicted."));
    }

    static PerplexityCommand of(Arguments arguments) throws UsageException {
        return new PerplexityCommand(
                arguments.operand(0),
                arguments.dataFolder(),
                Arguments.asPath("--text", arguments.needed("--text")),
                (int) arguments.integer("--context", 2, Model.CONTEXT_MAX).orElse(CONTEXT_DEFAULT),
                arguments.integer("--tokens", 1, Integer.MAX_VALUE),
                arguments.path("--dump"),
                arguments.json());
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        String content = content();
        Path file = ModelNames.file(model, data);
        try (LocalModel loaded = LocalModel.open(file, terminal)) {
            int[] ids = loaded.model().tokenizer().encode(content, false);
            int count = (int) Math.min(ids.length, tokens.orElse(ids.length));
            Perplexity.Result result =
                    measure(loaded.model(), Arrays.copyOf(ids, count), terminal);
            print(loaded.model(), result, terminal);
            return Exit.DONE;
        }
    }

    private String content() throws Failure {
        try {
            byte[] bytes = Files.readAllBytes(ModelPath.existing(text));
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new Failure(text + " is not UTF-8", "Convert it, for example with iconv.");
        } catch (IOException e) {
            throw new Failure("can't read " + text + ": " + e.getMessage(), "");
        }
    }

    private Perplexity.Result measure(Model loaded, int[] ids, Terminal terminal) throws Failure {
        boolean bos = loaded.tokenizer().addsBos() && loaded.tokenizer().bos().isPresent();
        int windows = ids.length / (bos ? context - 1 : context);
        try (ProgressBar bar = new ProgressBar(terminal, "windows", 0);
                BufferedWriter out = dump.isPresent()
                        ? Files.newBufferedWriter(dump.get())
                        : new BufferedWriter(Writer.nullWriter())) {
            bar.counted(0, windows);
            return Perplexity.measure(
                    loaded, ids, context, p -> write(out, p), done -> bar.counted(done, windows));
        } catch (PromptException e) {
            throw new Failure(e.getMessage(), "");
        } catch (UncheckedIOException | IOException e) {
            throw new Failure(
                    "can't write " + dump.orElse(Path.of("-")) + ": " + e.getMessage(), "");
        }
    }

    private void write(BufferedWriter out, Perplexity.Prediction prediction) {
        if (dump.isEmpty()) {
            return;
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("window", prediction.window());
        line.put("position", prediction.position());
        line.put("token", prediction.token());
        line.put("nll", prediction.nll());
        line.put("top", prediction.top());
        try {
            out.write(JsonText.of(line));
            out.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void print(Model loaded, Perplexity.Result result, Terminal terminal) {
        if (json) {
            Map<String, Object> page = new LinkedHashMap<>();
            page.put("perplexity", result.perplexity());
            page.put("mean_nll", result.meanNll());
            page.put("predicted", result.predicted());
            page.put("windows", result.windows());
            page.put("context", context);
            page.put("model_id", loaded.id().toString());
            page.put("kernel", loaded.kernel());
            terminal.print(JsonText.of(page));
        } else {
            terminal.print(String.format(Locale.ROOT,
                    "perplexity %.4f over %,d predictions in %,d window%s of %,d",
                    result.perplexity(), result.predicted(), result.windows(),
                    result.windows() == 1 ? "" : "s", context));
        }
    }
}
