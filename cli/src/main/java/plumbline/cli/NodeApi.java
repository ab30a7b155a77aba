package plumbline.cli;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import plumbline.sdk.NodeClient;
import plumbline.verify.Bundle;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;
import plumbline.verify.Secret;
import plumbline.verify.VerifierKey;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The node's HTTP API, as far as commands use it. What a node says is checked like anything from
/// outside. Source: spec/api.md.
record NodeApi(NodeLink node) {
    static final JsonMapper JSON = JsonMapper.builder().build();

    private static final int READ_MILLIS = 30_000;
    private static final int FOREVER_MILLIS = 0;
    private static final int JSON_BYTES_MAX = 64 << 20;

    /// The node's verifier key.
    VerifierKey key() throws Failure {
        try {
            return VerifierKey.parse(Http.text(get("/v1/key", Map.of(), 4096)).strip());
        } catch (MalformedException e) {
            throw new Failure(
                    "the node at " + node.url() + " states no key: " + e.getMessage(), "");
        }
    }

    /// `{"data":[{"id":NAME,"model_id":...}]}`
    JsonNode models() throws Failure {
        return json(get("/v1/models", Map.of(), JSON_BYTES_MAX));
    }

    JsonNode receipts() throws Failure {
        return json(get("/v1/receipts", Map.of(), JSON_BYTES_MAX));
    }

    /// The id of a model that the node has; a failure if it has none of that name.
    ModelId modelId(String name) throws Failure {
        String path = "/v1/models/" + URLEncoder.encode(name, StandardCharsets.UTF_8);
        try {
            JsonNode model = json(get(path, Map.of(), JSON_BYTES_MAX));
            return ModelId.parse(model.path("model_id").asString(""));
        } catch (MalformedException e) {
            throw new Failure("the node at " + node.url() + ": " + e.getMessage(), "");
        }
    }

    /// A receipt's bundle.
    ///
    /// @param secret the receipt's; without it a node gives the bundle on its own machine only
    byte[] bundle(String id, Optional<Secret> secret) throws Failure {
        Map<String, String> headers = secret
                .map(value -> Map.of("plumb-receipt-secret", value.hex()))
                .orElse(Map.of());
        return get("/v1/receipts/" + id, headers, Bundle.BYTES_MAX);
    }

    /// Has the node take a file into its cache; only for the owner of the data folder.
    ModelId publish(Path file, String name) throws Failure {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("path", file.toAbsolutePath().toString());
        body.put("name", name);
        try {
            return ModelId.parse(administer("/v1/admin/publish", body).path("model_id").asString(""));
        } catch (MalformedException e) {
            throw new Failure("the node at " + node.url() + ": " + e.getMessage(), "");
        }
    }

    /// Has the node do something that only the owner of the data folder may.
    JsonNode administer(String path, Map<String, Object> body) throws Failure {
        byte[] bytes = JsonText.of(body).getBytes(StandardCharsets.UTF_8);
        try (Http.Response response = Http.post(node.at(path), ownerHeaders(), bytes, FOREVER_MILLIS)) {
            return json(good(response, JSON_BYTES_MAX));
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    /// The node's API keys, for the owner of the data folder.
    JsonNode keys() throws Failure {
        return json(get("/v1/admin/keys", ownerHeaders(), JSON_BYTES_MAX));
    }

    private Map<String, String> ownerHeaders() {
        return Map.of("Authorization", "Bearer " + node.token());
    }

    private byte[] get(String path, Map<String, String> headers, int bytesMax) throws Failure {
        Map<String, String> shown = new LinkedHashMap<>(headers);
        node.key().ifPresent(key -> shown.putIfAbsent("Authorization", key.authorization()));
        try (Http.Response response = Http.get(node.at(path), shown, READ_MILLIS)) {
            return good(response, bytesMax);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private byte[] good(Http.Response response, int bytesMax) throws IOException, Failure {
        byte[] bytes = response.bytes(bytesMax);
        if (response.status() != 200) {
            throw new Failure("the node at " + node.url() + " refused (status " + response.status() + "): "
                    + message(bytes),
                    response.status() == 401 || response.status() == 403 ? NodeClient.NEEDS_KEY : "");
        }
        return bytes;
    }

    /// The sentence in an error body, or the body itself, shortened.
    private String message(byte[] body) {
        String text = node.hidden(Http.text(body));
        try {
            return JSON.readTree(text).path("error").path("message")
                    .asString(text.substring(0, Math.min(200, text.length())));
        } catch (JacksonException e) {
            return text.substring(0, Math.min(200, text.length()));
        }
    }

    JsonNode json(byte[] bytes) throws Failure {
        try {
            return JSON.readTree(bytes);
        } catch (JacksonException e) {
            throw new Failure("the node at " + node.url() + " sent no JSON: "
                    + node.hidden(e.getOriginalMessage()), "");
        }
    }

    Failure unreachable(IOException e) {
        return new Failure("the node at " + node.url() + " can't be reached: " + Http.reason(e),
                "Is it running? Start one with: plumb up");
    }
}
