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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;
import plumbline.sdk.Plumbline;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Nodes in processes of their own are killed, stopped, cut off and swallowed up at random instants, while a client
/// reads one stream through the proxy: it must get the answer that one undisturbed node gives, token for token, and its
/// end (F11 to F13).
final class FailoverTest {

    private static final long SEED = Long.getLong("plumbline.seed", System.nanoTime());
    private static final int NODES = 3;
    /// Between tokens, so that an answer takes a while and no processor.
    private static final long PAUSE_MICROS = 1_000;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private enum Fault { KILLED, STOPPED, RESET, SWALLOWED }

    /// In turn: those that take no time more often.
    private static final List<Fault> FAULTS = List.of(Fault.KILLED, Fault.RESET, Fault.STOPPED, Fault.RESET,
            Fault.KILLED, Fault.RESET, Fault.SWALLOWED);

    private static final Pattern GAP = Pattern.compile("gap of (\\d+) ms.* tokens took (\\d+)");

    @TempDir
    Path folder;

    private final List<NodeProcess> nodes = new ArrayList<>();
    private final List<TcpRelay> relays = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private ProxyServer proxy;
    private Optional<NodeProcess> starting = Optional.empty();
    private long longestGapMillis;
    private final Map<Fault, List<long[]>> seams = new EnumMap<>(Fault.class);

