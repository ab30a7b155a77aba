package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.verify.Checkpoint;
import plumbline.verify.Expectations;
import plumbline.verify.HandOver;
import plumbline.verify.JdkEd25519;
import plumbline.verify.SignedNote;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.Verifier;
import plumbline.verify.VerifierKey;

/// A node that changes its key (spec/key.md K1, K11, K15, K16, K24).
class KeyRotationTest {

    @TempDir
    Path home;

    private final FakeModel model = new FakeModel();
    private final Node.Surroundings surroundings = new Node.Surroundings(
            InstantSource.fixed(TestNode.NOW), new SecureRandom(), Optional.empty());

    private StoredReceipt ask(Node node, long nonce) throws Exception {
        byte[] body = TestNode.chatBody("ping", ",\"nonce\":\"" + TestNode.nonce(nonce).hex() + "\"");
        return switch (node.answers().begin(TestNode.chat(body), body, node.loadedModels()::get)) {
            case Answers.Repeated repeated -> repeated.stored();
            case PendingAnswer pending -> {
                try (pending) {
                    yield pending.run((_, _) -> true).stored();
                }
            }
        };
    }

    private static Verdict verify(byte[] bundle, VerifierKey pinned, byte[] chain) throws Exception {
        Trust trust = Trust.none().withHandOvers(
                Optional.of(pinned), HandOver.parseChain(chain, new JdkEd25519()));
        return Verifier.verify(bundle, Expectations.none(), trust, Optional.empty());
    }

    @Test
    void oldReceiptsSurviveANewKey() throws Exception {
        StoredReceipt before;
        VerifierKey old;
        byte[] seed;
        try (Node node = TestNode.open(home, model)) {
            ask(node, 1);
            before = ask(node, 2);
            old = node.key().verifierKey();
            seed = Files.readAllBytes(home.resolve("key"));
        }
        HandOver handOver = KeyRotation.rotate(home, surroundings);
        assertEquals(old, handOver.from());
        assertEquals(2, handOver.last().size());
        assertFalse(Files.exists(home.resolve("key.next")));
        assertNotEquals(List.of(seed), List.of(Files.readAllBytes(home.resolve("key"))));
        try (Node node = TestNode.open(home, model)) {
            VerifierKey fresh = node.key().verifierKey();
            assertEquals(handOver.to(), fresh);
            byte[] chain = node.receipts().handOvers();
            assertArrayEquals(handOver.encode(), chain);
            assertArrayEquals(chain, Files.readAllBytes(home.resolve("hand-overs")));
            StoredReceipt after = ask(node, 3);
            assertEquals(0, after.index());
            assertEquals(1, Checkpoint.parse(node.log().checkpoint().text()).size());
            // Both receipts, by whoever pinned either key.
            StoredReceipt again = node.receipts().byId(before.receipt().id()).orElseThrow();
            assertEquals(before.receipt(), again.receipt());
            assertEquals(before.index(), again.index());
            for (StoredReceipt stored : List.of(again, after)) {
                byte[] bundle = node.answers().bundle(stored);
                for (VerifierKey pinned : List.of(old, fresh)) {
                    assertInstanceOf(Verdict.Accepted.class, verify(bundle, pinned, chain));
                }
            }
            // The old nonce is still answered, by the old receipt.
            assertEquals(before.receipt(), ask(node, 2).receipt());
            assertEquals(1, node.receipts().size());
            assertEquals(3, node.receipts().latest(10).size());
        }
    }

    @Test
    void changesTheKeyMoreThanOnceAndOfAnEmptyLog() throws Exception {
        TestNode.open(home, model).close();
        HandOver one = KeyRotation.rotate(home, surroundings);
        try (Node node = TestNode.open(home, model)) {
            ask(node, 1);
        }
        HandOver two = KeyRotation.rotate(home, surroundings);
        HandOver three = KeyRotation.rotate(home, surroundings);
        assertEquals(List.of(0L, 1L, 0L),
                List.of(one.last().size(), two.last().size(), three.last().size()));
        try (Node node = TestNode.open(home, model)) {
            assertEquals(List.of(one, two, three),
                    HandOver.parseChain(node.receipts().handOvers(), new JdkEd25519()));
            StoredReceipt stored = ask(node, 1);
            assertEquals(two.from(), stored.receipt().node());
            assertInstanceOf(Verdict.Accepted.class, verify(node.answers().bundle(stored),
                    node.key().verifierKey(), node.receipts().handOvers()));
        }
    }

