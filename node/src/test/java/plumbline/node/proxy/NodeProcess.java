package plumbline.node.proxy;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.EngineModel;
import plumbline.node.ModelLoader;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;

/// A node in a process of its own, to be killed, stopped and started again on the same folder and port.
final class NodeProcess implements AutoCloseable {

    /// What the process runs: as `plumb up` does, with one model published before.
    static final class Main {
        private Main() {}

        public static void main(String[] words) throws Exception {
            Pool pool = new Pool(1);
            ModelLoader engine = EngineModel.loader(Kernels.choose(words[4]), pool);
            long pause = Long.getLong("plumbline.pause.micros", 0);
            ModelLoader loader = pause == 0 ? engine : stored -> new PacedModel(engine.load(stored), () -> { }, pause);
            Node node = Node.open(Path.of(words[0]), loader, Node.Surroundings.system());
            node.models().name(words[2], node.models().add(Path.of(words[1]), (_, _) -> { }).id());
            System.out.println(listening(node, Integer.parseInt(words[3])).url());
            System.in.read();
            System.exit(0);
        }

        /// While a node was down somebody's connection may have got its port.
        private static NodeServer listening(Node node, int port) throws Exception {
            for (int tries = TRIES_MAX;; tries--) {
                try {
                    return NodeServer.start(node, port, RequestDefaults.standard());
                } catch (NodeException e) {
                    if (tries == 0) {
                        throw e;
                    }
                    Thread.sleep(TRY_MILLIS);
                }
            }
        }
    }

    private static final int TRIES_MAX = 40;
    private static final long TRY_MILLIS = 250;

    private final Path folder;
    private final Path model;
    private final String name;
    private final List<String> options;
    private final String kernel;
    private Process process;
    private String url = "";
    private boolean isReady;

    private NodeProcess(Path folder, Path model, String name, List<String> options, String kernel) {
        this.folder = folder;
        this.model = model;
        this.name = name;
        this.options = options;
        this.kernel = kernel;
    }

    /// With a small model: one that is soon there.
    static NodeProcess start(Path folder, Path model, String name) throws IOException {
        return launched(new NodeProcess(folder, model, name,
                List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), "scalar"));
    }

    /// The same, with a pause at each token.
    static NodeProcess startPaced(Path folder, Path model, String name, long pauseMicros) throws IOException {
        return launched(new NodeProcess(folder, model, name, List.of("-Xmx384m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-Dplumbline.pause.micros=" + pauseMicros), "scalar"));
    }

    /// With a real model and the fastest kernel that is here.
    static NodeProcess startFast(Path folder, Path model, String name) throws IOException {
        String library = System.getProperty("plumbline.native", "");
        List<String> options = library.isEmpty() ? List.of("-Xmx768m", "-XX:+UseSerialGC")
                : List.of("-Xmx768m", "-XX:+UseSerialGC", "-Dplumbline.native=" + library);
        return launched(new NodeProcess(folder, model, name, options, ""));
    }

    private static NodeProcess launched(NodeProcess node) throws IOException {
        node.launch();
        return node;
    }

    private void launch() throws IOException {
        String port = url.isEmpty() ? "0" : Integer.toString(URI.create(url).getPort());
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp",
                classPath(), Main.class.getName(), folder.toString(), model.toString(), name, port, kernel));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    /// Where it listens; waits until it does.
    String url() {
        if (!isReady) {
            BufferedReader lines = process.inputReader();
            url = lines.lines().findFirst()
                    .orElseThrow(() -> new IllegalStateException("the node in " + folder + " didn't start"));
            isReady = true;
        }
        return url;
    }

    void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        process.waitFor(10, TimeUnit.SECONDS);
    }

    /// Starts it again where it was; [#url] waits for it.
    void restart() throws IOException {
        isReady = false;
        launch();
    }

    void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    // Test runners load the tests in different ways.
    static String classPath() {
        if (NodeProcess.class.getClassLoader() instanceof URLClassLoader loader) {
            List<URL> urls = Arrays.asList(loader.getURLs());
            return urls.stream().map(url -> Path.of(URI.create(url.toString())).toString())
                    .collect(Collectors.joining(File.pathSeparator));
        }
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }
}
