package plumbline.node;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.verify.Receipt;
import tools.jackson.databind.node.ObjectNode;

/// The two endpoints that answer: `/v1/chat/completions` and `/v1/completions`, whole or streamed.
///
/// The receipt's id and secret are in the headers before the first token; the last chunk goes out
/// when the receipt is durable. Source: spec/api.md A20-A26.
final class Completions {

    private static final System.Logger LOG = System.getLogger(Completions.class.getName());
    private static final String STOPPING = "the node is shutting down: ask again when it's back";
    private static final long FOREVER_MILLIS = Long.MAX_VALUE / 2;
    // A comment in the stream keeps proxies from giving up, and finds out whether the caller is there.
    private static final long HEARTBEAT_MILLIS = 5_000;

    private final Node node;
    private final Turns turns;
    private final RequestDefaults defaults;
    private final InstantSource clock;

    // The generation under way, for stop(); set by the handler that has the turn.
    private volatile Optional<Generation> current = Optional.empty();
    private volatile boolean stopping;

    Completions(Node node, Turns turns, RequestDefaults defaults, InstantSource clock) {
        this.node = node;
        this.turns = turns;
        this.defaults = defaults;
        this.clock = clock;
    }

    /// Empty if the answer was streamed.
    Optional<Reply> answer(String endpoint, byte[] body, ServerResponse response)
            throws RequestException, NonceReusedException, NodeException {
        InferenceRequest request = InferenceRequest.parse(endpoint, body, defaults);
        long created = clock.instant().getEpochSecond();
        try (var _ = turns.take()) {
            Generation generation = new Generation(node, request, body);
            // In this order: stop() sets and looks the other way round, so one of the two notices.
            current = Optional.of(generation);
            if (stopping) {
                throw new NodeException(STOPPING);
            }
            generation.start();
            try {
                Generation.Started started = started(generation);
                ApiJson.Shape shape = new ApiJson.Shape(request, started.id().hex(),
                        started.model() + "+" + Receipt.ARITHMETIC, created);
                if (!request.stream()) {
                    return Optional.of(whole(generation, shape, started));
                }
                stream(generation, shape, started, response);
                return Optional.empty();
            } finally {
                // The turn ends when the model is free, not when the caller has gone.
                generation.cancel();
                generation.join();
                current = Optional.empty();
            }
        }
    }

    /// Ends what runs; what waits is refused.
    void stop() {
        stopping = true;
        current.ifPresent(Generation::cancel);
    }

    private static Generation.Started started(Generation generation)
            throws RequestException, NonceReusedException, NodeException {
        Generation.Event event = generation.next(FOREVER_MILLIS).orElseThrow(
                () -> new NodeException(STOPPING));
        return switch (event) {
            case Generation.Started started -> started;
            case Generation.Failed(Exception why) -> throw thrown(why);
            case Generation.Piece _, Generation.Finished _ ->
                    throw new IllegalStateException("event before the start: " + event);
        };
    }

    private static Reply whole(
            Generation generation, ApiJson.Shape shape, Generation.Started started)
            throws RequestException, NonceReusedException, NodeException {
        while (true) {
            Generation.Event event = generation.next(FOREVER_MILLIS).orElseThrow(
                    () -> new NodeException(STOPPING));
            switch (event) {
                case Generation.Finished finished -> {
                    ObjectNode json = shape.whole(finished.stored());
                    finished.timed().ifPresent(
                            timed -> ApiJson.addTimings(json, timed.kernel(), timed.timings()));
                    return Reply.json(json)
                            .with("plumb-receipt", started.id().hex())
                            .with("plumb-nonce", started.nonce().value().hex())
                            .with("plumb-receipt-secret", started.secret().hex());
                }
                case Generation.Failed(Exception why) -> throw thrown(why);
                case Generation.Started _, Generation.Piece _ -> { }
            }
        }
    }

    private void stream(Generation generation, ApiJson.Shape shape, Generation.Started started,
            ServerResponse response) {
        response.status(200);
        response.header("Content-Type", "text/event-stream");
        response.header("Cache-Control", "no-cache");
        response.header("plumb-receipt", started.id().hex());
        response.header("plumb-nonce", started.nonce().value().hex());
        response.header("plumb-receipt-secret", started.secret().hex());
        try (OutputStream out = response.outputStream()) {
            if (shape.request().endpoint().equals(InferenceRequest.CHAT)) {
                send(out, shape.first());
            }
            while (event(generation, shape, out)) {
                // Until the last event.
            }
        } catch (IOException e) {
            // The generation is cancelled on the way out; its receipt is kept.
            throw new CloseConnectionException("the caller has gone", e);
        }
    }

    /// Sends what comes next; false when that was the last.
    private boolean event(Generation generation, ApiJson.Shape shape, OutputStream out)
            throws IOException {
        Optional<Generation.Event> event = generation.next(HEARTBEAT_MILLIS);
        if (event.isEmpty()) {
            send(out, ": still at it\n\n");
            return true;
        }
        switch (event.get()) {
            case Generation.Piece(String text) -> {
                send(out, shape.piece(text));
                return true;
            }
            case Generation.Finished finished -> {
                ObjectNode last = shape.last(finished.stored().receipt());
                finished.timed().ifPresent(
                        timed -> ApiJson.addTimings(last, timed.kernel(), timed.timings()));
                send(out, last);
                if (shape.request().includeUsage()) {
                    send(out, shape.usageChunk(finished.stored().receipt()));
                }
                send(out, "data: [DONE]\n\n");
            }
            case Generation.Failed(Exception why) -> {
                LOG.log(System.Logger.Level.ERROR, "an answer failed", why);
                send(out, ApiJson.error(500, Optional.empty(), Optional.of("node_failed"),
                        why instanceof NodeException ? why.getMessage() : "the node failed"));
            }
            case Generation.Started _ -> throw new IllegalStateException("started twice");
        }
        return false;
    }

    private static void send(OutputStream out, ObjectNode json) throws IOException {
        send(out, "data: " + json + "\n\n");
    }

    private static void send(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static NodeException thrown(Exception why)
            throws RequestException, NonceReusedException, NodeException {
        switch (why) {
            case RequestException e -> throw e;
            case NonceReusedException e -> throw e;
            case NodeException e -> throw e;
            default -> throw new IllegalStateException(why);
        }
    }
}
