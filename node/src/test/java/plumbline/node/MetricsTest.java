package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import plumbline.node.api.Scope;

/// What `/metrics` and the log say of requests, and what they never say (spec/api.md A120, A121, A122).
class MetricsTest extends ServerFixture {

    private static final Pattern SAMPLE = Pattern.compile(
            "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{([a-z]+=\"([^\"\\\\\\n]|\\\\[\\\\\"n])*\",?)+})? (-?[0-9.]+(E-?[0-9]+)?)");

    private static final int PATIENCE = 6_000;
    private static final int PAUSE_MILLIS = 10;

    private Map<String, Double> metrics(String... headers) throws Exception {
        HttpResponse<String> response = get("/metrics", headers);
        assertEquals(200, response.statusCode(), response.body());
        assertEquals("text/plain; version=0.0.4; charset=utf-8", header(response, "Content-Type"));
        return strictly(response.body());
    }

    /// A request is counted when it has ended on the server, which may be after the client has its answer.
    private Map<String, Double> metricsOnceCounted(Map<String, Double> expected) throws Exception {
        Map<String, Double> shown = metrics();
        for (int i = 0; i < PATIENCE && !shown.entrySet().containsAll(expected.entrySet()); i++) {
            Thread.sleep(PAUSE_MILLIS);
            shown = metrics();
        }
        return shown;
    }

