package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.ApiKey;
import plumbline.node.Listening;
import plumbline.node.Node;
import plumbline.node.NodeServer;
import plumbline.node.ServingLimits;
import plumbline.node.api.Scope;

/// The program with a node that lets nobody in without an API key (F30 to F34 of spec/proxy.md).
@Timeout(120)
final class KeyedNodeTest {

    private static final String NAME = "test/tiny";

    @TempDir
    private Path folder;

    private final Pool pool = new Pool(1);
    private NodeServer server;
    private String key;
    private Path home;

    @BeforeEach
    void start() throws Exception {
        Path file = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 2, 64, 2, 1, 32, 64, GgmlType.Q8_0), 7);
        Node node = Node.open(folder.resolve("node"), LazyEngine.loader(pool), Node.Surroundings.system());
        node.models().name(NAME, node.models().add(file, (_, _) -> { }).id());
        key = node.apiKeys().create("laptop", Set.of(Scope.RUN), ApiKey.Quotas.none()).secret();
        server = NodeServer.start(node, new Listening(0, Optional.empty(), true), RequestDefaults.standard(),
                ServingLimits.standard());
        home = folder.resolve("caller");
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        pool.close();
    }

    /// The program in a process of its own, with this environment.
    private Captured program(Map<String, String> environment, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp",
                EditedModelTest.classPath(), "plumbline.cli.Main"));
        command.addAll(List.of(words));
        command.addAll(List.of("--data", home.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile()).redirectError(folder.resolve("err").toFile());
        builder.environment().put("PLUMB_STATE", folder.resolve("marks").toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return new Captured(process.exitValue(), Files.readString(folder.resolve("out"), StandardCharsets.ISO_8859_1),
                Files.readString(folder.resolve("err"), StandardCharsets.ISO_8859_1));
    }

    @Test
    void runAsksTheNodeInPlumbNodeWithTheKeyInPlumbApiKey() throws Exception {
        Path bundle = folder.resolve("b");
        Captured ran = program(Map.of("PLUMB_NODE", server.url(), "PLUMB_API_KEY", key), "run", NAME, "-p", "x",
                "--max-tokens", "4", "--receipt", bundle.toString());
        assertEquals(Exit.DONE, ran.code(), ran.err());
        assertTrue(Files.size(bundle) > 0);
        assertFalse(ran.err().contains(key.substring(30)), ran.err());
        assertEquals(Exit.DONE, Captured.run("verify", bundle.toString(), "--data", home.toString()).code());

        Captured without = program(Map.of("PLUMB_NODE", server.url()), "run", NAME, "-p", "x");
        assertEquals(Exit.FAILED, without.code(), without.err());
        assertTrue(without.err().contains("401") && without.err().contains("PLUMB_API_KEY"), without.err());
    }

    private NodeApi api(Map<String, String> environment) throws Failure {
        return new NodeApi(NodeLink.find(home, environment).orElseThrow());
    }

    @Test
    void eachCommandShowsTheKeyThatIsForItsNode() throws Exception {
        String url = server.url();
        assertEquals(NAME, api(Map.of("PLUMB_NODE", url, "PLUMB_API_KEY", key)).models().path("data").path(0)
                .path("id").asString());
        Files.createDirectories(home);
        Path file = Files.writeString(home.resolve("plumb.keys"), "plumb.keys v1\n" + url + " " + key + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertEquals(71, api(Map.of("PLUMB_NODE", url + "/")).modelId(NAME).toString().length());
    }

    @Test
    void aKeyThatIsMissingWrongOrUnreadableIsSaid() throws Exception {
        String url = server.url();
        String wrong = key.substring(0, key.length() - 1) + (key.endsWith("0") ? "1" : "0");
        for (Map<String, String> environment : List.of(Map.of("PLUMB_NODE", url),
                Map.of("PLUMB_NODE", url, "PLUMB_API_KEY", wrong))) {
            NodeApi api = api(environment);
            Failure refused = assertThrows(Failure.class, api::models);
            assertTrue(refused.cure().contains("plumb apikey create"), refused.getMessage() + refused.cure());
            assertFalse((refused.getMessage() + refused.cure()).contains(key.substring(30, 60)), refused.getMessage());
        }
        Failure none = assertThrows(Failure.class, () -> api(Map.of("PLUMB_NODE", url, "PLUMB_API_KEY", "secret-1")));
        assertFalse((none.getMessage() + none.cure()).contains("secret-1"), none.getMessage());
        Files.createDirectories(home);
        Path file = Files.writeString(home.resolve("plumb.keys"), "plumb.keys v1\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThrows(Failure.class, () -> api(Map.of("PLUMB_NODE", url)));
        // What stands in an address that somebody sent is shown no key, whatever the environment has.
        assertTrue(BundleSource.of(url + "/v1/receipts/" + "0".repeat(32), home, Captured.silent())
                instanceof BundleSource.OfUrl source && source.node().key().isEmpty());
    }

    @Test
    void theProxyNeedsAFileOfKeysThatIsThere() {
        Captured ran = Captured.run("proxy", "--node", server.url(), "--port", "0", "--keys",
                folder.resolve("none").toString(), "--data", home.toString());
        assertEquals(Exit.FAILED, ran.code());
        assertTrue(ran.err().contains("API keys"), ran.err());
    }
}