    @BeforeEach
    void start() throws Exception {
        Path model = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 2, 64, 2, 1, 32, 64, GgmlType.Q8_0), 11);
        for (int i = 0; i < NODES; i++) {
            nodes.add(NodeProcess.startPaced(folder.resolve("node" + i), model, TinyNodes.NAME, PAUSE_MICROS));
        }
        List<String> urls = new ArrayList<>();
        for (NodeProcess node : nodes) {
            TcpRelay relay = new TcpRelay(node.url());
            relays.add(relay);
            urls.add(relay.url());
        }
        proxy = ProxyServer.start(Plumbline.connect(urls,
                Plumbline.Settings.in(folder.resolve("proxy")).withShare(0)), folder.resolve("book"), 0);
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        for (TcpRelay relay : relays) {
            relay.close();
        }
        nodes.forEach(NodeProcess::close);
        http.close();
    }

    @Test
    void anAnswerOutlivesItsNodeAtTwentyRandomInstants() throws Exception {
        disturb(20);
    }

    @Test
    @Tag("full")
    void anAnswerOutlivesItsNodeAtAThousandRandomInstants() throws Exception {
        ProxyResults.note(disturb(Integer.getInteger("plumbline.failover.times", 1000)));
    }

    private String disturb(int times) throws Exception {
        String why = "seed " + SEED + ": ./plumb test --only FailoverTest --seed " + SEED;
        Random random = new Random(SEED);
        List<Integer> right = ask(Integer.MAX_VALUE, () -> { });
        assertTrue(right.size() > 50, "an answer to disturb: " + right.size());
        int disturbed = 0;
        int continued = 0;
        // On a slow machine an answer may have ended before it is struck: more are asked then, so that some are.
        for (int round = 0; round < times || !isEnough(disturbed, continued, times) && round < 5 * times; round++) {
            Fault fault = FAULTS.get(round % FAULTS.size());
            String where = fault + " in round " + round + ", " + why;
            AtomicInteger hit = new AtomicInteger(-1);
            // From before the first token on, and a random moment after the one that is drawn by lot.
            int token = random.nextInt(right.size() * 4 / 5);
            long nanos = random.nextLong(2_000_000);
            Thread saboteur = Thread.ofVirtual().unstarted(() -> {
                LockSupport.parkNanos(nanos);
                hit.set(strike(fault));
            });
            assertEquals(right, ask(token, saboteur::start), where);
            saboteur.join();
            disturbed += hit.get() >= 0 ? 1 : 0;
            JsonNode answer = answers().path(0);
            assertEquals("verified", answer.path("state").asString(), where + answer);
            measure(answer, fault);
            continued += answer.path("prefix").asInt() > 0 ? 1 : 0;
            heal(fault, hit.get());
            if (round % 100 == 99) {
                System.out.println(round + 1 + " answers disturbed, each the right one to its end; " + why);
            }
        }
        String sum = "kill -9, SIGSTOP, reset, half-open in turn: at least " + times + " answers, " + disturbed
                + " of them struck, " + continued
                + " continued by another node that names the tokens it was handed, longest gap " + longestGapMillis
                + " ms; seams, ms from the first to the next token and of that the new node's prefill: "
                + seams.entrySet().stream().map(fault -> fault.getKey() + " " + summary(fault.getValue())).toList()
                + "; ";
        System.out.println(sum + why);
        assertTrue(isEnough(disturbed, continued, times), sum + why);
        return sum + why;
    }

    /// What the proxy says of a seam: the gap, and the prefill of who went on.
    private void measure(JsonNode answer, Fault fault) {
        for (JsonNode step : answer.path("steps")) {
            Matcher gap = GAP.matcher(step.path("detail").asString());
            if (step.path("what").asString().equals("continued") && gap.find()) {
                seams.computeIfAbsent(fault, _ -> new ArrayList<>())
                        .add(new long[] {Long.parseLong(gap.group(1)), Long.parseLong(gap.group(2))});
            }
        }
    }

    private static String summary(List<long[]> seams) {
        List<long[]> sorted = seams.stream().sorted(Comparator.comparingLong(seam -> seam[0])).toList();
        long late = sorted.stream().filter(seam -> seam[0] > seam[1] + 1_000).count();
        return String.format(Locale.ROOT, "%d (median %d of which %d, longest %d of which %d, %d more than a second"
                + " longer than the prefill)", sorted.size(), sorted.get(sorted.size() / 2)[0],
                sorted.get(sorted.size() / 2)[1], sorted.getLast()[0], sorted.getLast()[1], late);
    }

    private static boolean isEnough(int disturbed, int continued, int times) {
        return disturbed > times / 4 && continued > 0;
    }

    /// Strikes the node that is answering now; -1 if none is.
    private int strike(Fault fault) {
        try {
            JsonNode answer = answers().path(0);
            if (!answer.path("state").asString("").equals("under way")) {
                return -1;
            }
            int node = -1;
            for (JsonNode step : answer.path("steps")) {
                for (int i = 0; i < NODES; i++) {
                    node = relays.get(i).url().endsWith(step.path("node").asString("-")) ? i : node;
                }
            }
            if (node >= 0) {
                switch (fault) {
                    case KILLED -> nodes.get(node).kill();
                    case STOPPED -> nodes.get(node).signal("STOP");
                    case RESET -> relays.get(node).reset();
                    case SWALLOWED -> relays.get(node).swallow();
                }
            }
            return node;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void heal(Fault fault, int node) throws Exception {
        if (node < 0) {
            return;
        }
        switch (fault) {
            case KILLED -> {
                // The others answer while it starts, but one at a time is down.
                // One that was struck as soon as it listened may never have said where.
                starting.filter(other -> other != nodes.get(node)).ifPresent(NodeProcess::url);
                nodes.get(node).restart();
                starting = Optional.of(nodes.get(node));
            }
            case STOPPED -> nodes.get(node).signal("CONT");
            case SWALLOWED -> relays.get(node).heal();
            case RESET -> { }
        }
    }

    private JsonNode answers() throws IOException, InterruptedException {
        return JSON.readTree(http.send(HttpRequest.newBuilder(URI.create(proxy.url() + "/proxy/answers")).build(),
                BodyHandlers.ofString()).body()).path("answers");
    }

    /// One stream through the proxy; its token ids.
    ///
    /// @param atToken when `strike` is called
    private List<Integer> ask(int atToken, Runnable strike) throws Exception {
        String body = "{\"model\":\"" + TinyNodes.NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":\"tell\"}],"
                + "\"max_tokens\":100,\"stream\":true,\"temperature\":0.7,\"seed\":1,\"plumbline\":{\"tokens\":true}}";
        if (atToken == 0) {
            strike.run();
        }
        HttpResponse<InputStream> response = http.send(
                HttpRequest.newBuilder(URI.create(proxy.url() + "/v1/chat/completions"))
                        .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofInputStream());
        assertEquals(200, response.statusCode());
        List<Integer> ids = new ArrayList<>();
        long last = System.nanoTime();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals("data: [DONE]")) {
                    return ids;
                }
                if (line.startsWith("data: ")) {
                    JsonNode chunk = JSON.readTree(line.substring(6));
                    assertTrue(chunk.path("error").isMissingNode(), line);
                    for (JsonNode id : chunk.path("choices").path(0).path("plumbline").path("tokens")) {
                        ids.add(id.asInt());
                        if (ids.size() == atToken) {
                            strike.run();
                        }
                    }
                    longestGapMillis = Math.max(longestGapMillis, (System.nanoTime() - last) / 1_000_000);
                    last = System.nanoTime();
                }
            }
        }
        throw new AssertionError("the stream broke off after " + ids.size() + " tokens: " + Arrays.asList(answers()));
    }
}