    /// Reads the text format: each family once, with help and type before its samples, and no sample twice.
    private static Map<String, Double> strictly(String text) {
        assertTrue(text.endsWith("\n"));
        Map<String, Double> samples = new HashMap<>();
        Map<String, String> types = new HashMap<>();
        String family = "";
        for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
            if (line.startsWith("# HELP ")) {
                family = line.split(" ", 4)[2];
                assertFalse(types.containsKey(family), line);
            } else if (line.startsWith("# TYPE ")) {
                assertEquals(family, line.split(" ")[2]);
                types.put(family, line.split(" ")[3]);
                assertTrue(Set.of("counter", "gauge", "histogram", "summary").contains(types.get(family)), line);
            } else {
                Matcher sample = SAMPLE.matcher(line);
                assertTrue(sample.matches(), line);
                String name = sample.group(1);
                assertTrue(types.containsKey(family) && name.startsWith(family), line);
                String suffix = name.substring(family.length());
                assertTrue(switch (types.get(family)) {
                    case "histogram" -> Set.of("_bucket", "_sum", "_count").contains(suffix);
                    case "summary" -> Set.of("_sum", "_count").contains(suffix);
                    default -> suffix.isEmpty();
                }, line);
                String key = line.substring(0, line.lastIndexOf(' '));
                assertEquals(null, samples.put(key, Double.valueOf(sample.group(5))), "twice: " + line);
            }
        }
        return samples;
    }

    @Test
    void countsWhatHappened() throws Exception {
        Map<String, Double> before = metrics();
        ask("");
        ask(",\"stream\":true");
        ask(",\"surprise\":1");
        get("/no/such/path");
        get("/no/such/other");
        String chat = "plumbline_http_requests_total{endpoint=\"/v1/chat/completions\",status=";
        Map<String, Double> after = metricsOnceCounted(Map.of(chat + "\"200\"}", 2.0, chat + "\"400\"}", 1.0,
                "plumbline_http_requests_total{endpoint=\"other\",status=\"404\"}", 2.0,
                "plumbline_streams_open", 0.0));
        assertEquals(2, after.get(chat + "\"200\"}"));
        assertEquals(1, after.get(chat + "\"400\"}"));
        assertEquals(2, after.get("plumbline_http_requests_total{endpoint=\"other\",status=\"404\"}"));
        assertEquals(8, after.get("plumbline_tokens_total{kind=\"prompt\"}"));
        assertEquals(10, after.get("plumbline_tokens_total{kind=\"output\"}"));
        assertEquals(2, after.get("plumbline_first_token_seconds_count"));
        assertEquals(2, after.get("plumbline_first_token_seconds_bucket{le=\"+Inf\"}"));
        assertEquals(before.get("plumbline_log_receipts") + 2, after.get("plumbline_log_receipts"));
        assertEquals(2, after.get("plumbline_log_append_seconds_count"));
        assertEquals(1, after.get("plumbline_models_loaded"));
        for (String gauge : List.of("answers_running", "answers_waiting", "streams_open", "log_stopped")) {
            assertEquals(0, after.get("plumbline_" + gauge), gauge);
        }
        double below = 0;
        for (String bound : List.of("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0",
                "10.0", "30.0", "60.0", "300.0", "+Inf")) {
            double count = after.get("plumbline_http_request_seconds_bucket{le=\"" + bound + "\"}");
            assertTrue(count >= below, bound);
            below = count;
        }
        assertEquals(below, after.get("plumbline_http_request_seconds_count"));
    }

    @Test
    void callersFromElsewhereNeedTheirOwnScope() throws Exception {
        String[] elsewhere = {"X-Forwarded-For", "203.0.113.9"};
        assertError(get("/metrics", elsewhere), 401, "api_key_missing");
        String run = server.node().apiKeys().create("a", Set.of(Scope.RUN), ApiKey.Quotas.none()).secret();
        assertError(get("/metrics", elsewhere[0], elsewhere[1], "x-api-key", run), 403, "scope_missing");
        String scrape = server.node().apiKeys().create("b", Set.of(Scope.METRICS), ApiKey.Quotas.none()).secret();
        assertFalse(metrics(elsewhere[0], elsewhere[1], "Authorization", "Bearer " + scrape).isEmpty());
    }

    /// Everything that is logged, at every level.
    private static final class Lines extends Handler {
        private final List<LogRecord> all = new ArrayList<>();

        @Override
        public synchronized void publish(LogRecord line) {
            all.add(line);
        }

        /// Waits until so many are written: a line comes when the request has ended on the server, which may be after
        /// the client has its answer.
        void await(int count) throws InterruptedException {
            for (int i = 0; i < PATIENCE && requests().size() < count; i++) {
                Thread.sleep(PAUSE_MILLIS);
            }
        }

        synchronized List<Map<?, ?>> requests() {
            List<Map<?, ?>> requests = new ArrayList<>();
            all.stream().filter(line -> RequestLog.NAME.equals(line.getLoggerName()))
                    .forEach(line -> requests.add((Map<?, ?>) line.getParameters()[0]));
            return requests;
        }

        synchronized String text() {
            StringBuilder text = new StringBuilder();
            for (LogRecord line : all) {
                text.append(line.getMessage());
                if (line.getParameters() != null) {
                    text.append(List.of(line.getParameters()));
                }
                for (Throwable t = line.getThrown(); t != null; t = t.getCause()) {
                    text.append(t);
                }
            }
            return text.toString();
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void aRequestIsOneLineWithItsIdAndWithoutAWordOfWhatWasSaid() throws Exception {
        Lines lines = new Lines();
        Logger root = Logger.getLogger("plumbline");
        Level before = root.getLevel();
        root.setLevel(Level.ALL);
        root.addHandler(lines);
        try {
            String chat = "{\"model\":\"test/fake\",\"messages\":[{\"role\":\"user\","
                    + "\"content\":\"zanzibar secret\"}]%s}";
            HttpResponse<String> named = post(CHAT, chat.formatted("").getBytes(StandardCharsets.UTF_8),
                    "x-request-id", "my-id.1");
            lines.await(1);
            assertEquals("my-id.1", header(named, "x-request-id"));
            String stream = ",\"stream\":true";
            post(CHAT, chat.formatted(stream).getBytes(StandardCharsets.UTF_8));
            lines.await(2);
            post(CHAT, chat.formatted(",\"zanzibar\":1").getBytes(StandardCharsets.UTF_8));
            lines.await(3);
            post(CHAT, "{\"zanzibar\":".getBytes(StandardCharsets.UTF_8));
            lines.await(4);
            get("/v1/models/zanzibar?zanzibar");
            lines.await(5);
            get("/zanzibar");
            lines.await(6);
            model.failure = new IllegalStateException("on purpose");
            post(CHAT, chat.formatted("").getBytes(StandardCharsets.UTF_8));
            lines.await(7);
            List<Map<?, ?>> requests = lines.requests();
            assertEquals(7, requests.size());
            assertEquals("my-id.1", requests.getFirst().get("request_id"));
            assertEquals(header(named, "plumb-receipt"), requests.getFirst().get("receipt"));
            assertEquals(List.of(200, 200, 400, 400, 404, 404, 500),
                    requests.stream().map(line -> line.get("status")).toList());
            for (String word : List.of("zanzibar", "secret", "pong", "test/fake")) {
                assertFalse(lines.text().contains(word), lines.text());
            }
            for (String bad : List.of("", "a b", "x".repeat(129), "\"", "a\u00e4")) {
                String answer = rawGet("/v2/health/live", "Host: localhost", "x-request-id: " + bad);
                assertTrue(answer.matches("(?is).*x-request-id: [0-9a-f]{16}\r\n.*"), answer);
            }
        } finally {
            root.removeHandler(lines);
            root.setLevel(before);
        }
    }
}
