package plumbline.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.Message;
import plumbline.engine.request.RequestException;
import plumbline.engine.request.RequestSettings;
import plumbline.engine.request.SamplingSettings;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;

/// The steps of `plumb demo`. Nothing is staged: the node is a node, asked over HTTP, and each
/// check is `plumb verify` itself, in another data folder that knows nothing of the node.
final class Demo {
    private static final String NAME = "demo/smollm2-135m";
    private static final String QUESTION = "What is the capital of France, and what is it known"
            + " for?";
    private static final String OTHER_QUESTION = "Name three animals that live in the sea.";
    private static final int MAX_TOKENS = 96;
    private static final long SEED = 1;

    private final Path file;
    private final Path folder;
    private final Terminal terminal;
    private final List<String> surprises = new ArrayList<>();

    private Demo(Path file, Path folder, Terminal terminal) {
        this.file = file;
        this.folder = folder;
        this.terminal = terminal;
    }

    static int run(Path file, Terminal terminal) throws Failure, UsageException {
        try {
            Path folder = Files.createTempDirectory("plumb-demo");
            try {
                return new Demo(file, folder, terminal).run();
            } finally {
                Pip.delete(folder);
            }
        } catch (IOException e) {
            throw new Failure("the demo's temporary folder can't be used: " + e.getMessage(),
                    "Point TMPDIR and -Djava.io.tmpdir at a folder with 300 MB free.");
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    /// What the node leaves behind.
    private record Evidence(byte[] bundle, byte[] otherBundle, String key, String otherKey) {}

    private int run() throws Failure, UsageException, IOException, NodeException {
        Evidence evidence = ask();
        Path bundle = folder.resolve("answer.bundle");
        Files.write(bundle, evidence.bundle());
        step("The node is switched off. Anybody can check the answer from bundle and model alone");
        Path named = Files.createSymbolicLink(
                folder.resolve(PinnedModel.smolLm2().fileName()), file.toAbsolutePath());
        verify(Exit.DONE, bundle, "--key", evidence.key(), "--model", named.toString(), "--replay");
        step("Now it is changed, and found out each time");
        say("one bit of the bundle flipped");
        verify(Exit.REJECTED, write("flipped.bundle", Tampering.flippedBit(evidence.bundle())),
                "--key", evidence.key());
        say("another answer put into the same bundle");
        verify(Exit.REJECTED,
                write("swapped.bundle",
                        Tampering.otherAnswer(evidence.bundle(), evidence.otherBundle())),
                "--key", evidence.key());
        say("the answer of this node passed off as another node's");
        verify(Exit.REJECTED, bundle, "--key", evidence.otherKey());
        return farewell();
    }

    private Evidence ask() throws Failure, UsageException, IOException, NodeException {
        step("A node starts, with a model that is named by its file's SHA-256");
        try (Pool pool = new Pool(LocalModel.threads());
                NodeServer server = UpCommand.start(folder.resolve("node"), 0, Duration.ZERO, pool)) {
            server.node().models().name(
                    NAME, AnsweringHere.publish(server.node(), file, terminal).id());
            say(NAME + " = " + PinnedModel.smolLm2().id());
            say("listening at " + server.url());
            String key = server.node().key().verifierKey().encode();
            say("its key: " + key);
            step("It is asked over HTTP, and the answer streams");
            say("> " + QUESTION);
            try (Answering node = AnsweringNode.of(
                    new NodeApi(NodeLink.open(server.url())), folder.resolve("asker"), _ -> { })) {
                Answering.Answered first = ask(node, QUESTION, true);
                say("");
                say("(a very small model: what gets checked is that it said so, not that it is"
                        + " so)");
                say("receipt " + first.bundle().receipt().id().hex() + ", "
                        + RunCommand.speed(first));
                Answering.Answered second = ask(node, OTHER_QUESTION, false);
                String otherKey = OwnKey.ofOrNew(folder.resolve("other-node")).encode();
                return new Evidence(first.encoded(), second.encoded(), key, otherKey);
            }
        }
    }

    private Answering.Answered ask(Answering node, String question, boolean shown)
            throws Failure, UsageException {
        RequestSettings settings = new RequestSettings(
                SamplingSettings.ofTemperature(RequestOptions.TEMPERATURE_DEFAULT),
                OptionalInt.of(shown ? MAX_TOKENS : 16), OptionalLong.of(SEED), List.of(), shown,
                Optional.of(RunCommand.randomNonce()));
        Answering.Listener listener = new Answering.Listener(
                text -> {
                    if (shown) {
                        RunCommand.show(text, terminal);
                    }
                },
                () -> true);
        try {
            byte[] body = InferenceRequest.chatBody(
                    NAME, List.of(new Message(Message.Role.USER, question)), settings);
            return node.ask(new Answering.Question(InferenceRequest.CHAT, body, shown), listener)
                    .orElseThrow();
        } catch (RequestException e) {
            throw new UsageException(e.getMessage());
        }
    }

    /// Runs `plumb verify` in a data folder that has never heard of the node.
    private void verify(int expected, Path bundle, String... options)
            throws Failure, UsageException {
        List<String> words = new ArrayList<>();
        words.add(bundle.toString());
        words.addAll(List.of(options));
        say(terminal.paint(Terminal.Colour.BOLD, "$ plumb verify " + shown(words)));
        words.add("--data");
        words.add(folder.resolve("reader").toString());
        int code = VerifyCommand.of(VerifyCommand.syntax().parse(words)).execute(terminal);
        say("exit code " + code);
        say("");
        if (code != expected) {
            surprises.add(bundle.getFileName() + ": exit code " + code + ", not " + expected);
        }
    }

    // Long keys and paths would hide what matters; the whole words are what runs.
    private static String shown(List<String> words) {
        List<String> shown = new ArrayList<>();
        for (String word : words) {
            int slash = word.lastIndexOf('/');
            boolean isKey = word.startsWith("plumbline/") && word.contains("+");
            shown.add(isKey ? word.substring(0, word.indexOf('+')) + "+…"
                    : word.startsWith("/") ? word.substring(slash + 1) : word);
        }
        return String.join(" ", shown);
    }

    private Path write(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private int farewell() throws Failure {
        if (!surprises.isEmpty()) {
            throw new Failure("the demo did not go as it must: " + String.join("; ", surprises),
                    "This is a bug in Plumbline; please report it with the output above.");
        }
        step("How to go on");
        terminal.print("""
                ./plumb publish %s --name hub/smollm2
                ./plumb chat hub/smollm2
                ./plumb up                                    # http://127.0.0.1:%d

                curl http://127.0.0.1:%d/v1/chat/completions -H 'Content-Type: application/json' \\
                  -d '{"model":"hub/smollm2","temperature":0,"messages":[{"role":"user","content":"What is the sea?"}]}'

                # any OpenAI client
                from openai import OpenAI
                client = OpenAI(base_url="http://127.0.0.1:%d/v1", api_key="none")

                ./plumb receipts; ./plumb verify ID --replay"""
                .formatted(file, UpCommand.PORT_DEFAULT, UpCommand.PORT_DEFAULT,
                        UpCommand.PORT_DEFAULT));
        return Exit.DONE;
    }

    private void step(String text) {
        terminal.print("");
        terminal.print(terminal.paint(Terminal.Colour.BOLD, "── " + text));
    }

    private void say(String text) {
        terminal.print(text);
    }

    /// Changes that somebody might make to a bundle.
    static final class Tampering {
        private Tampering() {}

        /// One bit of the answer's text, inside its base64.
        static byte[] flippedBit(byte[] bundle) {
            String text = ascii(bundle);
            int line = text.indexOf("\ntext ", text.indexOf("\n\nrequest "));
            int at = text.indexOf(' ', line + "\ntext ".length()) + 5;
            byte[] changed = bundle.clone();
            changed[at] ^= 1;
            return changed;
        }

        /// The output and text of another answer in the place of this one's.
        static byte[] otherAnswer(byte[] bundle, byte[] other) {
            String changed = ascii(bundle);
            for (String part : List.of("output", "text")) {
                changed = changed.replace(line(bundle, part), line(other, part));
            }
            return changed.getBytes(StandardCharsets.ISO_8859_1);
        }

        private static String line(byte[] bundle, String part) {
            String text = ascii(bundle);
            int start = text.indexOf("\n" + part + " ", text.indexOf("\n\nrequest ")) + 1;
            return text.substring(start, text.indexOf('\n', start) + 1);
        }

        // One char per byte, so that what isn't touched stays as it is.
        private static String ascii(byte[] bundle) {
            return new String(bundle, StandardCharsets.ISO_8859_1);
        }
    }
}
