package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;

/// What the proxy costs at share 0, beside a direct connection in the same run, in processes of their own: until the
/// first token, and of the processor while tokens come at the pace of a real model. Each run leaves a line in
/// bench/results/proxy.txt.
@Tag("full")
final class ProxyCostTest {

    private static final int ROUNDS = Integer.getInteger("plumbline.overhead.rounds", 400);
    private static final int WARMING = Integer.getInteger("plumbline.overhead.warming", 60);
    private static final int STREAMS = 4;
    private static final int TOKENS = 200;
    /// About what each of four streams of SmolLM2-135M gets from a node on two cores.
    private static final double TOKENS_PER_SECOND = 50;

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();

    /// One stream, read to its end.
    private record Stream(long firstNanos, int tokens) {}

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
        String last = "";
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains("\"tokens\":[") && !line.contains("\"tokens\":[]")) {
                    first = first == 0 ? System.nanoTime() - start : first;
                    tokens++;
                }
                last = line.isEmpty() ? last : line;
            }
        }
        assertTrue(last.equals("data: [DONE]"), last);
        return new Stream(first, tokens);
    }

    private List<Stream> streams(String url, int seed) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Stream>> all = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                int own = seed * STREAMS + i;
                all.add(threads.submit(() -> stream(url, own, TOKENS)));
            }
            List<Stream> ended = new ArrayList<>();
            for (Future<Stream> each : all) {
                ended.add(each.get());
            }
            return ended;
        }
    }

    private Path model() throws IOException {
        return TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 2, 64, 2, 1, 32, 64, GgmlType.Q8_0), 11);
    }

    @Test
    void howMuchLaterTheFirstTokenComes() throws Exception {
        Path model = model();
        try (NodeProcess node = NodeProcess.start(folder.resolve("node"), model, TinyNodes.NAME);
                ProxyProcess proxy = ProxyProcess.start(folder.resolve("proxy"), node.url())) {
            List<Long> direct = new ArrayList<>();
            List<Long> through = new ArrayList<>();
            for (int i = -ROUNDS; i < ROUNDS; i++) {
                long straight = stream(node.url(), i, 4).firstNanos();
                long proxied = stream(proxy.url(), i, 4).firstNanos();
                if (i >= 0) {
                    direct.add(straight);
                    through.add(proxied);
                }
            }
            ProxyResults.note(String.format(Locale.ROOT, "overhead, %d streams each way in turn, after as many: first"
                            + " token %.2f ms direct, %.2f ms through the proxy (medians): %.2f ms more", ROUNDS,
                    median(direct) / 1e6, median(through) / 1e6, (median(through) - median(direct)) / 1e6));
        }
    }

    @Test
    void whatAStreamTakesOfTheProcessor() throws Exception {
        Path model = model();
        long pause = (long) (1e6 / TOKENS_PER_SECOND / STREAMS);
        try (NodeProcess node = NodeProcess.startPaced(folder.resolve("paced"), model, TinyNodes.NAME, pause);
                ProxyProcess proxy = ProxyProcess.start(folder.resolve("paced-proxy"), node.url())) {
            for (int i = 0; i < ROUNDS; i++) {
                stream(proxy.url(), -i, 8);
            }
            for (int i = 0; i < WARMING; i++) {
                streams(proxy.url(), i);
            }
            long cpu = proxy.cpuNanos();
            long start = System.nanoTime();
            long tokens = 0;
            int rounds = 5;
            for (int i = 0; i < rounds; i++) {
                tokens += streams(proxy.url(), 10 + i).stream().mapToInt(Stream::tokens).sum();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            double used = (proxy.cpuNanos() - cpu) / 1e9;
            ProxyResults.note(String.format(Locale.ROOT, "overhead, %d streams at once of %.0f tokens a second each,"
                            + " their ends with all checks included, after %d answers: %.2f %% of a core for each"
                            + " stream, %.0f us a token", STREAMS, tokens / seconds / STREAMS,
                    ROUNDS + WARMING * STREAMS, used / seconds / STREAMS * 100, used / tokens * 1e6));
        }
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }
}
