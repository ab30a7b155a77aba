package plumbline.node;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.ModelException;
import plumbline.engine.TokenListener;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.node.api.Json;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;
import plumbline.verify.Receipt;
import plumbline.verify.TokenIds;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Answers of another server. Their receipts say so, and claim nothing that could be checked by computing again.
/// Source: spec/upstream.md.
final class UpstreamModel implements ModelHandle {

    private static final int CONNECT_MILLIS = 5_000;
    private static final int ERROR_BYTES_MAX = 64 << 10;
    private static final int ERROR_CHARACTERS_MAX = 200;
    private static final long LOOK_MILLIS = 50;
    private static final Digest NOTHING = Digest.of(new byte[Digest.BYTES]);

    private final StoredModel stored;
    private final Upstream upstream;
    private final int silenceMillis;

    /// @param silenceMillis how long nothing may come
    UpstreamModel(StoredModel stored, int silenceMillis) throws IOException, ModelException {
        this.stored = stored;
        this.silenceMillis = silenceMillis;
        try {
            upstream = Upstream.read(stored.file());
        } catch (MalformedException e) {
            throw new ModelException("it is no description of an upstream: " + e.getMessage(), e);
        }
    }

    @Override
    public ModelId id() {
        return stored.id();
    }

    @Override
    public Digest weightsRoot() {
        return stored.weightsRoot();
    }

    @Override
    public String arithmetic() {
        return Receipt.UPSTREAM;
    }

    @Override
    public String kernel() {
        return "upstream";
    }

    @Override
    public int contextLength() {
        return Receipt.COUNT_MAX;
    }

    /// Nobody here knows its tokens: one id stands for all of them.
    @Override
    public TokenIds prompt(Input input) {
        return TokenIds.of(0);
    }

    @Override
    public Optional<TokenRestriction> restriction(AnswerOptions options, int tokensMax) throws RequestException {
        String field = options.choices() > 1 ? "n" : options.topLogprobs().isPresent() ? "logprobs"
                : !options.tools().isEmpty() ? "tools" : options.tokens() ? "plumbline.tokens" : "";
        if (!field.isEmpty()) {
            throw refusal(field);
        }
        return Optional.empty();
    }

    private static RequestException refusal(String field) {
        return new RequestException(400, field, "`" + field + "` can't be had of a model that another server has:"
                + " leave it out, or ask a model of this node");
    }

    @Override
    public Answer generate(GenerationJob job, TokenListener listener) {
        throw new IllegalStateException("an upstream needs the request itself");
    }

    @Override
    public Answer answer(Asked asked, GenerationJob job, TokenListener listener)
            throws RequestException, NodeException {
        if (asked.request().relay().prefix().isPresent()) {
            throw refusal("plumbline.continue");
        }
        if (asked.request().relay().choice() > 0) {
            throw refusal("plumbline.choice");
        }
        long startNanos = System.nanoTime();
        UpstreamText text = new UpstreamText(job.maxTokens(), listener);
        HttpURLConnection connection = open(asked);
        Watch watch = new Watch(connection, listener);
        try {
            connection.getOutputStream().write(body(asked, job.maxTokens()));
            int status = connection.getResponseCode();
            if (status != 200) {
                throw refused(status, connection);
            }
            String type = String.valueOf(connection.getContentType());
            if (!type.startsWith("text/event-stream")) {
                throw UpstreamText.failed("it sent no stream of events, but " + shown(type));
            }
            try (InputStream in = connection.getInputStream()) {
                text.read(in);
            }
        } catch (IOException e) {
            if (watch.unwanted) {
                text.cancel();
            } else {
                throw broken(e);
            }
        } finally {
            watch.over = true;
            connection.disconnect();
        }
        if (text.isEmpty() && watch.unwanted) {
            throw new CancellationException("cancelled before the first token");
        }
        return new Answer(job.prompt(), text.output(), text.text(), text.stop(), NOTHING,
                new Answer.Timings(text.firstNanos(startNanos), System.nanoTime() - startNanos));
    }

    private HttpURLConnection open(Asked asked) throws RequestException {
        String path = asked.request().endpoint().equals(InferenceRequest.CHAT) ? "/chat/completions" : "/completions";
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(upstream.url() + path).toURL().openConnection();
            connection.setConnectTimeout(CONNECT_MILLIS);
            connection.setReadTimeout(silenceMillis);
            connection.setInstanceFollowRedirects(false);
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setRequestProperty("Accept", "text/event-stream");
            upstream.keyVariable().map(System::getenv)
                    .ifPresent(key -> connection.setRequestProperty("Authorization", "Bearer " + key.strip()));
            return connection;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /// What the client sent, for the other server: its name of the model, always a stream, nothing that is ours.
    private byte[] body(Asked asked, int tokensMax) throws RequestException {
        try {
            if (!(Json.mapper().readTree(asked.body()) instanceof ObjectNode json)) {
                throw new IllegalStateException("the body was read before");
            }
            for (String ours : new String[] {"nonce", "plumbline", "max_completion_tokens", "n"}) {
                json.remove(ours);
            }
            json.put("model", upstream.model()).put("stream", true).put("max_tokens", tokensMax);
            json.remove("stream_options");
            return Json.bytes(json);
        } catch (JacksonException e) {
            throw new RequestException(400, "", "the body can't be passed on");
        }
    }

    private static RequestException refused(int status, HttpURLConnection connection) throws IOException {
        InputStream in = connection.getErrorStream();
        byte[] bytes = in == null ? new byte[0] : in.readNBytes(ERROR_BYTES_MAX);
        String said = new String(bytes, StandardCharsets.UTF_8);
        try {
            JsonNode message = Json.mapper().readTree(bytes).path("error").path("message");
            said = message.asString(said);
        } catch (JacksonException e) {
            // Shown as it is.
        }
        String detail = "the upstream server refused with status " + status + ": " + shown(said);
        return switch (status) {
            case 400, 422 -> new RequestException(400, "", "upstream_refused", detail);
            case 429, 503 -> new RequestException(503, "", "upstream_busy", detail);
            default -> new RequestException(502, "", "upstream_failed", detail);
        };
    }

    private static RequestException broken(IOException e) {
        return e instanceof SocketTimeoutException
                ? new RequestException(
                        504, "", "upstream_timeout", "the upstream server takes too long: ask again later")
                : UpstreamText.failed("the connection to it broke (" + e.getClass().getSimpleName() + ")");
    }

    private static String shown(String text) {
        return text.substring(0, Math.min(ERROR_CHARACTERS_MAX, text.length())).replaceAll("[^ -~]", "?");
    }

    @Override
    public void close() {}

    /// Hangs up when nobody wants the answer any more, also while nothing comes.
    private static final class Watch {
        private volatile boolean over;
        private volatile boolean unwanted;

        Watch(HttpURLConnection connection, TokenListener listener) {
            Thread.ofVirtual().name("upstream").start(() -> {
                while (!over) {
                    if (!listener.wanted()) {
                        unwanted = true;
                        connection.disconnect();
                        return;
                    }
                    try {
                        Thread.sleep(LOOK_MILLIS);
                    } catch (InterruptedException e) {
                        return;
                    }
                }
            });
        }
    }
}
