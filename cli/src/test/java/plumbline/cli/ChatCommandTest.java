package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.EngineModel;
import plumbline.node.Node;
import plumbline.node.NodeServer;

/// What can be asked about an answer in a conversation.
final class ChatCommandTest {

    @TempDir
    Path folder;

    @Test
    void whyShowsTheChecksOfTheLastAnswerAndVerifyRunsItAgain() throws Exception {
        Path model = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 1, 32, 2, 1, 16, 32, GgmlType.Q8_0), 3);
        Captured chat = Captured.runWithInput("/why\nhello\n/why\n/verify\n", "chat", model.toString(),
                "--max-tokens", "8", "--data", folder.resolve("data").toString());
        assertEquals(Exit.DONE, chat.code(), chat.err());
        assertTrue(chat.err().contains("there is no answer with a receipt yet"), chat.err());
        assertTrue(chat.out().contains("not replayed"), chat.out());
        assertTrue(chat.out().contains("replayed (by you)"), chat.out());
        assertEquals(3, chat.out().split("ACCEPTED", -1).length, chat.out() + chat.err());
    }

    /// The program itself with pipes, before a node that holds the data folder: its answers are checked, and replayed
    /// from the node's own file.
    @Test
    @Timeout(120)
    void aProcessThatTalksThroughANodeShowsAndReplaysItsAnswers() throws Exception {
        Path file = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 1, 32, 2, 1, 16, 32, GgmlType.Q8_0), 3);
        Path data = folder.resolve("data");
        try (Pool pool = new Pool(1)) {
            Node node = Node.open(data, EngineModel.loader(Kernels.choose("scalar"), pool),
                    Node.Surroundings.system());
            node.models().name("test/tiny", node.models().add(file, (_, _) -> { }).id());
            try (NodeServer _ = NodeServer.start(node, 0, RequestDefaults.standard())) {
                Path out = folder.resolve("out");
                Path err = folder.resolve("err");
                ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules",
                        "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp",
                        EditedModelTest.classPath(), Main.class.getName(), "chat", "test/tiny", "--max-tokens", "8",
                        "--data", data.toString()).redirectOutput(out.toFile()).redirectError(err.toFile());
                builder.environment().put("PLUMB_STATE", folder.resolve("marks").toString());
                builder.environment().keySet().removeIf(name -> name.matches("PLUMB_(NODE|HOME|KERNEL|API_KEY)"));
                Process chat = builder.start();
                try (Writer lines = chat.outputWriter(StandardCharsets.UTF_8)) {
                    lines.write("/verify\nhello\n/why\n/new\nhello again\n/verify\n");
                }
                int code = chat.waitFor();
                String said = Files.readString(out) + Files.readString(err);
                assertEquals(Exit.DONE, code, said);
                assertTrue(said.contains("there is no answer with a receipt yet"), said);
                assertEquals(3, said.split("ACCEPTED", -1).length, said);
                assertEquals(2, said.split("replayed \\(by you\\)", -1).length, said);
                assertEquals(2, node.receipts().latest(10).size(), "one log and one writer");
            }
        }
    }

    /// The first of two nodes is down: the answer comes from the other, and is checked here (spec/proxy.md F5, F11).
    @Test
    void aConversationGoesOnAtTheNodeThatIsLeft() throws Exception {
        Path file = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 1, 32, 2, 1, 16, 32, GgmlType.Q8_0), 3);
        try (Pool pool = new Pool(1)) {
            Node node = Node.open(folder.resolve("node"), EngineModel.loader(Kernels.choose("scalar"), pool),
                    Node.Surroundings.system().withMarks(folder.resolve("marks")));
            node.models().name("test/tiny", node.models().add(file, (_, _) -> { }).id());
            try (NodeServer server = NodeServer.start(node, 0, RequestDefaults.standard())) {
                Captured chat = Captured.runWithInput("hello\n/why\n/verify\n", "chat", "test/tiny", "--max-tokens",
                        "8", "--node", "http://127.0.0.1:1", "--node", server.url(),
                        "--data", folder.resolve("data").toString());
                assertEquals(Exit.DONE, chat.code(), chat.err());
                assertTrue(chat.out().contains("(pinned)") && chat.out().contains("ACCEPTED"), chat.out() + chat.err());
                assertTrue(chat.err().contains("/verify needs the model here: plumb publish"), chat.err());
            }
        }
    }
}
