package plumbline.sdk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
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
    /// After the end, until the connection is free for the next answer.
    private static final int REST_BYTES_MAX = 1 << 10;
    private static final Duration REST = Duration.ofSeconds(2);
    private static final int READ_BYTES = 4 << 10;
    private static final String BROKE_OFF = "broke off in the middle of the answer";
    private static final int TOKENS_MAX = 4096;
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};
    private static final String DONE = "[DONE]";
    private static final int DONE_LINE_BYTES_MAX = 32;
    private static final long ALIVE_EACH_NANOS = 50_000_000L;

    private final NodeClient node;
    private final Connections connections;
    private final HttpPost request;
    private final long openedNanos = System.nanoTime();
    private BiConsumer<NodeStream, Sign> signs = (_, _) -> { };
    private volatile boolean closed;
    private volatile boolean ended;
    private volatile boolean hasBegun;
    private long aliveNanos = openedNanos - ALIVE_EACH_NANOS;
    private Sign.Ended end = new Sign.Ended("", 0, 0);
    private int status;
    private byte[] line = new byte[1024];
    private int length;
    private long total;
    private int rest;
    private Optional<Future<?>> lateRest = Optional.empty();

    NodeStream(NodeClient node, Connections connections, HttpPost request) {
        this.node = node;
        this.connections = connections;
        this.request = request;
    }

    /// Begins to read; `signs` is called on the thread that reads: each hand-over between threads would be paid for
    /// by every token.
    void follow(BiConsumer<NodeStream, Sign> listener) {
        signs = listener;
        connections.read(this::read);
    }

    private void read() {
        try (ClassicHttpResponse response = connections.open(request)) {
            status = response.getCode();
            if (status == 200) {
                begun(response);
            }
            InputStream body = Connections.body(response);
            byte[] bytes = new byte[READ_BYTES];
            for (int n = body.read(bytes); n >= 0; n = body.read(bytes)) {
                total += n;
                for (int i = 0; i < n; i++) {
                    take(bytes[i]);
                }
                if (total > STREAM_BYTES_MAX) {
                    throw tooMuch();
                }
            }
            if (!ended) {
                broken(status == 200 ? node.failed(Kind.UNREACHABLE, BROKE_OFF)
                        : refused(status, Arrays.copyOf(line, length)));
            }
        } catch (PlumblineException | IOException | RuntimeException e) {
            request.cancel();
            broken(cause(e));
        } finally {
            lateRest.ifPresent(late -> late.cancel(false));
        }
    }

    private void take(byte next) throws PlumblineException {
        if (ended) {
            if (++rest > REST_BYTES_MAX) {
                throw tooMuch();
            }
        } else if (next == '\n' && status == 200) {
            line(line, length);
            length = 0;
        } else {
            if (length == (status == 200 ? LINE_BYTES_MAX : ERROR_BYTES_MAX)) {
                throw status == 200 ? tooMuch() : refused(status, line);
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, length * 2);
            }
            line[length++] = next;
        }
    }

    private PlumblineException tooMuch() {
        return node.failed(Kind.FAILED, "sent a line of " + length + " bytes in a stream of " + total
                + ", more than an answer can have");
    }

    NodeClient node() {
        return node;
    }

    long openedNanos() {
        return openedNanos;
    }

    private PlumblineException cause(Exception why) {
        return switch (why) {
            case IOException _ when hasBegun -> node.failed(Kind.UNREACHABLE, BROKE_OFF);
            case IOException io -> node.broken(io);
            case PlumblineException known -> known;
            case JacksonException _ -> node.failed(Kind.FAILED, "sent a chunk that is no JSON");
            default -> node.failed(Kind.FAILED, "can't be followed: " + why);
        };
    }

    /// What can't be an answer; nothing more is said of this stream.
    private void broken(PlumblineException why) {
        if (!closed && !ended) {
            ended = true;
            signs.accept(this, new Sign.Broken(why));
        }
    }

    private void begun(ClassicHttpResponse response) throws NodeFailedException {
        try {
            ReceiptId id = ReceiptId.parse(header(response, "plumb-receipt"));
            Secret secret = Secret.parseHex(header(response, "plumb-receipt-secret"));
            hasBegun = true;
            signs.accept(this, new Sign.Begun(id, secret));
        } catch (MalformedException e) {
            throw node.failed(Kind.FAILED, "names no receipt for its answer: " + e.getMessage());
        }
    }

    private static String header(ClassicHttpResponse response, String name) {
        Header header = response.getFirstHeader(name);
        return header == null || header.getValue() == null ? "" : header.getValue();
    }

    private PlumblineException refused(int status, byte[] bytes) {
        String code = "";
        String param = "";
        try {
            JsonNode error = NodeClient.JSON.readTree(bytes).path("error");
            code = node.shown(error.path("code").asString(""));
            param = node.shown(error.path("param").asString(""));
        } catch (JacksonException e) {
            // What isn't an error of the API is one all the same.
        }
        return refusal(status, code, param, node.message(bytes));
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

    private void line(byte[] bytes, int length) throws PlumblineException {
        if (length > 0 && bytes[0] == ':') {
            alive();
        }
        if (length < DATA.length || !Arrays.equals(bytes, 0, DATA.length, DATA, 0, DATA.length)) {
            return;
        }
        if (length < DONE_LINE_BYTES_MAX && new String(bytes, DATA.length, length - DATA.length,
                StandardCharsets.ISO_8859_1).strip().equals(DONE)) {
            ended = true;
            // The connection is free for the next answer when the body has ended too, which must be soon.
            lateRest = Optional.of(connections.after(REST, request::cancel));
            signs.accept(this, end);
            return;
        }
        Optional<int[]> drawn = TokenChunk.read(bytes, DATA.length, length - DATA.length, TOKENS_MAX);
        if (drawn.isPresent()) {
            tokens(drawn.get());
        } else {
            whole(NodeClient.JSON.readTree(bytes, DATA.length, length - DATA.length));
        }
    }

    private void whole(JsonNode chunk) throws PlumblineException {
        if (chunk.has("error")) {
            JsonNode error = chunk.path("error");
            throw refusal(500, error.path("code").asString(""), "", node.shown(error.path("message").asString("")));
        }
        if (chunk.has("receipt") && chunk.path("choices").size() > 0) {
            JsonNode timings = chunk.path("timings");
            end = new Sign.Ended(chunk.path("kernel").asString(""), timings.path("prefill_ms").asLong(0),
                    timings.path("decode_ms").asLong(0));
        }
        tokens(ids(chunk.path("choices").path(0).path("plumbline").path("tokens")));
    }

    private void tokens(int[] ids) {
        if (ids.length > 0) {
            signs.accept(this, new Sign.Tokens(ids));
        } else {
            alive();
        }
    }

    /// Not each of them: a node that sends nothing but these must not fill the memory.
    private void alive() {
        long now = System.nanoTime();
        if (now - aliveNanos > ALIVE_EACH_NANOS) {
            aliveNanos = now;
            signs.accept(this, new Sign.Alive());
        }
    }

    private int[] ids(JsonNode list) throws NodeFailedException {
        int[] ids = new int[Math.min(list.size(), TOKENS_MAX)];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = list.get(i).asInt(-1);
            if (ids[i] < 0) {
                throw node.failed(Kind.FAILED, "sent a token that is no id");
            }
        }
        return ids;
    }

    /// Ends the connection where the answer hasn't ended; the node notices and ends it. No sign comes any more.
    @Override
    public void close() {
        closed = true;
        if (!ended) {
            request.cancel();
        }
    }
}
