package plumbline.node;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import plumbline.engine.TokenListener;
import plumbline.engine.request.RequestException;
import plumbline.node.api.Json;
import plumbline.verify.Receipt;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The stream of an upstream server, read as something hostile: bounded in every direction. Each piece of text counts
/// as a token, whatever it is there. Source: spec/upstream.md U5, U7.
final class UpstreamText {

    private static final int LINE_BYTES_MAX = 1 << 20;
    private static final long BYTES_MAX = 64L << 20;
    private static final String DATA = "data:";

    private final int piecesMax;
    private final TokenListener listener;
    private final StringBuilder text = new StringBuilder();
    private String held = ""; // the first half of a character
    private long bytes;
    private int pieces;
    private StopReason stop; // null before the end
    private long firstNanos;

    UpstreamText(int piecesMax, TokenListener listener) {
        this.piecesMax = piecesMax;
        this.listener = listener;
    }

    static RequestException failed(String what) {
        return new RequestException(502, "", "upstream_failed", "the upstream server failed: " + what);
    }

    /// Reads until the answer has ended.
    void read(InputStream source) throws IOException, RequestException {
        InputStream in = new BufferedInputStream(source);
        while (stop == null) {
            String line = line(in);
            if (line == null || line.equals("data: [DONE]")) {
                throw failed("its stream broke off before the answer's end");
            }
            if (line.startsWith(DATA)) {
                event(line.substring(DATA.length()));
            }
        }
    }

    private String line(InputStream in) throws IOException, RequestException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return null;
            }
            if (line.size() >= LINE_BYTES_MAX || ++bytes > BYTES_MAX) {
                throw failed("it sent more than an answer can have");
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8).stripTrailing();
    }

    private void event(String data) throws RequestException {
        JsonNode json;
        try {
            json = Json.mapper().readTree(data);
        } catch (JacksonException e) {
            throw failed("an event of its stream is no JSON");
        }
        if (json.has("error")) {
            throw failed("it broke the answer off with an error");
        }
        JsonNode choice = json.path("choices").path(0);
        JsonNode delta = choice.path("delta");
        if (delta.path("tool_calls").size() > 0) {
            throw failed("it called tools, though none were offered");
        }
        JsonNode said = choice.has("delta") ? delta.path("content") : choice.path("text");
        if (said.isString() && !said.asString().isEmpty()) {
            piece(said.asString());
        }
        JsonNode reason = choice.path("finish_reason");
        if (stop == null && reason.isString()) {
            end(reason.asString());
        }
    }

    private void piece(String more) throws RequestException {
        if (firstNanos == 0) {
            firstNanos = System.nanoTime();
        }
        String joined = held + more;
        boolean isHalf = Character.isHighSurrogate(joined.charAt(joined.length() - 1));
        held = isHalf ? joined.substring(joined.length() - 1) : "";
        show(isHalf ? joined.substring(0, joined.length() - 1) : joined);
        if (stop == null && pieces == piecesMax) {
            stop = StopReason.LENGTH; // whatever the other server would still say
        }
    }

    private void show(String piece) throws RequestException {
        // Half characters become question marks.
        String whole = new String(piece.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        text.append(whole);
        if (text.length() > Receipt.COUNT_MAX / 4) {
            throw failed("it sent more than an answer can have");
        }
        pieces++;
        if (!listener.token(0, whole)) {
            cancel();
        }
    }

    private void end(String reason) throws RequestException {
        if (!held.isEmpty()) {
            show(held);
        }
        stop = switch (reason) {
            case "stop", "content_filter" -> StopReason.END;
            case "length" -> StopReason.LENGTH;
            default -> throw failed("it ended the answer in a way that can't be passed on");
        };
        if (stop == StopReason.END && pieces < piecesMax) {
            pieces++; // for the token that ended it
        } else if (stop == StopReason.END) {
            stop = StopReason.LENGTH;
        }
    }

    /// Nobody wants the rest.
    void cancel() {
        stop = StopReason.CANCELLED;
    }

    boolean isEmpty() {
        return pieces == 0;
    }

    StopReason stop() {
        return stop;
    }

    String text() {
        return text.toString();
    }

    /// An id for each piece; they mean nothing.
    TokenIds output() {
        return TokenIds.of(new int[pieces]);
    }

    long firstNanos(long startNanos) {
        return firstNanos == 0 ? 0 : firstNanos - startNanos;
    }
}
