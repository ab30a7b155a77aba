package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.api.Scope;
import tools.jackson.databind.JsonNode;

/// Who needs an API key, for what, and what is said to who hasn't one (spec/api.md A47, A48, A111 to A115, A117, A118).
class KeyedServerTest extends ServerFixture {

    /// Makes a caller of this machine one of elsewhere.
    private static final String[] ELSEWHERE = {"X-Forwarded-For", "203.0.113.9"};
    private static final byte[] BODY = TestNode.chatBody("ping", "");

    private String key(Scope... scopes) throws Exception {
        return server.node().apiKeys().create("k" + scopes.length + scopes[0].word(), Set.of(scopes),
                ApiKey.Quotas.none()).secret();
    }

    private HttpResponse<String> askFromElsewhere(String path, byte[] body, String... headers) throws Exception {
        HttpRequest.Builder request = to(path).header("Content-Type", "application/json").headers(ELSEWHERE)
                .POST(BodyPublishers.ofByteArray(body));
        return client.send((headers.length == 0 ? request : request.headers(headers)).build(),
                BodyHandlers.ofString());
    }

    @Test
    void callersFromElsewhereNeedAKeyForWhateverAnswersAndNothingElse() throws Exception {
        for (String path : List.of(CHAT, "/v1/completions", "/v1/responses", "/v1/messages",
                "/v1/messages/count_tokens", "/api/chat", "/api/generate", "/api/show")) {
            assertEquals(401, askFromElsewhere(path, BODY).statusCode(), path);
        }
        for (String path : List.of("/v1/models", "/v1/models/test%2Ffake", "/api/tags", "/api/ps", "/api/version")) {
            assertEquals(401, get(path, ELSEWHERE).statusCode(), path);
        }
        assertEquals(0, model.runs.get());
        for (String path : List.of("/v1/key", "/checkpoint", "/v1/hand-overs", "/v2/health/ready", "/")) {
            assertEquals(200, get(path, ELSEWHERE).statusCode(), path);
        }
        String run = key(Scope.RUN);
        HttpResponse<String> answer = askFromElsewhere(CHAT, BODY, "Authorization", "Bearer " + run);
        assertEquals(200, answer.statusCode(), answer.body());
        assertEquals(200, askFromElsewhere("/v1/messages", ("{\"model\":\"test/fake\",\"max_tokens\":9,\"messages\":"
                + "[{\"role\":\"user\",\"content\":\"ping\"}]}").getBytes(StandardCharsets.UTF_8),
                "x-api-key", run).statusCode());
        assertEquals(2, server.node().apiKeys().list().getFirst().requestsToday());
        // A key opens no receipt; its secret does, also beside a key.
        String receipt = "/v1/receipts/" + header(answer, "plumb-receipt");
        assertEquals(404, client.send(to(receipt).headers(ELSEWHERE).header("Authorization", "Bearer " + run).build(),
                BodyHandlers.ofString()).statusCode());
        assertEquals(200, client.send(to(receipt).headers(ELSEWHERE).header("Authorization", "Bearer " + run)
                .header("plumb-receipt-secret", header(answer, "plumb-receipt-secret")).build(),
                BodyHandlers.ofString()).statusCode());
        assertEquals(200, get(receipt, "Authorization", "Bearer " + run).statusCode());
    }

