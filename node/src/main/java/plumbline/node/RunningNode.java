package plumbline.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Where a running node is, as its data folder says it in `node.json`:
///
/// ```
/// {"url":"http://127.0.0.1:8080","pid":4711,"token":"<64 hex>"}
/// ```
///
/// @param token allows what only the folder's owner may do; the file is 0600
public record RunningNode(String url, long pid, String token) {

    static final String FILE = "node.json";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Empty if the file isn't there or isn't whole.
    static Optional<RunningNode> read(Path home) throws IOException {
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(home.resolve(FILE)));
            return Optional.of(new RunningNode(
                    json.path("url").asString(""), json.path("pid").asLong(0),
                    json.path("token").asString("")));
        } catch (NoSuchFileException | JacksonException e) {
            return Optional.empty();
        }
    }

    byte[] encode() {
        return JSON.writeValueAsBytes(
                JSON.createObjectNode().put("url", url).put("pid", pid).put("token", token));
    }

    @Override
    public String toString() {
        return url + " (process " + pid + ")";
    }
}
