package plumbline.node;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import plumbline.engine.request.RequestException;
import plumbline.node.api.Caller;
import plumbline.node.api.Endpoints;
import plumbline.node.api.Json;
import plumbline.node.api.Reply;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// What only the owner of the data folder may do: he can read the token in `node.json`.
/// Source: spec/api.md A47.
final class Admin {

    static final String PUBLISH = "/v1/admin/publish";

    private final Node node;
    private final String token;

    Admin(Node node, String token) {
        this.node = node;
        this.token = token;
    }

    /// @throws RequestException status 401 unless the caller sits here and shows the token
    void check(Caller caller) throws RequestException {
        if (!caller.isLocal() || !caller.shows(token)) {
            throw new RequestException(401, "", "admin_token_required", "this needs the token in the"
                    + " data folder's node.json, in the header Authorization: Bearer, on this machine");
        }
    }

    /// Takes a model file into the cache, loads it once to check it, and names it.
    Reply publish(byte[] body) throws RequestException, NodeException {
        JsonNode json;
        try {
            json = Json.mapper().readTree(body);
        } catch (JacksonException e) {
            throw new RequestException(400, "", "the body isn't valid JSON");
        }
        Path path = path(json.path("path").asString(""));
        String name = json.path("name").asString("");
        if (!ModelStore.isName(name)) {
            throw new RequestException(400, "name", "`name` must be NAMESPACE/NAME of a-z 0-9 . _ -");
        }
        if (!Files.isRegularFile(path)) {
            throw new RequestException(400, "path", "there is no file " + path + ": check `path`");
        }
        StoredModel model = node.models().add(path, (_, _) -> {});
        node.loadedModels().get(model.id().toString()).close();
        node.models().name(name, model.id());
        return Reply.json(Endpoints.json(EngineAnswerer.served(name, model)));
    }

    private static Path path(String text) throws RequestException {
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException e) {
            // No path at all: said below.
        }
        throw new RequestException(400, "path", "`path` must be the absolute path of a model file");
    }
}