    @Test
    void everyApiSaysItInItsOwnShape() throws Exception {
        HttpResponse<String> openAi = askFromElsewhere(CHAT, BODY);
        assertError(openAi, 401, "api_key_missing");
        assertEquals("Bearer", header(openAi, "WWW-Authenticate"));
        assertEquals("false", header(openAi, "x-should-retry"));
        JsonNode anthropic = JSON.readTree(askFromElsewhere("/v1/messages", BODY).body());
        assertEquals("error", anthropic.path("type").asString());
        assertEquals("authentication_error", anthropic.path("error").path("type").asString());
        assertTrue(JSON.readTree(askFromElsewhere("/api/chat", BODY).body()).path("error").isString());
        String publish = key(Scope.PUBLISH);
        assertError(askFromElsewhere(CHAT, BODY, "Authorization", "Bearer " + publish), 403, "scope_missing");
        assertEquals("permission_error", JSON.readTree(askFromElsewhere("/v1/messages", BODY, "x-api-key", publish)
                .body()).path("error").path("type").asString());
        ApiKey.Quotas one = new ApiKey.Quotas(
                OptionalLong.empty(), OptionalLong.of(1), OptionalLong.empty(), OptionalLong.empty());
        String small = server.node().apiKeys().create("small", Set.of(Scope.RUN), one).secret();
        assertEquals(200, askFromElsewhere(CHAT, BODY, "x-api-key", small).statusCode());
        HttpResponse<String> exceeded = askFromElsewhere(CHAT, BODY, "x-api-key", small);
        assertError(exceeded, 429, "quota_exceeded");
        assertTrue(Integer.parseInt(header(exceeded, "Retry-After")) > 60);
        assertEquals("rate_limit_error", JSON.readTree(askFromElsewhere("/v1/messages",
                ("{\"model\":\"test/fake\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}]}")
                        .getBytes(StandardCharsets.UTF_8), "x-api-key", small).body())
                .path("error").path("type").asString());
    }

    @Test
    void refusesKeysThatAreNone() throws Exception {
        String run = key(Scope.RUN);
        String other = run.substring(0, run.length() - 1) + (run.endsWith("0") ? "1" : "0");
        for (String wrong : List.of("none", "plumb_", other, run + run, "a".repeat(2000))) {
            assertError(askFromElsewhere(CHAT, BODY, "Authorization", "Bearer " + wrong), 401, "api_key_invalid");
            assertError(askFromElsewhere(CHAT, BODY, "x-api-key", wrong), 401, "api_key_invalid");
        }
        assertError(askFromElsewhere(CHAT, BODY, "x-api-key", run, "Authorization", "Bearer " + other),
                401, "api_key_invalid");
        assertError(askFromElsewhere(CHAT, BODY, "Authorization", "Basic " + run), 401, "api_key_missing");
        // Here nobody needs one, but who shows one of this node's must have it.
        assertEquals(200, post(CHAT, BODY, "Authorization", "Bearer none").statusCode());
        assertEquals(200, post(CHAT, BODY, "Authorization", "Bearer " + run).statusCode());
        assertError(post(CHAT, BODY, "Authorization", "Bearer " + other), 401, "api_key_invalid");
        server.node().apiKeys().revoke("k1run");
        assertError(post(CHAT, BODY, "x-api-key", run), 401, "api_key_invalid");
        assertEquals(2, model.runs.get());
    }

    @Test
    void aStrangersHostNameIsElsewhere() throws Exception {
        for (String headers : List.of("Host: evil.example", "Host: localhost\r\nVia: 1.1 proxy",
                "Host: localhost\r\nForwarded: for=127.0.0.1", "Host: 127.0.0.1.evil.example")) {
            String answer = rawGet("/v1/models", headers);
            assertTrue(answer.startsWith("HTTP/1.1 401"), headers + ": " + answer);
        }
    }

