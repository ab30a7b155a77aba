package plumbline.sdk;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import plumbline.sdk.NodeFailedException.Kind;
import plumbline.verify.MalformedException;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// One node's answer while it comes: its signs of life, each token, its end. Whatever a node may send ends in a sign;
/// after [Sign.Ended] or [Sign.Broken] none comes any more.
final class NodeStream implements AutoCloseable {

    /// What came.
    sealed interface Sign {
        /// The node has taken the request; the receipt will have this id and secret.
        record Begun(ReceiptId id, Secret secret) implements Sign {}

        /// Tokens that the node says it drew, in their order.
        record Tokens(int[] ids) implements Sign {}

        /// Something that says nothing, but that the node is there.
        record Alive() implements Sign {}

        /// The stream ended as a stream should: the receipt is said to be in the log.
        ///
        /// @param kernel    what computed it; empty if the node doesn't say
        /// @param prefillMs from the request to the first token, by the node; 0 if it doesn't say
        record Ended(String kernel, long prefillMs, long decodeMs) implements Sign {}

        /// It ended otherwise.
        record Broken(PlumblineException why) implements Sign {}
    }

    private static final int LINE_BYTES_MAX = 1 << 20;
    private static final long STREAM_BYTES_MAX = 256L << 20;
    private static final int ERROR_BYTES_MAX = 64 << 10;
    private static final int TOKENS_MAX = 4096;
    private static final String DATA = "data:";
    private static final long ALIVE_EACH_NANOS = 50_000_000L;

    private final NodeClient node;
    private final HttpClient http;
    private final HttpRequest request;
    private final long openedNanos = System.nanoTime();
    private BiConsumer<NodeStream, Sign> signs = (_, _) -> { };
    private volatile CompletableFuture<HttpResponse<InputStream>> response;
    private volatile InputStream body = InputStream.nullInputStream();
    private volatile boolean closed;
    private long aliveNanos = openedNanos - ALIVE_EACH_NANOS;
    private Sign.Ended end = new Sign.Ended("", 0, 0);

    private NodeStream(NodeClient node, HttpClient http, HttpRequest request) {
        this.node = node;
        this.http = http;
        this.request = request;
    }

    static NodeStream start(NodeClient node, HttpClient http, HttpRequest request) {
        return new NodeStream(node, http, request);
    }

    /// Begins to read; `signs` is called on a thread of this stream.
    void follow(BiConsumer<NodeStream, Sign> listener) {
        signs = listener;
        response = http.sendAsync(request, BodyHandlers.ofInputStream());
        Thread.ofVirtual().name("answer of " + node.address().shown()).start(this::read);
    }

    NodeClient node() {
        return node;
    }

    long openedNanos() {
        return openedNanos;
    }

    private void read() {
        try {
            HttpResponse<InputStream> head = response.get();
            body = head.body();
            if (closed) {
                body.close();
                return;
            }
            if (head.statusCode() == 200) {
                begun(head);
                lines();
            } else {
                refused(head);
            }
        } catch (ExecutionException e) {
            broken(e.getCause() instanceof IOException io ? node.broken(io)
                    : node.failed(Kind.FAILED, "couldn't be asked: " + e.getCause()));
        } catch (IOException e) {
            broken(node.broken(e));
        } catch (PlumblineException e) {
            broken(e);
        } catch (JacksonException e) {
            broken(node.failed(Kind.FAILED, "sent a chunk that is no JSON"));
        } catch (InterruptedException e) {
            broken(node.failed(Kind.SILENT, "was no longer waited for"));
        } catch (RuntimeException e) {
            broken(closed ? node.failed(Kind.SILENT, "was no longer waited for")
                    : node.failed(Kind.FAILED, "can't be followed: " + e));
        } finally {
            close();
        }
    }

    private void broken(PlumblineException why) {
        if (!closed) {
            signs.accept(this, new Sign.Broken(why));
        }
    }

    private void begun(HttpResponse<InputStream> head) throws NodeFailedException {
        try {
            ReceiptId id = ReceiptId.parse(head.headers().firstValue("plumb-receipt").orElse(""));
            Secret secret = Secret.parseHex(head.headers().firstValue("plumb-receipt-secret").orElse(""));
            signs.accept(this, new Sign.Begun(id, secret));
        } catch (MalformedException e) {
            throw node.failed(Kind.FAILED, "names no receipt for its answer: " + e.getMessage());
        }
    }

