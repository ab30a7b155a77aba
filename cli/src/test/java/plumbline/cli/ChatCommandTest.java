package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;

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
}
