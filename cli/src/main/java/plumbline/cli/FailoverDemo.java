package plumbline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.proxy.ProxyServer;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.Question;
import plumbline.sdk.VerifiedAnswer;
import tools.jackson.databind.JsonNode;

/// `plumb demo failover`: two nodes in processes of their own, a proxy, a client that reads one stream; the process
/// that is answering is killed in mid-sentence. Nothing is staged.
final class FailoverDemo {
    private static final String NAME = "demo/smollm2-135m";
    private static final int KILLED_AFTER_TOKENS = 25;
    private static final String BODY = "{\"model\":\"" + NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":"
            + "\"Explain in a few sentences why the sky is blue.\"}],\"temperature\":0.6,\"seed\":7,"
            + "\"max_tokens\":110,\"stream\":true,\"plumbline\":{\"tokens\":true}}";

    private final Path file;
    private final Path folder;
    private final Terminal terminal;
    private final List<Process> processes = new ArrayList<>();
    private final List<String> urls = new ArrayList<>();

    private FailoverDemo(Path file, Path folder, Terminal terminal) {
        this.file = file;
        this.folder = folder;
        this.terminal = terminal;
    }

    static int run(Path file, Terminal terminal) throws Failure {
        try {
            Path folder = Files.createTempDirectory("plumb-failover");
            FailoverDemo demo = new FailoverDemo(file, folder, terminal);
            try {
                return demo.run();
            } finally {
                for (Process process : demo.processes) {
                    process.destroyForcibly().waitFor();
                }
                Pip.delete(folder);
            }
        } catch (IOException e) {
            throw new Failure("the demo can't use its temporary folder or its nodes: " + e.getMessage(), "");
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Exit.FAILED;
        }
    }

    private int run() throws Failure, IOException, NodeException, PlumblineException, InterruptedException {
        step("Two nodes start, each a process with a key and a log of its own, and a proxy before them");
        for (int i = 0; i < 2; i++) {
            startNode(folder.resolve("node" + i));
        }
        Plumbline.Settings settings = Plumbline.Settings.in(folder.resolve("client")).withShare(0)
                .withNotices(terminal::print);
        for (String url : urls) {
            // A node loads a model when it is first asked; that isn't what is shown here.
            try (Plumbline node = Plumbline.connect(List.of(url), settings)) {
                node.ask(NAME, "Hello", _ -> { });
            }
        }
        try (ProxyServer proxy = ProxyServer.start(
                Plumbline.connect(urls, settings), folder.resolve("answers"), 0)) {
            terminal.print("proxy at " + proxy.url());
            step("A client reads one stream; the node that answers is killed (kill -9) at | and the sentence goes on");
            List<Integer> tokens = read(proxy);
            JsonNode answer = json(proxy, "/proxy/answers").path("answers").path(0);
            step("What the proxy saw");
            for (JsonNode step : answer.path("steps")) {
                terminal.print(String.format("%6d ms  %-16s %s %s", step.path("ms").asLong(),
                        step.path("node").asString(""), step.path("what").asString(""),
                        step.path("detail").asString("")));
            }
            return compare(tokens, answer, settings);
        }
    }

    private void startNode(Path data) throws Failure, IOException, NodeException {
        try (Node node = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            node.models().name(NAME, AnsweringHere.publish(node, file, terminal).id());
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "up", "--port", "0",
                "--data", data.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(folder.resolve(data.getFileName() + ".log").toFile()).start();
        processes.add(process);
        String url = process.inputReader().readLine();
        if (url == null) {
            throw new Failure("a node of the demo didn't start: "
                    + Files.readString(folder.resolve(data.getFileName() + ".log")), "");
        }
        urls.add(url);
        terminal.print("node " + processes.size() + " at " + url + ", process " + process.pid());
    }

    /// Reads the stream as any client would, and pulls the plug on the way.
    private List<Integer> read(ProxyServer proxy) throws Failure, IOException {
        List<Integer> tokens = new ArrayList<>();
        boolean killed = false;
        try (Http.Response response = Http.post(URI.create(proxy.url() + InferenceRequest.CHAT), Map.of(),
                        BODY.getBytes(StandardCharsets.UTF_8), 60_000);
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals("data: [DONE]")) {
                    terminal.print("");
                    return tokens;
                }
                if (!line.startsWith("data: ")) {
                    continue;
                }
                JsonNode chunk = NodeApi.JSON.readTree(line.substring("data: ".length()));
                if (chunk.has("error")) {
                    throw new Failure(chunk.path("error").path("message").asString(""), "");
                }
                JsonNode choice = chunk.path("choices").path(0);
                choice.path("plumbline").path("tokens").forEach(id -> tokens.add(id.asInt()));
                RunCommand.show(choice.path("delta").path("content").asString(""), terminal);
                if (!killed && tokens.size() >= KILLED_AFTER_TOKENS) {
                    killed = kill(proxy);
                    RunCommand.show(terminal.paint(Terminal.Colour.BOLD, "|"), terminal);
                }
            }
        }
        throw new Failure("the stream broke off after " + tokens.size() + " tokens", "");
    }

    private boolean kill(ProxyServer proxy) throws Failure, IOException {
        JsonNode steps = json(proxy, "/proxy/answers").path("answers").path(0).path("steps");
        String node = steps.path(steps.size() - 1).path("node").asString("none");
        for (int i = 0; i < urls.size(); i++) {
            if (urls.get(i).endsWith(node)) {
                processes.get(i).toHandle().destroyForcibly();
                return true;
            }
        }
        throw new Failure("the demo can't tell which node answers: " + steps, "");
    }

    private static JsonNode json(ProxyServer proxy, String path) throws IOException {
        try (Http.Response response = Http.get(URI.create(proxy.url() + path), Map.of(), 10_000)) {
            return NodeApi.JSON.readTree(response.bytes(8 << 20));
        }
    }

    private int compare(List<Integer> tokens, JsonNode answer, Plumbline.Settings settings)
            throws Failure, PlumblineException {
        step("The same request to the node that is left, alone and undisturbed");
        String survivor = answer.path("node").asString("");
        Question question = Question.of(InferenceRequest.CHAT, BODY.getBytes(StandardCharsets.UTF_8));
        try (Plumbline one = Plumbline.connect(List.of(survivor), settings)) {
            Optional<VerifiedAnswer> alone = one.ask(question, (_, _) -> true);
            int[] expected = alone.orElseThrow().receipt().opened().output().toArray();
            int[] got = tokens.stream().mapToInt(Integer::intValue).toArray();
            if (!Arrays.equals(expected, got)) {
                throw new Failure("the answers differ at token " + Arrays.mismatch(expected, got),
                        "This is a bug in Plumbline; please report it with the output above.");
            }
            terminal.print(got.length + " tokens, each the same: " + answer.path("prefix").asInt(0)
                    + " by the node that was killed, " + (got.length - answer.path("prefix").asInt(0))
                    + " by the one that went on");
            terminal.print("its receipt covers the whole answer and names the " + answer.path("prefix").asInt(0)
                    + " tokens that it was handed; every check holds: " + answer.path("state").asString(""));
        }
        return Exit.DONE;
    }

    private void step(String text) {
        terminal.print("");
        terminal.print(terminal.paint(Terminal.Colour.BOLD, "── " + text));
    }
}