    @Test
    void keysAreAdministeredByTheFoldersOwnerAndByAdministrators() throws Exception {
        String path = AdminKeys.KEYS;
        byte[] make = "{\"name\":\"new\",\"scopes\":[\"run\"],\"tokens_per_day\":5}".getBytes(StandardCharsets.UTF_8);
        String owner = "Bearer " + DataFolder.runningNode(home).orElseThrow().token();
        String run = "Bearer " + key(Scope.RUN, Scope.PUBLISH, Scope.METRICS);
        String admin = "Bearer " + key(Scope.ADMIN);
        assertError(post(path, make), 401, "admin_token_required");
        assertError(get(path), 401, "admin_token_required");
        assertError(post(path, make, "Authorization", run), 403, "scope_missing");
        assertError(get(path, "Authorization", run), 403, "scope_missing");
        assertError(askFromElsewhere(path, make, "Authorization", owner), 401, "admin_token_required");
        assertError(post(Admin.PUBLISH, make, "Authorization", admin), 403, "scope_missing");
        assertError(post(Admin.PUBLISH, make, "Authorization", run), 400, "");
        JsonNode made = JSON.readTree(askFromElsewhere(path, make, "Authorization", admin).body());
        assertEquals(200, askFromElsewhere(CHAT, BODY, "x-api-key", made.path("key").asString()).statusCode());
        assertError(post(path, make, "Authorization", owner), 409, "name_taken");
        String list = get(path, "Authorization", owner).body();
        assertTrue(list.contains("\"name\":\"new\"") && list.contains("\"tokens_per_day\":5"), list);
        assertFalse(list.contains(made.path("key").asString().substring(23)), list);
        for (String bad : List.of("", "[]", "{}", "{\"name\":\"x\"}", "{\"name\":\"x\",\"scopes\":[]}",
                "{\"name\":\"x\",\"scopes\":[\"root\"]}", "{\"name\":\"X\",\"scopes\":[\"run\"]}",
                "{\"name\":\"x\",\"scopes\":\"run\"}", "{\"name\":\"x\",\"scopes\":[\"run\"],\"tokens_per_day\":0}",
                "{\"name\":\"x\",\"scopes\":[\"run\"],\"tokens_per_day\":1.5}",
                "{\"name\":\"x\",\"scopes\":[\"run\"],\"tokens_per_hour\":1}",
                "{\"name\":\"x\",\"scopes\":[\"run\"],\"requests_per_day\":99999999999999999999}")) {
            byte[] body = bad.getBytes(StandardCharsets.UTF_8);
            assertEquals(400, post(path, body, "Authorization", owner).statusCode(), bad);
        }
        byte[] revoke = "{\"key\":\"new\"}".getBytes(StandardCharsets.UTF_8);
        assertEquals(200, post(AdminKeys.REVOKE, revoke, "Authorization", owner).statusCode());
        assertError(post(AdminKeys.REVOKE, revoke, "Authorization", owner), 404, "key_not_found");
        assertError(askFromElsewhere(CHAT, BODY, "x-api-key", made.path("key").asString()), 401, "api_key_invalid");
        assertEquals(405, get(AdminKeys.REVOKE, "Authorization", owner).statusCode());
    }

    private static NodeServer listening(Node node, String address, boolean keysAlways) throws NodeException {
        return NodeServer.start(node, new Listening(0, Optional.of(InetAddress.ofLiteral(address)), keysAlways),
                RequestDefaults.standard(), LIMITS);
    }

    @Test
    void listensElsewhereOnlyWhereThereIsAKey(@TempDir Path other) throws Exception {
        Node node = TestNode.open(other, model);
        for (String address : List.of("0.0.0.0", "::", "192.0.2.1")) {
            NodeException refused = assertThrows(NodeException.class, () -> listening(node, address, false));
            assertTrue(refused.getMessage().contains("plumb apikey create"), refused.getMessage());
        }
        node.apiKeys().create("m", Set.of(Scope.METRICS), ApiKey.Quotas.none());
        assertThrows(NodeException.class, () -> listening(node, "0.0.0.0", false));
        String key = node.apiKeys().create("k", Set.of(Scope.RUN), ApiKey.Quotas.none()).secret();
        assertThrows(NodeException.class, () -> listening(node, "192.0.2.1", false), "no address of this machine");
        try (NodeServer everywhere = listening(node, "0.0.0.0", true)) {
            URI here = URI.create(everywhere.url() + "/v1/models");
            assertEquals(401, status(here), "--require-key asks callers of this machine, too");
            assertEquals(200, status(here, "x-api-key", key));
            assertEquals(401, status(URI.create("http://127.0.0.2:" + here.getPort() + "/v1/models")));
        }
    }

    @Test
    void anotherAddressIsListenedToBesideThisOne(@TempDir Path other) throws Exception {
        Node node = TestNode.open(other, model);
        String key = node.apiKeys().create("k", Set.of(Scope.RUN), ApiKey.Quotas.none()).secret();
        try (NodeServer both = listening(node, "127.0.0.2", false)) {
            URI here = URI.create(both.url() + "/v1/models");
            URI there = URI.create("http://127.0.0.2:" + here.getPort() + "/v1/models");
            assertEquals(200, status(here));
            assertEquals(401, status(there));
            assertEquals(200, status(there, "Authorization", "Bearer " + key));
            assertEquals(200, status(there, "Authorization", "bearer " + key), "the scheme's case says nothing");
        }
    }

    private int status(URI uri, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        return client.send((headers.length == 0 ? request : request.headers(headers)).build(),
                BodyHandlers.ofString()).statusCode();
    }
}
