package plumbline.node.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/// What the long runs leave in bench/results/proxy.txt.
final class ProxyResults {

    private ProxyResults() {}

    static void note(String line) throws IOException {
        Path file = Path.of(System.getProperty("plumbline.repository"), "bench/results/proxy.txt");
        Files.createDirectories(file.getParent());
        Files.writeString(file, Instant.now() + "  ./plumb test --full  "
                        + Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.arch")
                        + ", Java " + Runtime.version() + "\n    " + line + "\n",
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
