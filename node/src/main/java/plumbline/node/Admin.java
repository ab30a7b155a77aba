package plumbline.node;

import io.helidon.webserver.http.ServerRequest;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import plumbline.engine.request.RequestException;
import plumbline.node.api.Access;
import plumbline.node.api.ApiException;
import plumbline.node.api.Caller;
import plumbline.node.api.Endpoints;
import plumbline.node.api.Json;
import plumbline.node.api.Reply;
import plumbline.node.api.Scope;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// What only the owner of the data folder may do, who can read the token in `node.json`, or whoever he gave a key to.
/// Source: spec/api.md A47, A48.
final class Admin {

    static final String PUBLISH = "/v1/admin/publish";

    private final Node node;
    private final Access access;
    private final AdminKeys keys;
    private final String token;

    /// @param access always asks for a key
    Admin(Node node, Access access, String token) {
        this.node = node;
        this.access = access;
        this.keys = new AdminKeys(node.apiKeys());
        this.token = token;
    }

    static boolean has(String path) {
        return switch (path) {
            case PUBLISH, AdminKeys.KEYS, AdminKeys.REVOKE -> true;
            default -> false;
        };
    }

    static String allowed(String path) {
        return path.equals(AdminKeys.KEYS) ? "GET, POST" : "POST";
    }

    /// Does what is asked, for who may.
    Reply handle(String path, String method, ServerRequest request, Caller caller)
            throws RequestException, ApiException, NodeException {
        if (method.equals("POST")) {
            Endpoints.requireJson(caller);
        }
        check(caller, path.equals(PUBLISH) ? Scope.PUBLISH : Scope.ADMIN);
        if (method.equals("GET")) {
            return keys.list();
        }
        JsonNode json = json(Endpoints.body(request, caller));
        return switch (path) {
            case PUBLISH -> publish(json);
            case AdminKeys.REVOKE -> keys.revoke(json);
            default -> keys.create(json);
        };
    }

    private void check(Caller caller, Scope scope) throws RequestException, ApiException {
        if (caller.isLocal() && caller.shows(token)) {
            return;
        }
        if (!caller.apiKey().orElse("").contains(ApiKey.PREFIX)) {
            throw new RequestException(401, "", "admin_token_required", "this needs the token in the"
                    + " data folder's node.json, on this machine, or an API key with the scope " + scope.word()
                    + ", in the header Authorization: Bearer");
        }
        access.enter(caller, scope);
    }

    private static JsonNode json(byte[] body) throws RequestException {
        try {
            return Json.mapper().readTree(body);
        } catch (JacksonException e) {
            throw new RequestException(400, "", "the body isn't valid JSON");
        }
    }

    /// Takes a model file into the cache, loads it once to check it, and names it.
    private Reply publish(JsonNode json) throws RequestException, NodeException {
        Path path = path(json.path("path").asString(""));
        String name = json.path("name").asString("");
        if (!ModelStore.isName(name)) {
            throw new RequestException(400, "name", "`name` must be NAMESPACE/NAME of a-z 0-9 . _ -");
        }
        if (!Files.isRegularFile(path)) {
            throw new RequestException(400, "path", "the node sees no file " + path
                    + ": check `path`, and that the process of the node may look there");
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