    @Test
    void servesTheOldLogAndTheHandOversOverHttp() throws Exception {
        try (Node node = TestNode.open(home, model)) {
            ask(node, 1);
        }
        HandOver handOver = KeyRotation.rotate(home, surroundings);
        String name = handOver.from().name().substring("plumbline/".length());
        try (NodeServer server = NodeServer.start(TestNode.open(home, model), 0, RequestDefaults.standard());
                HttpClient client = HttpClient.newHttpClient()) {
            SignedNote note = SignedNote.parse(get(client, server, "/logs/" + name + "/checkpoint", 200));
            assertTrue(note.isSignedBy(handOver.from(), new JdkEd25519()));
            assertEquals(handOver.last(), Checkpoint.parse(note.text()));
            assertEquals(32, get(client, server, "/logs/" + name + "/tile/0/000.p/1", 200).length);
            assertArrayEquals(handOver.encode(), get(client, server, "/v1/hand-overs", 200));
            for (String path : List.of("/logs/" + name, "/logs/" + name + "/", "/logs/" + name + "/key",
                    "/logs/../key/checkpoint", "/logs/000000000000/checkpoint", "/logs/" + name + "/tile/0/000",
                    "/logs//checkpoint")) {
                get(client, server, path, 404);
            }
        }
    }

    private static byte[] get(HttpClient client, NodeServer server, String path, int status) throws Exception {
        var response = client.send(HttpRequest.newBuilder(URI.create(server.url() + path)).build(),
                BodyHandlers.ofByteArray());
        assertEquals(status, response.statusCode(), path + new String(response.body(), StandardCharsets.UTF_8));
        return response.body();
    }

    @Test
    void finishesOrUndoesAChangeThatBrokeOff() throws Exception {
        try (Node node = TestNode.open(home, model)) {
            ask(node, 1);
        }
        byte[] old = Files.readAllBytes(home.resolve("key"));
        NodeKey key = NodeKey.ofSeed(old);
        DurableFiles files = DurableFiles.real();
        // Before the database knew of it: undone.
        NodeKey next = NodeKey.loadOrCreate(home.resolve("key.next"), new SecureRandom(), files);
        try (Node node = TestNode.open(home, model)) {
            assertEquals(key.verifierKey(), node.key().verifierKey());
            assertFalse(Files.exists(home.resolve("key.next")));
        }
        // After that, with nothing else done, and with the log moved already: finished.
        for (boolean isMoved : new boolean[] {false, true}) {
            old = Files.readAllBytes(home.resolve("key"));
            key = NodeKey.ofSeed(old);
            next = NodeKey.loadOrCreate(home.resolve("key.next"), new SecureRandom(), files);
            SignedNote last = SignedNote.parse(Files.readAllBytes(home.resolve("log/checkpoint")));
            HandOver handOver = KeyRotation.handOver(key, next, Checkpoint.parse(last.text()));
            try (Database database = TestNode.database(home)) {
                new ReceiptStore(database).beginLog(next.verifierKey(), handOver);
            }
            if (isMoved) {
                Files.createDirectories(home.resolve("logs"));
                Files.move(home.resolve("log"), home.resolve("logs").resolve(RetiredLog.name(key.verifierKey())));
            }
            try (Node node = TestNode.open(home, model)) {
                assertEquals(next.verifierKey(), node.key().verifierKey());
                assertFalse(Files.exists(home.resolve("key.next")));
                StoredReceipt stored = node.receipts().byNonce(TestNode.nonce(1)).orElseThrow();
                assertInstanceOf(Verdict.Accepted.class, verify(node.answers().bundle(stored),
                        node.key().verifierKey(), node.receipts().handOvers()));
            }
        }
    }

    @Test
    void aFolderFromBeforeTheChangeSignsNoMoreOnThisMachine_K24() throws Exception {
        Path node = home.resolve("node");
        Node.Surroundings marked = surroundings.withMarks(home.resolve("marks"));
        Node.open(node, _ -> model, marked).close();
        Path before = home.resolve("before");
        Files.createDirectory(before, PosixFilePermissions.asFileAttribute(DurableFiles.FOLDER));
        for (String name : List.of("key", "node.db")) {
            Files.copy(node.resolve(name), before.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
        HandOver handOver = KeyRotation.rotate(node, marked);
        NodeException e = assertThrows(NodeException.class, () -> Node.open(before, _ -> model, marked).close());
        assertTrue(e.getMessage().contains(handOver.from() + " was given up on this machine"), e.getMessage());
        assertTrue(e.getMessage().contains("start with an empty data folder"), e.getMessage());
        assertFalse(Files.exists(before.resolve("log/checkpoint")));
        Node.open(node, _ -> model, marked).close();
    }
}
