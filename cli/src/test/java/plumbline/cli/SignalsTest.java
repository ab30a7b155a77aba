package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SignalsTest {
    @Test
    void callsTheActionInsteadOfEndingTheProcess() throws Exception {
        CountDownLatch called = new CountDownLatch(2);
        assertTrue(Signals.handle("USR2", called::countDown));
        for (int i = 0; i < 2; i++) {
            new ProcessBuilder("kill", "-USR2", String.valueOf(ProcessHandle.current().pid()))
                    .start().waitFor();
            Thread.sleep(50); // two signals at once may arrive as one
        }
        assertTrue(called.await(5, TimeUnit.SECONDS));
    }

    @Test
    void saysSoWhereASignalCannotBeCaught() {
        assertFalse(Signals.handle("NOSUCH", () -> {}));
    }
}
