package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.engine.Model;
import plumbline.engine.Replayer;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.EngineModel;
import plumbline.node.FileIdentity;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;
import plumbline.node.proxy.ProxyServer;
import plumbline.sdk.Plumbline;
import plumbline.verify.Bundle;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Receipt;
import plumbline.verify.ReplayOutcome;

/// Unmodified clients of each API talk to a node with the real model: chats, streams, tools, forms, errors
/// (spec/api.md, spec/dialects.md). What each does stands in its script, in `clients/` beside this test's resources.
final class ClientsTest {

    private static final String MODEL = "hub/smollm2";
    private static final int SECONDS_MAX = 300;
    private static final int SCANS_MAX = 4;

    @TempDir
    static Path folder;

    private static Pool pool;
    private static Node node;
    private static NodeServer server;
    private static ProxyServer proxy;
    private static ProxyServer exactProxy;
    private static Model model;

    @BeforeAll
    static void start() throws Exception {
        Path file = RealModel.file();
        pool = new Pool(2);
        node = Node.open(folder.resolve("data"), EngineModel.loader(Kernels.choose(""), pool),
                Node.Surroundings.system());
        node.models().name(MODEL, node.models().add(file, (_, _) -> { }).id());
        server = NodeServer.start(node, 0, RequestDefaults.standard());
    }

    /// A proxy before the node: its own checks of each answer, and no model.
    private static synchronized String proxyUrl() throws Exception {
        if (proxy == null) {
            proxy = ProxyServer.start(Plumbline.connect(List.of(server.url()),
                    Plumbline.Settings.in(folder.resolve("client")).withShare(0)), folder.resolve("client/proxy"), 0);
        }
        return proxy.url();
    }

    /// One that has the model, and draws each token itself before it is passed on.
    private static synchronized String exactProxyUrl() throws Exception {
        if (exactProxy == null) {
            Path file = RealModel.file();
            FileIdentity identity = FileIdentity.of(file, (_, _) -> { });
            model = Model.load(file, identity.id(), identity.weightsRoot(), Kernels.choose(""), pool);
            exactProxy = ProxyServer.start(Plumbline.connect(List.of(server.url()),
                    Plumbline.Settings.in(folder.resolve("exact")).withShare(100), _ -> Optional.of(model)),
                    folder.resolve("exact/proxy"), 0);
        }
        return exactProxy.url();
    }

    @AfterAll
    static void stop() throws Exception {
        if (exactProxy != null) {
            exactProxy.close();
            model.close();
        }
        if (proxy != null) {
            proxy.close();
        }
        if (server != null) {
            server.close();
            pool.close();
        }
    }

    /// Runs a script, which says "ok" at its end.
    private static void run(List<String> command, String script, String... more) throws Exception {
        run(server.url(), command, script, more);
    }

    private static void run(String url, List<String> command, String script, String... more) throws Exception {
        Path file = folder.resolve(script);
        try (InputStream source = ClientsTest.class.getResourceAsStream("clients/" + script)) {
            Files.write(file, source.readAllBytes());
        }
        List<String> words = new ArrayList<>(command);
        words.addAll(List.of(file.toString(), url, MODEL));
        words.addAll(List.of(more));
        String said = output(words);
        assertTrue(said.strip().endsWith("ok"), said);
    }

    private static String output(List<String> command) throws Exception {
        Client ended = client(command);
        assertEquals(0, ended.code(), ended.said());
        return ended.said();
    }

    private record Client(int code, String said) {}

    private static Client client(List<String> command) throws Exception {
        Path log = Files.createTempFile(folder, "client-", ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.toLowerCase().endsWith("_proxy"));
        Process client = builder.start();
        boolean ended = client.waitFor(SECONDS_MAX, TimeUnit.SECONDS);
        client.destroyForcibly();
        String said = Files.readString(log, StandardCharsets.UTF_8);
        assertTrue(ended, "the client takes too long: " + said);
        return new Client(client.exitValue(), said);
    }

    @Test
    void openAiPythonIsServedAndWhatWasRestrictedIsReplayed() throws Exception {
        run(List.of(RealModel.pythonWithClients()), "openai_python.py", "logprobs");
        replayWhatWasRestricted();
    }

    /// One URL is changed, and each answer is a checked one (spec/proxy.md).
    @Test
    void openAiPythonIsServedThroughAProxy() throws Exception {
        run(proxyUrl(), List.of(RealModel.pythonWithClients()), "openai_python.py");
    }

    @Test
    @Tag("full")
    void anthropicPythonIsServedThroughAProxy() throws Exception {
        run(proxyUrl(), List.of(RealModel.pythonWithClients()), "anthropic_python.py");
    }

    @Test
    @Tag("full")
    void compatCanaryPassesAllItsProbesThroughAProxy() throws Exception {
        scan(proxyUrl());
    }

    @Test
    @Tag("full")
    void langChain4jIsServedThroughAProxy() throws Exception {
        run(proxyUrl(), java(), "LangChain4j.java");
    }

