package plumbline.node;

import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import plumbline.node.api.Caller;

/// One line for each request: who asked what, how it ended, how long it took; never a word of what was asked or
/// answered. The same goes into the [Metrics]. Source: spec/api.md A121, A122.
final class RequestLog {

    /// The logger of these lines; their one parameter is a map.
    static final String NAME = "plumbline.requests";

    private static final System.Logger LOG = System.getLogger(NAME);
    private static final String ID = "x-request-id";
    private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    private static final int ID_BYTES = 8;
    /// The caller had gone before the end, as proxies write it.
    private static final int GONE = 499;

    private final Metrics metrics;
    private final SecureRandom random = new SecureRandom();
    private int underWay; // guarded by this

    RequestLog(Metrics metrics) {
        this.metrics = metrics;
    }

    /// Answers a request.
    interface Handler {
        void handle(ServerRequest request, ServerResponse response);
    }

    void handle(ServerRequest request, ServerResponse response, Handler handler) {
        underWay(1);
        try {
            handleAndSay(request, response, handler);
        } finally {
            underWay(-1);
        }
    }

    private synchronized void underWay(int more) {
        underWay += more;
        notifyAll();
    }

    /// Waits until every request has been answered and is in the log, but no longer than that.
    synchronized void awaitNone(Duration limit) {
        long endNanos = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        for (long left = limit.toMillis(); underWay > 0 && left > 0;
                left = (endNanos - System.nanoTime()) / 1_000_000) {
            try {
                wait(left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void handleAndSay(ServerRequest request, ServerResponse response, Handler handler) {
        long startNanos = System.nanoTime();
        Caller caller = new Caller(request);
        String id = caller.header(ID).filter(shown -> SANE.matcher(shown).matches()).orElseGet(this::draw);
        response.header(ID, id);
        int status = GONE;
        try {
            handler.handle(request, response);
            status = response.status().code();
        } catch (CloseConnectionException e) {
            throw e;
        } catch (HttpException e) {
            status = e.status().code();
            throw e;
        } catch (io.helidon.http.RequestException e) {
            status = e.status().code();
            throw e;
        } finally {
            long nanos = System.nanoTime() - startNanos;
            String endpoint = endpoint(request.prologue().uriPath().rawPath());
            metrics.request(endpoint, status, nanos);
            // Debug, so that it is silent unless somebody wants it.
            if (LOG.isLoggable(System.Logger.Level.DEBUG)) {
                LOG.log(System.Logger.Level.DEBUG, "{0}",
                        fields(request, response, caller, id, endpoint, status, nanos));
            }
        }
    }

    private String draw() {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static Map<String, Object> fields(ServerRequest request, ServerResponse response, Caller caller,
            String id, String endpoint, int status, long nanos) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("event", "request");
        fields.put("request_id", id);
        fields.put("method", request.prologue().method().text());
        fields.put("endpoint", endpoint);
        fields.put("status", status);
        fields.put("millis", nanos / 1_000_000);
        fields.put("address", caller.name());
        Optional<String> key = status == 401 ? Optional.empty() : caller.apiKey().flatMap(ApiKey::id);
        key.ifPresent(shown -> fields.put("key", shown));
        var receipt = HeaderNames.create("plumb-receipt");
        if (response.headers().contains(receipt)) {
            fields.put("receipt", response.headers().get(receipt).get());
        }
        return fields;
    }

    /// The path, where it is one of a few; else what kind of path it is.
    static String endpoint(String path) {
        return switch (path) {
            case "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages",
                    "/v1/messages/count_tokens", "/v1/models", "/v1/receipts", "/v1/key", "/v1/hand-overs",
                    "/v1/embeddings", "/api/chat", "/api/generate", "/api/tags", "/api/show", "/api/ps",
                    "/api/version", "/api/embed", "/checkpoint", "/metrics", "/v2/health/live", "/v2/health/ready",
                    "/", Admin.PUBLISH, AdminKeys.KEYS, AdminKeys.REVOKE -> path;
            default -> path.startsWith("/tile/") ? "/tile" : path.startsWith("/v1/receipts/") ? "/v1/receipts/ID"
                    : path.startsWith("/v1/models/") ? "/v1/models/NAME" : path.startsWith("/v1/heads/") ? "/v1/heads"
                    : path.startsWith("/logs/") ? "/logs" : Page.has(path) ? "/" : "other";
        };
    }
}
