package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestException;
import plumbline.verify.Digest;
import plumbline.verify.MerkleTree;
import plumbline.verify.ReceiptId;

/// What is deleted after its time, and what stays (spec/api.md A100 to A105, A107).
class RetentionTest {

    private static final String SECRETS = "a sentence that nobody else may ever read";

    @TempDir
    Path home;

    private final FakeModel model = new FakeModel();
    private final AtomicReference<Instant> now = new AtomicReference<>(TestNode.NOW);
    private Node node;

    @BeforeEach
    void open() throws Exception {
        node = Node.open(home, _ -> model,
                new Node.Surroundings(now::get, new SecureRandom(), Optional.empty()));
        Path file = Files.write(home.resolve("fake.gguf"), new byte[] {1});
        node.models().name(TestNode.MODEL, node.models().add(file, (_, _) -> {}).id());
    }

    @AfterEach
    void close() throws Exception {
        node.close();
    }

    private StoredReceipt ask(long nonce) throws Exception {
        byte[] body = TestNode.chatBody(SECRETS, ",\"nonce\":\"" + TestNode.nonce(nonce).hex() + "\"");
        try (PendingAnswer pending = (PendingAnswer) node.answers().begin(
                TestNode.chat(body), body, node.loadedModels()::get)) {
            return pending.run((_, _) -> true).stored();
        }
    }

    private void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    @Test
    void deletesContentsAndKeepsTheReceiptItsNonceAndTheLog() throws Exception {
        StoredReceipt old = ask(1);
        pass(Duration.ofDays(20));
        StoredReceipt young = ask(2);
        pass(Duration.ofDays(11));
        assertEquals(1, node.retention().look(Duration.ofDays(30)).receipts());
        assertTrue(node.retention().look(Duration.ofDays(30)).bytes() > SECRETS.length());
        assertTrue(node.receipts().byId(old.receipt().id()).isPresent());
        assertEquals(1, node.retention().delete(Duration.ofDays(30)).receipts());
        assertEquals(0, node.retention().delete(Duration.ofDays(30)).receipts());
        ReceiptId id = old.receipt().id();
        assertTrue(node.receipts().byId(id).isEmpty());
        ReceiptStore.Gone gone = node.receipts().goneById(id).orElseThrow();
        assertEquals(old.receipt(), gone.receipt());
        assertEquals(Digest.sha256(java.util.HexFormat.of().parseHex(old.secret().hex())), gone.secretHash());
        // What remains is still shown to be in the log.
        assertTrue(node.log().prove(old.index()).includes(
                MerkleTree.leafHash(gone.receipt().digest().bytes())));
        assertEquals(List.of(young.receipt(), old.receipt()), node.receipts().latest(10));
        RequestException e = assertThrows(RequestException.class, () -> ask(1));
        assertEquals(410, e.status());
        assertEquals(Optional.of("receipt_gone"), e.code());
        // The young one is whole, and the log starts again and grows.
        node.answers().bundle(young);
        node.close();
        open();
        assertEquals(2, ask(3).index());
    }

    @Test
    void leavesNoTraceOfTheContentsInTheFiles() throws Exception {
        ask(1);
        pass(Duration.ofDays(2));
        assertEquals(1, node.cleanup().free(Optional.of(Duration.ofDays(1))).old().receipts());
        node.close();
        for (String name : List.of("node.db", "node.db-wal")) {
            if (Files.exists(home.resolve(name))) {
                String bytes = Files.readString(home.resolve(name), StandardCharsets.ISO_8859_1);
                assertFalse(bytes.contains(SECRETS), name);
            }
        }
        open();
    }

    @Test
    void keepsReceiptsFromTheFutureWhenTheClockWentBack() throws Exception {
        ask(1);
        pass(Duration.ofDays(-400));
        ask(2);
        assertEquals(0, node.retention().delete(Duration.ofDays(30)).receipts());
        // And a young one before them doesn't keep old ones.
        pass(Duration.ofDays(60));
        assertEquals(1, node.retention().delete(Duration.ofDays(30)).receipts());
    }

    @Test
    void beginsNothingBeyondItsQuota() throws Exception {
        ask(1);
        node.quota().limit(1L << 30);
        ask(2);
        node.quota().limit(1);
        NodeException e = assertThrows(LogStoppedException.class, () -> ask(3));
        assertTrue(e.getMessage().contains("plumb gc"), e.getMessage());
        Path other = Files.write(home.resolve("other.gguf"), new byte[5000]);
        assertThrows(LogStoppedException.class, () -> node.models().add(other, (_, _) -> {}));
        node.quota().limit(Long.MAX_VALUE);
        ask(3);
        assertEquals(3, node.receipts().size());
    }

    @Test
    void findsModelsWithoutANameAndDeletesThemOnlyWhenTold() throws Exception {
        Path other = Files.write(home.resolve("other.gguf"), new byte[5000]);
        StoredModel nameless = node.models().add(other, (_, _) -> {});
        assertEquals(List.of(nameless), node.cleanup().look(Optional.empty()).models());
        assertEquals(5000, node.cleanup().look(Optional.empty()).bytes());
        assertTrue(Files.exists(nameless.file()));
        assertEquals(List.of(nameless), node.cleanup().free(Optional.empty()).models());
        assertFalse(Files.exists(nameless.file()));
        assertTrue(node.models().byId(nameless.id()).isEmpty());
        assertEquals(1, node.models().names().size());
        assertEquals(0, node.cleanup().free(Optional.empty()).bytes());
        assertEquals(nameless, node.models().add(other, (_, _) -> {}));
    }
}
