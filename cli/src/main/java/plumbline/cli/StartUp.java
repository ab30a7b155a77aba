package plumbline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.engine.kernel.ScalarKernel;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;

/// What the launcher asks of the program for itself.
final class StartUp {
    private StartUp() {}

    /// A model of nonsense, some 50 kB: what computes it are the classes that compute every model. Made by a test.
    static final String MODEL = "start-up.gguf";

    private static final String PROMPT = "What is said here doesn't matter, but that it takes a few steps does. ";

    /// Does what commands do, so that the JVM can record the classes in a cache: questions are answered by a small
    /// model, and a node is started, asked, and stopped, in a folder of its own.
    static int record(Terminal terminal) throws Failure, UsageException {
        try {
            keepFindings();
            Path folder = Files.createTempDirectory("plumb-start");
            try (Pool pool = new Pool(LocalModel.threads())) {
                UpCommand.syntax().parse(List.of("--port", "0", "--data", folder.toString()));
                answers(folder);
                try (NodeServer server = UpCommand.start(folder, 0, Duration.ZERO, pool)) {
                    use(new NodeApi(NodeLink.open(server.url())), folder.resolve("asker"));
                }
            } finally {
                Pip.delete(folder);
            }
            return Exit.DONE;
        } catch (NodeException | IOException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    /// Into the folder that the launcher names: libraries, and the kernel that this machine gets.
    ///
    /// @throws Failure where the vector kernel is the one, but the JVM was started without its module
    private static void keepFindings() throws IOException, Failure {
        Kernel kernel = LocalModel.kernel();
        if (kernel instanceof ScalarKernel && ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            throw new Failure("the native kernel doesn't work here", "The vector kernel may, with its module.");
        }
        String start = System.getProperty("plumbline.start", "");
        if (!start.isEmpty()) {
            Node.unpackLibraries(Path.of(start));
            Files.writeString(Path.of(start, "kernel"), kernel.name() + "\n");
        }
    }

    /// With the second answer the data folder and the file are known, as they mostly are.
    private static void answers(Path folder) throws IOException, Failure {
        Path model = folder.resolve(MODEL);
        try (InputStream in = Objects.requireNonNull(StartUp.class.getResourceAsStream(MODEL))) {
            Files.copy(in, model);
        }
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Terminal silent = new Terminal(InputStream.nullInputStream(), nowhere, nowhere, "", false);
        for (int i = 0; i < 2; i++) {
            int code = Main.run(List.of("run", model.toString(), "-p", PROMPT, "--max-tokens", "20", "--data",
                    folder.resolve("home").toString()), silent);
            if (code != Exit.DONE) {
                throw new Failure("a small model gave no answer", "");
            }
        }
    }

    private static void use(NodeApi node, Path asker) throws Failure, UsageException {
        node.key();
        node.models();
        node.receipts();
        RunCommand run = RunCommand.of(RunCommand.syntax().parse(List.of("none/none", "-p", "x")));
        Answering.Question question =
                new Answering.Question(run.endpoint(), run.body("none/none"), true);
        try (Answering answering = AnsweringNode.of(node, asker, _ -> { })) {
            answering.ask(question, new Answering.Listener(text -> {}, () -> true));
        } catch (Failure e) {
            // As it must be: there is no such model.
        }
    }

    /// Prints the path of the tests' model, after getting it into the sources' `.plumb`.
    ///
    /// @param words a file that has it, or nothing
    static int fetchTestModel(List<String> words, Terminal terminal)
            throws Failure, UsageException {
        Path state = ModelPath.repository().orElse(Path.of("")).resolve(".plumb");
        Path home = new Arguments(testSyntax(), List.of(), Map.of()).dataFolder();
        Optional<Path> given = words.isEmpty()
                ? Optional.empty()
                : Optional.of(Arguments.asPath("--model", words.getFirst()));
        ModelFinder finder = ModelFinder.usual(state, Optional.of(home), given, terminal);
        terminal.print(finder.find().toAbsolutePath().toString());
        return Exit.DONE;
    }

    /// `plumb test` is the script's; here is what it says about itself.
    static Syntax testSyntax() {
        return new Syntax(
                "test",
                "Runs everything that must pass; needs the sources. Gets the model that it needs.",
                List.of(),
                List.of(
                        Option.flag("--full", "long runs too, with results in bench/results/"),
                        Option.value("--only", "TEST", "this class alone, or CLASS#METHOD; several with commas"),
                        Option.value("--seed", "N", "what tests that draw by lot draw from; a failure says it"),
                        Option.value("--model", "FILE", "the SmolLM2 file, where it can't be had")),
                List.of("The last line says how many tests passed and failed; exit code 1 if one"
                        + " failed. Where CI=true, what can't be had fails."));
    }
}
