package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SignalsTest {
    @Test
    void callsTheActionInsteadOfEndingTheProcess() throws Exception {
        Semaphore calls = new Semaphore(0);
        assertTrue(Signals.handle("USR2", calls::release));
        for (int i = 0; i < 2; i++) {
            new ProcessBuilder("kill", "-USR2", String.valueOf(ProcessHandle.current().pid()))
                    .start().waitFor();
            // Two signals at once may arrive as one.
            assertTrue(calls.tryAcquire(30, TimeUnit.SECONDS), "signal " + i);
        }
    }

    @Test
    void saysSoWhereASignalCannotBeCaught() {
        assertFalse(Signals.handle("NOSUCH", () -> {}));
    }
}