    /// With the model here each token is drawn here as well, and so are the logprobs that these ask for (F22).
    @ParameterizedTest
    @ValueSource(strings = {"openai_python.py", "ollama_python.py", "litellm_python.py", "openai_node.mjs",
        "OpenAiJava.java"})
    @Tag("full")
    void clientsGetLogprobsThroughAProxyThatHasTheModel(String script) throws Exception {
        switch (script) {
            case "litellm_python.py" -> run(exactProxyUrl(), liteLlm(), script);
            case "OpenAiJava.java" -> run(exactProxyUrl(), java(), script);
            case "openai_node.mjs" -> run(exactProxyUrl(), List.of("node"), script, openAiNode());
            default -> run(exactProxyUrl(), List.of(RealModel.pythonWithClients()), script, "logprobs", "proxy");
        }
    }

    @Test
    @Tag("full")
    void prometheusReadsTheFigures() throws Exception {
        run(List.of(RealModel.pythonWithClients()), "prometheus_python.py");
    }

    @ParameterizedTest
    @ValueSource(strings = {"anthropic_python.py", "ollama_python.py"})
    void pythonClientsAreServed(String script) throws Exception {
        run(List.of(RealModel.pythonWithClients()), script);
    }

    @Test
    @Tag("full")
    void liteLlmIsServedByEachApi() throws Exception {
        run(liteLlm(), "litellm_python.py");
    }

    /// What the clients can send: each field of their own types is honoured or refused by its name (A4, A71).
    @Test
    @Tag("full")
    void noFieldThatTheClientsKnowIsIgnored() throws Exception {
        run(List.of(RealModel.pythonWithClients()), "all_fields.py");
    }

    @Test
    @Tag("full")
    void openAiNodeIsServed() throws Exception {
        run(List.of("node"), "openai_node.mjs", openAiNode());
    }

    @Test
    @Tag("full")
    void compatCanaryPassesAllItsProbes() throws Exception {
        scan(server.url());
    }

    /// At temperature 1, which this client doesn't change, so small a model now and then goes on until its tokens are
    /// used up: that takes a slow machine more than half a minute, and cuts a form short. Where the log shows such an
    /// answer the client is asked again; whatever else it finds is a failure.
    private static void scan(String url) throws Exception {
        Path canary = Path.of(RealModel.installed("PLUMB_NPM", "compatcanary"), "node_modules/compatcanary/src/cli.js");
        List<String> command = List.of("node", canary.toString(), "scan", "--base-url", url + "/v1",
                "--model", MODEL, "--fail-on", "any", "--timeout", "120");
        int before = usedUp();
        Client scanned = client(command);
        for (int n = 1; n < SCANS_MAX && scanned.code() != 0 && usedUp() > before; n++) {
            before = usedUp();
            scanned = client(command);
        }
        assertEquals(0, scanned.code(), scanned.said());
        assertTrue(scanned.said().contains("7 passed, 0 warned, 0 failed"), scanned.said());
    }

    /// How many answers there are that ended with the last token that they may have where nothing is asked for.
    private static int usedUp() throws NodeException {
        int most = RequestDefaults.standard().maxTokens();
        return (int) node.receipts().latest(Integer.MAX_VALUE).stream()
                .filter(receipt -> receipt.output().count() == most).count();
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenAiJava.java", "LangChain4j.java"})
    @Tag("full")
    void javaClientsAreServed(String source) throws Exception {
        run(java(), source);
    }

    private static List<String> java() {
        Path jars = Path.of(RealModel.installed("PLUMB_JAVA_CLIENTS", "the Java clients"));
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", jars.resolve("*").toString());
    }

    private static List<String> liteLlm() {
        return List.of(RealModel.installed("PLUMB_LITELLM_PYTHON", "LiteLLM"));
    }

    private static String openAiNode() {
        return RealModel.installed("PLUMB_NPM", "openai-node");
    }

    /// A replay leaves out the same tokens (spec/arithmetic.md S10, spec/structured.md O1).
    private static void replayWhatWasRestricted() throws Exception {
        int replayed = 0;
        Path file = RealModel.file();
        FileIdentity identity = FileIdentity.of(file, (_, _) -> { });
        try (Model model = Model.load(file, identity.id(), identity.weightsRoot(), Kernels.choose(""), pool)) {
            for (Receipt receipt : node.receipts().latest(100)) {
                byte[] bundle = node.answers().bundle(node.receipts().byId(receipt.id()).orElseThrow());
                OpenedBundle opened = OpenedBundle.open(Bundle.parse(bundle)).orElseThrow();
                String request = new String(opened.request(), StandardCharsets.UTF_8);
                if (request.contains("json_schema") || request.contains("required\"")) {
                    ReplayOutcome outcome = new Replayer(model, _ -> { }).apply(opened);
                    assertTrue(outcome instanceof ReplayOutcome.Same, outcome + " of " + request);
                    replayed++;
                }
            }
        }
        assertTrue(replayed >= 2, replayed + " replayed");
    }
}
