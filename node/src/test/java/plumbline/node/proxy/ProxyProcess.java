package plumbline.node.proxy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import plumbline.sdk.Plumbline;

/// A proxy at share 0 in a process of its own, so that what it costs can be told from what its clients cost.
final class ProxyProcess implements AutoCloseable {

    /// What the process runs: as `plumb proxy` does.
    static final class Main {
        private Main() {}

        public static void main(String[] words) throws Exception {
            Path folder = Path.of(words[0]);
            ProxyServer proxy = ProxyServer.start(Plumbline.connect(List.of(words[1]),
                    Plumbline.Settings.in(folder).withShare(0)), folder.resolve("proxy"), 0);
            System.out.println(proxy.url());
            System.in.read();
            System.exit(0);
        }
    }

    private final Process process;
    private final String url;

    private ProxyProcess(Process process, String url) {
        this.process = process;
        this.url = url;
    }

    /// The launcher's options, and `plumbline.proxy.jvm` of the tests.
    static ProxyProcess start(Path folder, String node) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:+UseSerialGC"));
        String more = System.getProperty("plumbline.proxy.jvm", "");
        command.addAll(more.isEmpty() ? List.of() : List.of(more.split(" ")));
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp",
                NodeProcess.classPath(), Main.class.getName(), folder.toString(), node));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        return new ProxyProcess(process, process.inputReader().readLine());
    }

    String url() {
        return url;
    }

    /// What it has computed since it began.
    long cpuNanos() {
        return process.info().totalCpuDuration().orElseThrow().toNanos();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
