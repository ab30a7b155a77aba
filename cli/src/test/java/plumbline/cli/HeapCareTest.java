package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class HeapCareTest {

    private static final int MEBIBYTE = 1 << 20;
    private static final int WAIT_SECONDS = 60;

    @Test
    void collectsWhenAHalfOfWhatWasLeftCameInAdditionOrLessAndThenNothing() {
        assertFalse(HeapCare.isDue(96L * MEBIBYTE, 0, false));
        assertTrue(HeapCare.isDue(97L * MEBIBYTE, 0, false));
        assertFalse(HeapCare.isDue(190L * MEBIBYTE, 100L * MEBIBYTE, false));
        assertTrue(HeapCare.isDue(197L * MEBIBYTE, 100L * MEBIBYTE, false));
        assertFalse(HeapCare.isDue(1_499L * MEBIBYTE, 1_000L * MEBIBYTE, false));
        assertTrue(HeapCare.isDue(1_501L * MEBIBYTE, 1_000L * MEBIBYTE, false));
        assertFalse(HeapCare.isDue(100L * MEBIBYTE, 900L * MEBIBYTE, false));
        assertFalse(HeapCare.isDue(916L * MEBIBYTE, 900L * MEBIBYTE, true));
        assertTrue(HeapCare.isDue(917L * MEBIBYTE, 900L * MEBIBYTE, true));
    }

    @Test
    void whatIsNoLongerUsedAmongTheOldGoesBackToTheSystemLongBeforeTheLimit() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g", "-Xms64m", "-XX:+UseSerialGC", "-Xmn32m", "-XX:MinHeapFreeRatio=5",
                "-XX:MaxHeapFreeRatio=15", "-XX:-ShrinkHeapInSteps", "-cp", EditedModelTest.classPath()
                + File.pathSeparator + Path.of(
                        HeapCareTest.class.getProtectionDomain().getCodeSource().getLocation().toURI()),
                HeapCareTest.class.getName()).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
    }

    /// The other process: 300 MiB grow old and are dropped, then it waits for the heap to be small again.
    public static void main(String[] args) throws InterruptedException {
        MemoryPoolMXBean old = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getName().equals("Tenured Gen")).findFirst().orElseThrow();
        List<byte[]> held = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            held.add(new byte[MEBIBYTE]);
        }
        try (HeapCare _ = HeapCare.start()) {
            held.clear();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (old.getUsage().getCommitted() > 100L * MEBIBYTE) {
                if (System.nanoTime() > end) {
                    System.err.println("after " + WAIT_SECONDS + " s the old take " + old.getUsage());
                    System.exit(1);
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }
}
