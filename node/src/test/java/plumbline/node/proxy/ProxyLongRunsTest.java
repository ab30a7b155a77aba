package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;
import plumbline.sdk.Plumbline;

/// What the proxy costs, and whether it holds under load while nodes die. Each run leaves lines in
/// bench/results/proxy.txt. `-Dplumbline.load.seconds=60` shortens the load.
@Tag("full")
final class ProxyLongRunsTest {

    private static final int NODES = 4;
    private static final int ROUNDS = Integer.getInteger("plumbline.overhead.rounds", 60);
    private static final double REAL_TOKENS_PER_SECOND = 70;

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<NodeProcess> nodes = new ArrayList<>();
    private ProxyServer proxy;

    @BeforeEach
    void start() throws Exception {
        Path model = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 3, 128, 4, 2, 32, 128, GgmlType.Q8_0), 11);
        List<String> urls = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            nodes.add(NodeProcess.start(folder.resolve("node" + i), model, TinyNodes.NAME));
        }
        for (NodeProcess node : nodes) {
            urls.add(node.url());
        }
        proxy = ProxyServer.start(Plumbline.connect(urls,
                Plumbline.Settings.in(folder.resolve("proxy")).withShare(0)), folder.resolve("book"), 0);
    }

    @AfterEach
    void stop() {
        proxy.close();
        nodes.forEach(NodeProcess::close);
        http.close();
    }

    /// One stream.
    ///
    /// @param tokens that came
    private record Stream(long firstNanos, int tokens, int status, boolean ended) {}

    private Stream stream(String url, int seed, int maxTokens) throws IOException, InterruptedException {
        String body = "{\"model\":\"" + TinyNodes.NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":\"tell\"}],"
                + "\"max_tokens\":" + maxTokens + ",\"stream\":true,\"temperature\":0.7,\"seed\":" + seed
                + ",\"plumbline\":{\"tokens\":true}}";
        long start = System.nanoTime();
        HttpResponse<InputStream> response = http.send(
                HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                        .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofInputStream());
        long first = 0;
        int tokens = 0;
        boolean ended = false;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && !ended; line = lines.readLine()) {
                if (line.contains("\"tokens\":[") && !line.contains("\"tokens\":[]")) {
                    first = first == 0 ? System.nanoTime() - start : first;
                    tokens++;
                }
                ended = line.equals("data: [DONE]");
            }
        }
        return new Stream(first, tokens, response.statusCode(), ended);
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    @Test
    void whatTheProxyCostsBesideADirectConnection() throws Exception {
        String direct = nodes.getFirst().url();
        List<String> one = List.of(direct);
        try (ProxyServer alone = ProxyServer.start(Plumbline.connect(one,
                Plumbline.Settings.in(folder.resolve("alone")).withShare(0)), folder.resolve("alone-book"), 0)) {
            for (int i = 0; i < ROUNDS; i++) {
                stream(direct, i, 40);
                stream(alone.url(), i, 40);
            }
            List<Long> directFirst = new ArrayList<>();
            List<Long> proxyFirst = new ArrayList<>();
            long directCpu = 0;
            long proxyCpu = 0;
            long tokens = 0;
            for (int i = 0; i < ROUNDS; i++) {
                long a = cpuNanos();
                Stream straight = stream(direct, i, 40);
                long b = cpuNanos();
                Stream through = stream(alone.url(), i, 40);
                long c = cpuNanos();
                assertTrue(straight.ended() && through.ended());
                directFirst.add(straight.firstNanos());
                proxyFirst.add(through.firstNanos());
                directCpu += b - a;
                proxyCpu += c - b;
                tokens += through.tokens();
            }
            double perToken = (proxyCpu - directCpu) / (double) tokens;
            ProxyResults.note(String.format(Locale.ROOT,
                    "overhead, %d streams each way in turn: first token %.2f ms direct, %.2f"
                            + " ms through it (medians): %.2f ms more; %.1f us of CPU a token more, the end with"
                            + " all checks included: %.2f %% of a core for a stream of %.0f tokens a second",
                    ROUNDS, median(directFirst) / 1e6, median(proxyFirst) / 1e6,
                    (median(proxyFirst) - median(directFirst)) / 1e6, perToken / 1e3,
                    perToken * REAL_TOKENS_PER_SECOND / 1e7, REAL_TOKENS_PER_SECOND));
        }
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }
}
