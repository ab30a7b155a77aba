package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import plumbline.node.api.Caller;
import plumbline.verify.Bundle;
import plumbline.verify.JdkEd25519;
import plumbline.verify.SignedNote;
import plumbline.verify.VerifierKey;

/// What can be read from a server, by whom, and that nothing else can (spec/api.md A40-A46, A51,
/// spec/log.md L54, L76).
class ServerPathsTest extends ServerFixture {

    @Test
    void givesBundlesToTheHolderOfTheSecretAndToThisMachine() throws Exception {
        HttpResponse<String> answer = ask("");
        String path = "/v1/receipts/" + header(answer, "plumb-receipt");
        String secret = header(answer, "plumb-receipt-secret");
        HttpResponse<String> local = get(path);
        assertEquals(200, local.statusCode());
        assertEquals("private, no-store", header(local, "Cache-Control"));
        assertEquals(local.body(), get(path, "plumb-receipt-secret", secret).body());
        assertEquals(local.body(), get(path, "Authorization", "Bearer " + secret).body());
        byte[] bytes = local.body().getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(bytes, Bundle.parse(bytes).encode());
        // A secret that is shown must be right, also from here; and unknown looks like forbidden.
        String wrong = (secret.startsWith("0") ? "1" : "0") + secret.substring(1);
        HttpResponse<String> forbidden = get(path, "plumb-receipt-secret", wrong);
        assertError(forbidden, 404, "receipt_not_found");
        assertError(get(path, "Authorization", "Bearer sk-none"), 404, "receipt_not_found");
        HttpResponse<String> unknown = get("/v1/receipts/" + "0".repeat(32));
        assertEquals(forbidden.body(), unknown.body());
        for (String id : List.of("", "x", "A".repeat(32), "0".repeat(31), "..%2f..%2fkey", "../../key")) {
            assertEquals(404, get("/v1/receipts/" + id).statusCode(), id);
        }
    }

    @Test
    void takesNobodyForLocalWhoComesByAnotherNameOrThroughAProxy() throws Exception {
        String id = header(ask(""), "plumb-receipt");
        assertTrue(rawGet("/v1/receipts/" + id, "Host: localhost").startsWith("HTTP/1.1 200"));
        assertTrue(rawGet("/v1/receipts", "Host: [::1]:80").startsWith("HTTP/1.1 200"));
        for (String headers : List.of(
                "Host: evil.example", "Host: evil.example:80", "Host: 127.0.0.1.evil.example",
                "Host: localhost\r\nX-Forwarded-For: 1.2.3.4", "Host: localhost\r\nForwarded: for=1.2.3.4",
                "Host: localhost\r\nVia: 1.1 proxy", "Host: localhost\r\nX-Real-IP: 127.0.0.1")) {
            String receipt = rawGet("/v1/receipts/" + id, headers);
            assertTrue(receipt.startsWith("HTTP/1.1 404"), headers + ": " + receipt);
            assertTrue(rawGet("/v1/receipts", headers).startsWith("HTTP/1.1 404"), headers);
        }
    }

    @Test
    void listsReceiptsWithoutAnythingPrivate() throws Exception {
        String id = header(ask(""), "plumb-receipt");
        HttpResponse<String> list = get("/v1/receipts");
        assertEquals(id, JSON.readTree(list.body()).path("data").get(0).path("id").asString());
        assertFalse(list.body().contains("pong"));
    }

    @Test
    void servesTheLogAtTheStandardPaths() throws Exception {
        ask("");
        ask("");
        VerifierKey key = VerifierKey.parse(get("/v1/key").body().strip());
        HttpResponse<String> checkpoint = get("/checkpoint");
        assertEquals("text/plain; charset=utf-8", header(checkpoint, "Content-Type"));
        assertEquals("no-cache", header(checkpoint, "Cache-Control"));
        SignedNote note = SignedNote.parse(checkpoint.body().getBytes(StandardCharsets.UTF_8));
        assertTrue(note.isSignedBy(key, new JdkEd25519()));
        for (String path : List.of("/tile/0/000.p/2", "/tile/entries/000.p/2", "/tile/0/000.p/1")) {
            HttpResponse<byte[]> tile = client.send(to(path).build(), BodyHandlers.ofByteArray());
            assertEquals(200, tile.statusCode(), path);
            assertEquals("application/octet-stream", header(tile, "Content-Type"));
            assertTrue(header(tile, "Cache-Control").contains("immutable"));
            int width = path.charAt(path.length() - 1) - '0';
            assertEquals(width * (path.contains("entries") ? 34 : 32), tile.body().length);
        }
    }

    private static final List<String> NOT_SERVED = List.of(
            "/tile", "/tile/", "/tile/0", "/tile/0/", "/tile/0/0", "/tile/0/001", "/tile/0/000",
            "/tile/0/000.p/3", "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/00/000.p/1", "/tile/8/000.p/1",
            "/tile/-1/000.p/1", "/tile/0/x000/000.p/1", "/tile/0/000.p/01", "/tile/0/000.p/1/",
            "/tile/0/%30%30%30.p/1", "/tile/0/../../checkpoint", "/tile/../checkpoint", "/tile/..%2f..%2fkey",
            "/tile/%2e%2e/key", "/tile/0//000.p/1", "/key", "/node.db", "/node.json", "/log/checkpoint",
            "/lock", "/models/blobs", "/checkpoint/", "//checkpoint", "/Checkpoint", "/checkpoint%00",
            "/v1/models/%ff%fe", "/v1", "/v1/receipt", "/tile/entries/000.p/9", "/tile/data/000.p/1",
            "/tile/0/000.p/1;x=1", "/checkpoint;a=b");

    @Test
    void reachesNothingElseOnDisk() throws Exception {
        ask("");
        for (String path : NOT_SERVED) {
            String answer = rawGet(path, "Host: localhost");
            assertTrue(answer.startsWith("HTTP/1.1 404") || answer.startsWith("HTTP/1.1 400"),
                    path + ": " + answer.lines().findFirst().orElse(""));
            assertFalse(answer.contains("SQLite"));
        }
    }

    @Test
    void refusesOtherMethods() throws Exception {
        for (String row : List.of(
                "GET, /v1/chat/completions, POST", "GET, /v1/completions, POST", "PUT, /v1/chat/completions, POST",
                "POST, /v1/models, GET", "DELETE, /v1/receipts/00, GET", "POST, /checkpoint, GET",
                "GET, /v1/admin/publish, POST", "PATCH, /tile/0/000.p/1, GET", "POST, /v2/health/ready, GET")) {
            String[] words = row.split(", ");
            HttpResponse<String> response = client.send(
                    to(words[1]).method(words[0], BodyPublishers.noBody()).build(),
                    BodyHandlers.ofString());
            assertError(response, 405, "method_not_allowed");
            assertEquals(words[2], header(response, "Allow"), row);
        }
    }

    @Test
    void knowsLoopbackNames() {
        for (String local : List.of("localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8080")) {
            assertTrue(Caller.isLoopbackName(local), local);
        }
        for (String other : List.of("", ":80", "localhost.evil", "127.0.0.1.evil:80", "evil:127.0.0.1", "::1",
                "[::1", "[::2]:80", "localhost:80:80", "0.0.0.0")) {
            assertFalse(Caller.isLoopbackName(other), other);
        }
    }
}
