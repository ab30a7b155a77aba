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
import plumbline.engine.Model;
import plumbline.engine.Replayer;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.EngineModel;
import plumbline.node.FileIdentity;
import plumbline.node.Node;
import plumbline.node.NodeServer;
import plumbline.verify.Bundle;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Receipt;
import plumbline.verify.ReplayOutcome;

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
                replayWhatWasRestricted(node);
            }
        }
    }

    /// A replay leaves out the same tokens (spec/arithmetic.md S10, spec/structured.md O1).
    private static void replayWhatWasRestricted(Node node) throws Exception {
        int replayed = 0;
        Path file = RealModel.file();
        FileIdentity identity = FileIdentity.of(file, (_, _) -> { });
        try (Pool pool = new Pool(2);
                Model model = Model.load(file, identity.id(), identity.weightsRoot(), Kernels.choose(""), pool)) {
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
