package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Digest;

/// fsync fails under the database, which has no place to put a fault in but the system call (spec/log.md L79).
@Timeout(120)
class FailingFsyncTest {

    private static final Path SOURCE = Path.of(
            System.getProperty("plumbline.repository"), "node/src/test/c/failing_fsync.c");

    @TempDir
    Path home;

    @TempDir
    Path temp;

    private final NodeKey key = NodeKey.ofSeed(new byte[32]);

    private Path library() throws Exception {
        Path library = temp.resolve("failing_fsync.so");
        boolean isMade = System.getProperty("os.name").equals("Linux") && compiles(library);
        assertTrue(isMade || !"true".equals(System.getenv("CI")), "CI needs Linux and a C compiler (cc)");
        assumeTrue(isMade, "needs Linux and a C compiler (cc)");
        return library;
    }

    private static boolean compiles(Path library) throws InterruptedException {
        try {
            return new ProcessBuilder("cc", "-O1", "-shared", "-fPIC", "-o", library.toString(),
                    SOURCE.toString(), "-ldl").inheritIO().start().waitFor() == 0;
        } catch (IOException noCompiler) {
            return false;
        }
    }

    /// Appends one receipt for each line it reads; says `done INDEX` or `failed MESSAGE`.
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws Exception {
            NodeKey key = NodeKey.ofSeed(new byte[32]);
            Path home = Path.of(args[0]);
            DurableFiles files = DurableFiles.real();
            Database database = Database.open(home.resolve("node.db"), files);
            LogWriter log = LogWriter.open(TestNode.log(home, database, key, files));
            BufferedReader in = new BufferedReader(new java.io.InputStreamReader(System.in));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                long n = Long.parseLong(line);
                try {
                    System.out.println("done " + log.append(TestNode.receipt(key, n), TestNode.exchange(n),
                            TestNode.secret(n)).index());
                } catch (NodeException e) {
                    System.out.println("failed " + e.getMessage());
                }
            }
        }
    }

    @Test
    void signsNothingAfterTheDatabaseCouldNotBeForced() throws Exception {
        Path fault = temp.resolve("fault");
        Process writer = ChildJvm.start(Writer.class, temp, Map.of("LD_PRELOAD", library().toString(),
                "PLUMB_FAULT_PATH", "node.db", "PLUMB_FAULT_WHEN", fault.toString()), home.toString());
        Map<Long, String> said = new HashMap<>();
        byte[] signed;
        try {
            for (long n = 0; n < 6; n++) {
                if (n == 3) {
                    Files.createFile(fault);
                } else if (n == 4) {
                    Files.delete(fault);
                }
                writer.outputWriter().append(n + "\n").flush();
                said.put(n, writer.inputReader().readLine());
            }
            signed = Files.readAllBytes(home.resolve("log/checkpoint"));
        } finally {
            writer.destroyForcibly();
            assertTrue(writer.waitFor(10, TimeUnit.SECONDS));
        }
        for (long n = 0; n < 3; n++) {
            assertEquals("done " + n, said.get(n));
        }
        for (long n = 3; n < 6; n++) {
            assertTrue(said.get(n).contains("start the node again"), said.get(n));
        }
        assertTrue(new String(signed).contains("\n3\n"), new String(signed));
        // A new process: what was acknowledged is there, once; what failed may be there or not.
        try (Database database = TestNode.database(home);
                LogWriter log = LogWriter.open(TestNode.log(home, database, key))) {
            List<Digest> entries = new ReceiptStore(database).entries(0, 10);
            for (int n = 0; n < 3; n++) {
                assertEquals(TestNode.receipt(key, n).digest(), entries.get(n));
            }
            assertTrue(entries.size() <= 4);
            assertFalse(entries.contains(TestNode.receipt(key, 5).digest()));
            assertEquals(entries.size(), log.append(
                    TestNode.receipt(key, 9), TestNode.exchange(9), TestNode.secret(9)).index());
        }
        new LogReader(home, key.verifierKey()).read();
    }
}
