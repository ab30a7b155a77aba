package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.EngineModel;
import plumbline.node.Node;
import plumbline.node.NodeServer;

/// The unmodified openai-python client talks to a node with the real model (spec/api.md).
final class OpenAiClientTest {

    @TempDir
    Path folder;

    @Test
    void openAiPythonChatsStreamsStopsAndIsRefusedByName() throws Exception {
        Path python = RealModel.openAiPython();
        Path script = folder.resolve("client.py");
        try (InputStream source = getClass().getResourceAsStream("openai_client.py")) {
            Files.write(script, source.readAllBytes());
        }
        try (Pool pool = new Pool(2)) {
            Node node = Node.open(folder.resolve("data"), EngineModel.loader(Kernels.choose(""), pool),
                    Node.Surroundings.system());
            node.models().name("hub/smollm2", node.models().add(RealModel.file(), (_, _) -> { }).id());
            try (NodeServer server = NodeServer.start(node, 0, RequestDefaults.standard())) {
                Path log = folder.resolve("client.log");
                Process client = new ProcessBuilder(python.toString(), script.toString(), server.url() + "/v1",
                        "hub/smollm2").redirectErrorStream(true).redirectOutput(log.toFile()).start();
                assertTrue(client.waitFor(120, TimeUnit.SECONDS), "the client takes too long");
                String said = Files.readString(log, StandardCharsets.UTF_8);
                assertEquals(0, client.exitValue(), said);
                assertTrue(said.endsWith("ok\n"), said);
            }
        }
    }
}
