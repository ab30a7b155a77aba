package plumbline.sdk;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import plumbline.sdk.NodeFailedException.Kind;
import plumbline.verify.Bundle;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelHead;
import plumbline.verify.ModelId;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;
import plumbline.verify.VerifierKey;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A node's HTTP API. What it says is only bytes here: who uses them checks them. Source: spec/api.md.
public final class NodeClient {

    /// The header that says that the caller checks answers itself: it needs a node, not a proxy (F36).
    public static final String CHECKS = "plumb-checks";

    static final JsonMapper JSON = JsonMapper.builder().build();

    private static final Duration CONNECT = Duration.ofSeconds(1);
    private static final Duration READ = Duration.ofSeconds(10);
    private static final Duration HEAD = Duration.ofSeconds(120);
    private static final int KEY_BYTES_MAX = 4096;
    private static final int JSON_BYTES_MAX = 8 << 20;
    private static final int MODELS_MAX = 10_000;
    private static final int MESSAGE_CHARS_MAX = 500;

    /// What to do where a node lets nobody in without a key.
    public static final String NEEDS_KEY = "Ask the node's owner for an API key (plumb apikey create). Put it into"
            + " PLUMB_API_KEY, or for several nodes into plumb.keys in the data folder, as a line \"URL KEY\".";

    private final NodeAddress address;
    private final Optional<AccessKey> key;
    private final HttpClient http;

    NodeClient(NodeAddress address, Optional<AccessKey> key, HttpClient http) {
        this.address = address;
        this.key = key;
        this.http = http;
    }

    /// A client of one node, with connections of its own.
    ///
    /// @param key the API key that the node is shown
    public static NodeClient of(NodeAddress address, Optional<AccessKey> key) {
        return new NodeClient(address, key, newHttp());
    }

    static HttpClient newHttp() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    /// Where the node is.
    public NodeAddress address() {
        return address;
    }

    /// The node's verifier key, as it says.
    public VerifierKey key() throws NodeFailedException {
        byte[] text = get("/v1/key", KEY_BYTES_MAX, READ, Optional.empty());
        try {
            return VerifierKey.parse(new String(text, StandardCharsets.UTF_8).strip());
        } catch (MalformedException e) {
            throw failed(Kind.FAILED, "states no key: " + e.getMessage());
        }
    }

    /// Its models.
    public List<NodeModel> models() throws NodeFailedException {
        JsonNode list = json(get("/v1/models", JSON_BYTES_MAX, READ, Optional.empty()));
        List<NodeModel> models = new ArrayList<>();
        for (JsonNode model : list.path("data")) {
            models.add(model(model));
            if (models.size() > MODELS_MAX) {
                throw failed(Kind.FAILED, "lists more than " + MODELS_MAX + " models");
            }
        }
        return models;
    }

    /// The model of a name or id.
    public NodeModel model(String name) throws NodeFailedException {
        String path = "/v1/models/" + URLEncoder.encode(name, StandardCharsets.UTF_8);
        return model(json(get(path, JSON_BYTES_MAX, READ, Optional.empty())));
    }

    private NodeModel model(JsonNode json) throws NodeFailedException {
        try {
            return new NodeModel(json.path("id").asString(""), ModelId.parse(json.path("model_id").asString("")),
                    Digest.parseHex(json.path("weights_root").asString("")), json.path("size_bytes").asLong(0));
        } catch (MalformedException e) {
            throw failed(Kind.FAILED, "lists a model that is none: " + e.getMessage());
        }
    }

    /// The head of a model's file, its proof checked under the root that it states.
    public ModelHead head(ModelId id) throws NodeFailedException {
        byte[] bytes = get("/v1/heads/" + id, ModelHead.BYTES_MAX, HEAD, Optional.empty());
        try {
            return ModelHead.parse(bytes);
        } catch (MalformedException e) {
            throw failed(Kind.LIED, "sent a model's head that doesn't hold: " + e.getMessage());
        }
    }

    /// A receipt's bundle.
    public byte[] bundle(ReceiptId id, Secret secret) throws NodeFailedException {
        return get("/v1/receipts/" + id.hex(), Bundle.BYTES_MAX, READ, Optional.of(secret));
    }

