package plumbline.sdk;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
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

    private static final Duration READ = Duration.ofSeconds(10);
    private static final Duration HEAD = Duration.ofSeconds(120);
    private static final ContentType JSON_TYPE = ContentType.create("application/json");
    private static final int KEY_BYTES_MAX = 4096;
    private static final int JSON_BYTES_MAX = 8 << 20;
    private static final int MODELS_MAX = 10_000;
    private static final int MESSAGE_CHARS_MAX = 500;

    /// What to do where a node lets nobody in without a key.
    public static final String NEEDS_KEY = "Ask the node's owner for an API key (plumb apikey create). Put it into"
            + " PLUMB_API_KEY, or for several nodes into plumb.keys in the data folder, as a line \"URL KEY\".";

    private final NodeAddress address;
    private final Optional<AccessKey> key;
    private final Connections connections;

    NodeClient(NodeAddress address, Optional<AccessKey> key, Connections connections) {
        this.address = address;
        this.key = key;
        this.connections = connections;
    }

    /// A client of one node, with connections of its own.
    ///
    /// @param key the API key that the node is shown
    public static NodeClient of(NodeAddress address, Optional<AccessKey> key) {
        return new NodeClient(address, key, new Connections());
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
        HttpPost request = with(new HttpPost(address.at(endpoint)));
        request.setEntity(new ByteArrayEntity(body, JSON_TYPE));
        return new NodeStream(this, connections, request);
    }

    private <R extends HttpUriRequestBase> R with(R request) {
        request.setHeader(CHECKS, "1");
        key.ifPresent(shown -> request.setHeader(HttpHeaders.AUTHORIZATION, shown.authorization()));
        return request;
    }

    private byte[] get(String path, int bytesMax, Duration within, Optional<Secret> secret)
            throws NodeFailedException {
        HttpGet request = with(new HttpGet(address.at(path)));
        secret.ifPresent(value -> request.setHeader("plumb-receipt-secret", value.hex()));
        // Of the whole exchange: a node may send a body a byte a minute.
        AtomicBoolean isLate = new AtomicBoolean();
        Future<?> deadline = connections.after(within, () -> {
            isLate.set(true);
            request.cancel();
        });
        try (ClassicHttpResponse response = connections.open(request)) {
            byte[] bytes = Connections.body(response).readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                request.cancel();
                throw failed(Kind.FAILED, "sent more than " + bytesMax + " bytes for " + path);
            }
            if (response.getCode() != 200) {
                throw failed(kind(response.getCode()), "refused " + path + " with status "
                        + response.getCode() + ": " + message(bytes));
            }
            return bytes;
        } catch (IOException | RuntimeException e) {
            if (isLate.get()) {
                throw failed(Kind.SILENT, "didn't send all of " + path + " within " + within.toMillis() + " ms");
            }
            throw e instanceof IOException io ? broken(io) : failed(Kind.FAILED, "couldn't be asked: " + e);
        } finally {
            deadline.cancel(false);
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
        String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return switch (e) {
            case ConnectException _, ConnectTimeoutException _ -> failed(Kind.UNREACHABLE, "can't be reached: " + why);
            case UnknownHostException _ -> failed(Kind.UNREACHABLE, "can't be reached: no such host");
            default -> failed(Kind.UNREACHABLE, "broke the connection: " + why);
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