    private void refused(HttpResponse<InputStream> head) throws IOException, PlumblineException {
        byte[] bytes = body.readNBytes(ERROR_BYTES_MAX);
        int status = head.statusCode();
        String code = "";
        String param = "";
        try {
            JsonNode error = NodeClient.JSON.readTree(bytes).path("error");
            code = node.shown(error.path("code").asString(""));
            param = node.shown(error.path("param").asString(""));
        } catch (JacksonException e) {
            // What isn't an error of the API is one all the same.
        }
        throw refusal(status, code, param, node.message(bytes));
    }

    private PlumblineException refusal(int status, String code, String param, String message) {
        if (code.equals("prefix_differs")) {
            return node.failed(Kind.DISPUTES, "says: " + message);
        }
        boolean isOfTheRequest = status == 400 || status == 413 || status == 415 || status == 422;
        return isOfTheRequest
                ? new RefusedException(status, param, code, message)
                : node.failed(NodeClient.kind(status), "refused with status " + status + ": " + message);
    }

    private void lines() throws IOException, PlumblineException {
        byte[] line = new byte[1024];
        byte[] buffer = new byte[8192];
        int length = 0;
        long total = 0;
        for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
            total += count;
            for (int i = 0; i < count; i++) {
                if (buffer[i] == '\n') {
                    if (line(new String(line, 0, length, StandardCharsets.UTF_8))) {
                        return;
                    }
                    length = 0;
                } else {
                    if (length == line.length) {
                        line = Arrays.copyOf(line, length * 2);
                    }
                    line[length++] = buffer[i];
                }
            }
            if (length > LINE_BYTES_MAX || total > STREAM_BYTES_MAX) {
                throw node.failed(Kind.FAILED, "sent a line of " + length + " bytes in a stream of " + total
                        + ", more than an answer can have");
            }
        }
        throw node.failed(Kind.UNREACHABLE, "broke off in the middle of the answer");
    }

    /// True when that was the last line.
    private boolean line(String line) throws PlumblineException {
        if (line.startsWith(":")) {
            alive();
        }
        if (!line.startsWith(DATA)) {
            return false;
        }
        String data = line.substring(DATA.length()).strip();
        if (data.equals("[DONE]")) {
            signs.accept(this, end);
            return true;
        }
        JsonNode chunk = NodeClient.JSON.readTree(data);
        if (chunk.has("error")) {
            JsonNode error = chunk.path("error");
            throw refusal(500, error.path("code").asString(""), "", node.shown(error.path("message").asString("")));
        }
        if (chunk.has("receipt") && chunk.path("choices").size() > 0) {
            JsonNode timings = chunk.path("timings");
            end = new Sign.Ended(chunk.path("kernel").asString(""), timings.path("prefill_ms").asLong(0),
                    timings.path("decode_ms").asLong(0));
        }
        int[] ids = tokens(chunk.path("choices").path(0).path("plumbline").path("tokens"));
        if (ids.length > 0) {
            signs.accept(this, new Sign.Tokens(ids));
        } else {
            alive();
        }
        return false;
    }

    /// Not each of them: a node that sends nothing but these must not fill the memory.
    private void alive() {
        long now = System.nanoTime();
        if (now - aliveNanos > ALIVE_EACH_NANOS) {
            aliveNanos = now;
            signs.accept(this, new Sign.Alive());
        }
    }

    private int[] tokens(JsonNode list) throws NodeFailedException {
        int[] ids = new int[Math.min(list.size(), TOKENS_MAX)];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = list.get(i).asInt(-1);
            if (ids[i] < 0) {
                throw node.failed(Kind.FAILED, "sent a token that is no id");
            }
        }
        return ids;
    }

    /// Ends the connection; the node notices and ends its answer. No sign comes any more.
    @Override
    public void close() {
        closed = true;
        if (response != null) {
            response.cancel(true);
        }
        try {
            body.close();
        } catch (IOException e) {
            // It was given up anyway.
        }
    }
}
