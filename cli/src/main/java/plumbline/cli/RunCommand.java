package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.Message;
import plumbline.engine.request.RequestException;
import plumbline.engine.request.RequestSettings;

/// `plumb run NAME|FILE -p PROMPT`: one question, one answer, one receipt.
///
/// @param settings everything of the request but model and prompt
record RunCommand(
        String model,
        Path data,
        List<String> nodes,
        String prompt,
        boolean raw,
        boolean dry,
        RequestSettings settings,
        Optional<Path> receipt,
        boolean json)
        implements Command {

    static Syntax syntax() {
        List<Option> options = new ArrayList<>();
        options.add(new Option("--prompt", "-p", "PROMPT", "what to ask (needed)"));
        options.add(Option.flag("--raw", "no chat template: the model goes on from the prompt"));
        options.addAll(RequestOptions.all());
        options.add(Option.value("--nonce", "HEX",
                "64 hex digits that make this request unlike any other (default: random)"));
        options.add(Option.flag("--dry", "no receipt, nothing stored; boundaries salted by --nonce"
                + " (default zeros) and a key of zeros, so that machines can be compared"));
        options.add(Option.value("--receipt", "OUT", "write the bundle to OUT, for plumb verify"));
        options.add(Answering.option());
        options.add(Option.JSON);
        options.add(Option.DATA);
        return new Syntax(
                "run",
                "Asks a model one question. The answer goes to stdout while it comes, its receipt"
                        + " into the log of the data folder's node.",
                List.of("NAME|FILE"),
                options,
                List.of("If a node holds the data folder, or PLUMB_NODE names one, it answers."));
    }

    static RunCommand of(Arguments arguments) throws UsageException {
        boolean dry = arguments.has("--dry");
        if (dry && arguments.has("--receipt")) {
            throw new UsageException("--dry makes no receipt, so --receipt has nothing to write");
        }
        if (dry && arguments.has("--node")) {
            throw new UsageException("--dry computes here, so --node has nothing to do");
        }
        Optional<String> nonce = arguments.text("--nonce");
        if (nonce.isPresent() && !nonce.get().matches("[0-9a-f]{64}")) {
            throw new UsageException("--nonce: expected 64 lowercase hex digits");
        }
        if (nonce.isEmpty() && !dry) {
            nonce = Optional.of(randomNonce());
        }
        boolean json = arguments.json();
        return new RunCommand(
                arguments.operand(0),
                arguments.dataFolder(),
                arguments.texts("--node"),
                arguments.needed("--prompt"),
                arguments.has("--raw"),
                dry,
                RequestOptions.of(arguments, !json && !dry, nonce),
                arguments.path("--receipt"),
                json);
    }

    /// 32 random bytes: the client's own, so that no node can have prepared the answer.
    static String randomNonce() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    String endpoint() {
        return raw ? InferenceRequest.COMPLETION : InferenceRequest.CHAT;
    }

    byte[] body(String modelName) throws UsageException {
        try {
            return raw
                    ? InferenceRequest.completionBody(modelName, prompt, settings)
                    : InferenceRequest.chatBody(
                            modelName, List.of(new Message(Message.Role.USER, prompt)), settings);
        } catch (RequestException e) {
            throw new UsageException(e.getMessage());
        }
    }

    @Override
    public int execute(Terminal terminal) throws Failure, UsageException {
        if (receipt.isPresent()) {
            checkWritable(receipt.get());
        }
        return dry ? DryRun.execute(this, terminal) : ask(terminal);
    }

    private int ask(Terminal terminal) throws Failure, UsageException {
        try (Answering answering = Answering.of(data, nodes, terminal)) {
            String name = answering.modelName(model, terminal);
            Answering.Question question =
                    new Answering.Question(endpoint(), body(name), settings.stream());
            Answering.Listener listener = new Answering.Listener(
                    json ? text -> {} : text -> show(text, terminal), () -> true);
            Answering.Answered answered =
                    answering.ask(question, listener).orElseThrow();
            if (receipt.isPresent()) {
                write(receipt.get(), answered.encoded());
            }
            report(answered, terminal);
            return Exit.DONE;
        }
    }

    static void show(String text, Terminal terminal) {
        terminal.out().print(text);
        terminal.out().flush();
    }

    private void report(Answering.Answered answered, Terminal terminal) {
        if (json) {
            terminal.print(JsonText.of(page(answered)));
            return;
        }
        terminal.print("");
        String id = answered.bundle().receipt().id().hex();
        terminal.say("receipt " + id + "  " + speed(answered));
        terminal.say("check it: plumb verify "
                + receipt.map(Path::toString).orElse(id) + " --replay");
    }

    static String speed(Answering.Answered answered) {
        int tokens = answered.bundle().exchange().output().size();
        double seconds = answered.decodeNanos() / 1e9;
        return String.format(Locale.ROOT, "%d tokens%s%s", tokens,
                answered.kernel().isEmpty() ? "" : ", kernel " + answered.kernel(),
                seconds > 0 ? String.format(Locale.ROOT, ", %.1f a second", tokens / seconds) : "");
    }

    private static Map<String, Object> page(Answering.Answered answered) {
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("text", answered.bundle().exchange().text());
        page.put("token_ids", answered.bundle().exchange().output().toArray());
        page.put("prompt_token_ids", answered.bundle().exchange().prompt().toArray());
        page.put("model_id", answered.bundle().receipt().model().toString());
        page.put("boundary_root", answered.bundle().receipt().boundaries().hex());
        page.put("receipt", answered.bundle().receipt().id().hex());
        page.put("stop", answered.bundle().receipt().stop().word());
        page.put("kernel", answered.kernel());
        page.put("timings", timings(answered.prefillNanos(), answered.decodeNanos(),
                answered.bundle().exchange().output().size()));
        return page;
    }

    static Map<String, Object> timings(long prefillNanos, long decodeNanos, int tokens) {
        Map<String, Object> timings = new LinkedHashMap<>();
        timings.put("prefill_ms", prefillNanos / 1_000_000);
        timings.put("decode_ms", decodeNanos / 1_000_000);
        timings.put("tokens_per_second",
                decodeNanos > 0 ? Math.round(tokens * 1e11 / decodeNanos) / 100.0 : 0.0);
        return timings;
    }

    // Before the question, since an answer may take long.
    private static void checkWritable(Path file) throws Failure {
        Path folder = file.toAbsolutePath().getParent();
        boolean writable = Files.exists(file)
                ? !Files.isDirectory(file) && Files.isWritable(file)
                : folder != null && Files.isDirectory(folder) && Files.isWritable(folder);
        if (!writable) {
            throw new Failure("--receipt: nothing can be written to " + file + ", so nothing was asked",
                    "Give a file in a folder that exists and is yours.");
        }
    }

    private static void write(Path file, byte[] bundle) throws Failure {
        try {
            Files.write(file, bundle);
        } catch (IOException e) {
            throw new Failure("the answer is in the log, but its bundle can't be written to " + file
                    + ": " + e.getMessage(), "plumb receipts shows its id.");
        }
    }
}
