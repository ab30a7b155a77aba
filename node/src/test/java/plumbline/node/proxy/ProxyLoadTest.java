package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TestModels;
import plumbline.sdk.Plumbline;

/// A hundred streams through the proxy while a node is killed each minute: a line in bench/results/proxy.txt and the
/// plot beside it. `-Dplumbline.load.seconds=60` shortens it.
@Tag("full")
final class ProxyLoadTest {

    private static final int SECONDS = Integer.getInteger("plumbline.load.seconds", 600);
    private static final int STREAMS = Integer.getInteger("plumbline.load.streams", 100);
    private static final int NODES = 4;
    private static final long SECOND = 1_000_000_000L;
    private static final String NAME = "hub/smollm2";

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<NodeProcess> nodes = new ArrayList<>();
    private final AtomicInteger verified = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicInteger tokens = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private ProxyServer proxy;

    @BeforeEach
    void start() throws Exception {
        Path model = TestModels.smolLm2();
        for (int i = 0; i < NODES; i++) {
            nodes.add(NodeProcess.startFast(folder.resolve("node" + i), model, NAME));
        }
        proxy = ProxyServer.start(Plumbline.connect(nodes.stream().map(NodeProcess::url).toList(),
                Plumbline.Settings.in(folder.resolve("proxy")).withShare(0)), folder.resolve("book"), 0);
    }

    @AfterEach
    void stop() {
        proxy.close();
        nodes.forEach(NodeProcess::close);
        http.close();
    }

    /// One stream, read to its end. Verified is what ends well and says what was shown.
    private void stream(int seed) throws IOException, InterruptedException {
        String body = "{\"model\":\"" + NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Tell me about the"
                + " number " + seed + ".\"}],\"max_tokens\":60,\"stream\":true,\"temperature\":0.7,\"seed\":" + seed
                + ",\"plumbline\":{\"tokens\":true}}";
        HttpResponse<InputStream> response = http.send(
                HttpRequest.newBuilder(URI.create(proxy.url() + "/v1/chat/completions"))
                        .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofInputStream());
        boolean isShown = false;
        String last = "";
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains("\"tokens\":[") && !line.contains("\"tokens\":[]")) {
                    tokens.incrementAndGet();
                }
                isShown |= line.contains("\"facts\":[\"signed by plumbline/");
                last = line.isBlank() || line.startsWith(":") ? last : line;
            }
        }
        if (response.statusCode() == 429) {
            busy.incrementAndGet();
            // As clients do that are told to come later.
            Thread.sleep(1000);
        } else if (isShown && last.equals("data: [DONE]")) {
            verified.incrementAndGet();
        } else {
            failures.add(response.statusCode() + " " + last);
        }
    }

    private void ask(int client, long endNanos) {
        for (int n = 0; System.nanoTime() < endNanos; n++) {
            try {
                stream(client * 1000 + n);
            } catch (IOException | InterruptedException e) {
                failures.add(e.toString());
            }
        }
    }

    @Test
    void aHundredStreamsWhileANodeDiesEachMinute() throws Exception {
        long start = System.nanoTime();
        long end = start + SECONDS * SECOND;
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            int client = i;
            clients.add(Thread.startVirtualThread(() -> ask(client, end)));
        }
        LoadPlot plot = new LoadPlot(SECONDS);
        // On a thread of its own: a sample that waits for a node to start counts tokens that belong to the next one.
        Thread sampler = Thread.startVirtualThread(() -> sample(plot, start));
        List<Long> memory = new ArrayList<>();
        int kills = 0;
        long period = Math.clamp(SECONDS / 50 * 10, 10, 60);
        for (long second = period; second < SECONDS; second += period) {
            sleepUntil(start + second * SECOND);
            plot.kill((int) second);
            NodeProcess victim = nodes.get(kills++ % NODES);
            victim.kill();
            victim.restart();
            victim.url();
            System.gc();
            memory.add(usedMiB());
        }
        sampler.join();
        for (Thread client : clients) {
            client.join();
        }
        String sum = "SmolLM2-135M: " + verified + " answers verified, " + tokens + " tokens, " + busy
                + " told to come later (429), " + failures.size() + " failed; " + STREAMS + " streams at once for "
                + SECONDS + " s, " + NODES + " nodes, " + kills + " killed and started again;"
                + " heap of proxy and clients after each kill, MiB: " + memory;
        ProxyResults.note(sum);
        Files.writeString(Path.of(System.getProperty("plumbline.repository"), "bench/results/proxy-load.svg"),
                plot.svg(sum));
        assertEquals(List.of(), List.copyOf(failures));
        assertTrue(verified.get() > STREAMS, sum);
        assertTrue(memory.getLast() < 2 * memory.getFirst() + 32, "memory grows: " + sum);
    }

    private void sample(LoadPlot plot, long startNanos) {
        try {
            for (int second = 10; second <= SECONDS; second += 10) {
                sleepUntil(startNanos + second * SECOND);
                plot.sample((int) ((System.nanoTime() - startNanos) / SECOND), tokens.get(), verified.get(), usedMiB());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        Thread.sleep(Math.max(0, (nanos - System.nanoTime()) / 1_000_000));
    }

    private static long usedMiB() {
        return (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20;
    }
}
