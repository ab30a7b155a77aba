package plumbline.node;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import plumbline.verify.Receipt;

/// What `/metrics` shows: counts since the start, and how things stand now. No prompt, answer, key or address is in it.
/// Source: spec/api.md A120.
final class Metrics {

    private static final double[] SECONDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};

    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>(); // by endpoint, space, status
    private final Distribution requestSeconds = new Distribution(SECONDS);
    private final Distribution firstTokenSeconds = new Distribution(SECONDS);
    private final LongAdder promptTokens = new LongAdder();
    private final LongAdder outputTokens = new LongAdder();
    private final AtomicInteger streams = new AtomicInteger();

    /// A request has been answered.
    ///
    /// @param endpoint one of a bounded number of words
    void request(String endpoint, int status, long nanos) {
        requests.computeIfAbsent(endpoint + " " + status, _ -> new LongAdder()).increment();
        requestSeconds.add(nanos);
    }

    /// An answer's first token has come, so long after its request.
    void firstToken(long nanos) {
        firstTokenSeconds.add(nanos);
    }

    /// A receipt is in the log.
    void logged(Receipt receipt) {
        promptTokens.add(receipt.prompt().count());
        outputTokens.add(receipt.output().count());
    }

    void streams(int more) {
        streams.addAndGet(more);
    }

    /// How things stand now.
    record Now(int running, int waiting, int connections, long heldBytes) {}

    String text(Node node, Now now) throws NodeException {
        MetricsText out = new MetricsText();
        out.family("plumbline_http_requests_total", "counter", "Requests that were answered.");
        for (Map.Entry<String, LongAdder> entry : new TreeMap<>(requests).entrySet()) {
            int space = entry.getKey().indexOf(' ');
            out.sample("plumbline_http_requests_total", entry.getValue().sum(),
                    "endpoint", entry.getKey().substring(0, space), "status", entry.getKey().substring(space + 1));
        }
        requestSeconds.writeTo(out, "plumbline_http_request_seconds", "From a request's headers to the answer's end.");
        firstTokenSeconds.writeTo(out, "plumbline_first_token_seconds",
                "From a request to its answer's first token, waiting included.");
        out.family("plumbline_tokens_total", "counter", "Tokens of answers that have receipts.");
        out.sample("plumbline_tokens_total", promptTokens.sum(), "kind", "prompt");
        out.sample("plumbline_tokens_total", outputTokens.sum(), "kind", "output");
        out.single("plumbline_answers_running", "gauge", "Answers being computed.", now.running());
        out.single("plumbline_answers_waiting", "gauge", "Requests in the line.", now.waiting());
        out.single("plumbline_streams_open", "gauge", "Answers that somebody reads or waits for.", streams.get());
        out.single("plumbline_connections_open", "gauge", "Connections.", now.connections());
        out.single("plumbline_requests_held_bytes", "gauge", "Requests that are not answered yet, in memory.",
                now.heldBytes());
        models(out, node.loadedModels().load(), node);
        out.single("plumbline_log_receipts", "gauge", "Receipts in the log.", node.log().size());
        out.single("plumbline_log_stopped", "gauge", "1 while the log can't be written.", stopped(node));
        node.log().appendTimes().writeTo(out, "plumbline_log_append_seconds",
                "From a receipt to its being durable and signed for.");
        Runtime runtime = Runtime.getRuntime();
        out.single("plumbline_heap_bytes", "gauge", "Java's heap in use.",
                runtime.totalMemory() - runtime.freeMemory());
        return out.toString();
    }

    private static void models(MetricsText out, ModelHandle.Load load, Node node) throws NodeException {
        out.family("plumbline_batch_answers", "summary", "Answers that a pass of a model computes together.");
        out.sample("plumbline_batch_answers_sum", load.passAnswers());
        out.sample("plumbline_batch_answers_count", load.passes());
        out.single("plumbline_kv_bytes", "gauge", "Keys and values of answers, kept ones included.",
                load.keyValueBytes());
        out.single("plumbline_models_loaded", "gauge", "Models in memory.", node.loadedModels().loaded().size());
        out.single("plumbline_models_published", "gauge", "Names of models.", node.models().names().size());
    }

    private static int stopped(Node node) {
        try {
            node.log().check();
            return 0;
        } catch (NodeException e) {
            return 1;
        }
    }
}