    /// What lies at a path; nothing where the node says that nothing does.
    Optional<byte[]> find(String path, int bytesMax) throws IOException {
        try {
            return Optional.of(get(path, bytesMax, READ, Optional.empty()));
        } catch (NodeFailedException e) {
            if (e.kind() == Kind.LACKING) {
                return Optional.empty();
            }
            throw new IOException(e.getMessage(), e);
        }
    }

    /// Whether the node answers at all within the time.
    boolean isAlive(Duration within) {
        try {
            get("/v2/health/live", KEY_BYTES_MAX, within, Optional.empty());
            return true;
        } catch (NodeFailedException e) {
            return e.kind() == Kind.BUSY || e.kind() == Kind.LACKING;
        }
    }

    /// Asks for an answer; what comes is read on a thread of its own.
    NodeStream open(String endpoint, byte[] body) {
        HttpRequest request = to(endpoint)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        return NodeStream.start(this, http, request);
    }

    private HttpRequest.Builder to(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.at(path)).header(CHECKS, "1");
        key.ifPresent(shown -> request.header("Authorization", shown.authorization()));
        return request;
    }

    private byte[] get(String path, int bytesMax, Duration within, Optional<Secret> secret)
            throws NodeFailedException {
        HttpRequest.Builder request = to(path).timeout(within).GET();
        secret.ifPresent(value -> request.header("plumb-receipt-secret", value.hex()));
        // The client's own time-out ends with the headers; a node may send a body a byte a minute.
        CompletableFuture<HttpResponse<byte[]>> asked = http.sendAsync(
                request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), bytesMax + 1L));
        try {
            HttpResponse<byte[]> response = asked.get(within.toMillis(), TimeUnit.MILLISECONDS);
            byte[] bytes = response.body();
            if (bytes.length > bytesMax) {
                throw failed(Kind.FAILED, "sent more than " + bytesMax + " bytes for " + path);
            }
            if (response.statusCode() != 200) {
                throw failed(kind(response.statusCode()), "refused " + path + " with status "
                        + response.statusCode() + ": " + message(bytes));
            }
            return bytes;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? broken(io)
                    : failed(Kind.FAILED, "couldn't be asked: " + e.getCause());
        } catch (TimeoutException e) {
            throw failed(Kind.SILENT, "didn't send all of " + path + " within " + within.toMillis() + " ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(Kind.SILENT, "was no longer waited for");
        } finally {
            asked.cancel(true);
        }
    }

    static Kind kind(int status) {
        return switch (status) {
            case 404, 405, 409 -> Kind.LACKING;
            case 429, 503 -> Kind.BUSY;
            case 401, 403 -> Kind.CLOSED;
            default -> Kind.FAILED;
        };
    }

    NodeFailedException failed(Kind kind, String what) {
        return new NodeFailedException(kind, "the node at " + address.shown() + " " + hidden(what),
                kind == Kind.CLOSED ? NEEDS_KEY : "");
    }

    /// What the node said, without the key that it was shown.
    private String hidden(String said) {
        return key.map(shown -> shown.hiddenIn(said)).orElse(said);
    }

    NodeFailedException broken(IOException e) {
        return switch (e) {
            case ConnectException _, HttpConnectTimeoutException _ -> failed(Kind.UNREACHABLE, "can't be reached"
                    + (e.getMessage() == null ? "" : ": " + e.getMessage()));
            case HttpTimeoutException _ -> failed(Kind.SILENT, "doesn't answer");
            default -> failed(Kind.UNREACHABLE, "broke the connection: "
                    + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
        };
    }

    private JsonNode json(byte[] bytes) throws NodeFailedException {
        try {
            return JSON.readTree(bytes);
        } catch (JacksonException e) {
            throw failed(Kind.FAILED, "sent no JSON: " + e.getOriginalMessage());
        }
    }

    /// The sentence in an error's body, or the beginning of the body; nothing in it can steer a terminal.
    String message(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8);
        String said;
        try {
            said = JSON.readTree(text).path("error").path("message").asString(text);
        } catch (JacksonException e) {
            said = text;
        }
        return shown(said);
    }

    /// What a node says, as it may be passed on.
    String shown(String said) {
        String hidden = hidden(said);
        return hidden.substring(0, Math.min(MESSAGE_CHARS_MAX, hidden.length()))
                .replaceAll("[\\p{Cntrl}\\p{Cf}]", " ");
    }
}
