package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.node.ApiKey.Quotas;
import plumbline.node.api.Access;
import plumbline.node.api.ApiException;
import plumbline.node.api.Scope;

/// API keys without a server: what is kept of them, what is refused, what is counted (spec/api.md A110, A115,
/// A116, A119).
class ApiKeysTest {

    private static final Instant NOON = Instant.parse("2026-01-02T12:00:30Z");
    /// `ping` is 4 tokens, and the fake model answers with 5.
    private static final int TOKENS = 9;

    @TempDir
    Path home;

    private final AtomicReference<Instant> time = new AtomicReference<>(NOON);
    private final FakeModel model = new FakeModel();
    private Node node;

    @BeforeEach
    void open() throws Exception {
        node = Node.open(home.resolve("node"), _ -> model,
                new Node.Surroundings(time::get, new SecureRandom(), Optional.empty()));
        Path file = Files.write(home.resolve("fake.gguf"), new byte[] {1});
        node.models().name(TestNode.MODEL, node.models().add(file, (_, _) -> {}).id());
    }

    @AfterEach
    void close() throws Exception {
        node.close();
    }

    private void restart() throws Exception {
        close();
        open();
    }

    private static Quotas quotas(long requestsMinute, long requestsDay, long tokensMinute, long tokensDay) {
        return new Quotas(quota(requestsMinute), quota(requestsDay), quota(tokensMinute), quota(tokensDay));
    }

    private static OptionalLong quota(long value) {
        return value == 0 ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private ApiKeys.Created create(Quotas quotas) throws Exception {
        return node.apiKeys().create("laptop", Set.of(Scope.RUN), quotas);
    }

    private void answer(String key, String more) throws Exception {
        try (Access.Room room = node.apiKeys().room(key, 1, 1)) {
            answer(new Charge(Optional.of(key), room::counted), more);
        }
    }

    private void answer(Charge charge, String more) throws Exception {
        byte[] body = TestNode.chatBody("ping", more);
        switch (node.answers().begin(TestNode.chat(body), body, node.loadedModels()::get, charge)) {
            case Answers.Repeated _ -> {}
            case PendingAnswer pending -> {
                try (pending) {
                    pending.run((_, _) -> true);
                }
            }
        }
    }

    private int waitSeconds(String key, long tokens) {
        ApiException refused = assertThrows(ApiException.class, () -> node.apiKeys().room(key, 1, tokens));
        assertEquals(429, refused.error().status());
        assertEquals("quota_exceeded", refused.error().code().orElse(""));
        return refused.error().retryAfterSeconds().orElseThrow();
    }

    private void assertRoom(String key) throws Exception {
        node.apiKeys().room(key, 1, 1).close();
    }

    private long today(boolean tokens) {
        ApiKeys.Listed listed = node.apiKeys().list().getFirst();
        return tokens ? listed.tokensToday() : listed.requestsToday();
    }

    @Test
    void theKeyItselfIsNowhereInTheFolder() throws Exception {
        String secret = create(Quotas.none()).secret();
        assertTrue(secret.matches("plumb_[0-9a-f]{16}_[0-9a-f]{64}"), secret);
        restart();
        assertEquals("laptop", node.apiKeys().check(secret).orElseThrow().name());
        for (Path file : Files.walk(home).filter(Files::isRegularFile).toList()) {
            String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            assertFalse(bytes.contains(secret.substring(secret.length() - 64)), file.toString());
        }
    }

    @Test
    void refusesWhateverIsNotTheKey() throws Exception {
        String secret = create(Quotas.none()).secret();
        String last = secret.endsWith("0") ? "1" : "0";
        for (String wrong : List.of("", "plumb_", secret + " ", " " + secret, secret + "0",
                secret.substring(0, secret.length() - 1), secret.substring(0, secret.length() - 1) + last,
                secret.toUpperCase(java.util.Locale.ROOT), secret.replace("plumb_", "plumb-"),
                "plumb_" + "0".repeat(16) + secret.substring(22), secret.substring(0, 23) + "0".repeat(64),
                "x".repeat(1 << 20), secret + "\0", "laptop")) {
            assertTrue(node.apiKeys().check(wrong).isEmpty(), wrong.substring(0, Math.min(99, wrong.length())));
        }
        assertTrue(node.apiKeys().check(secret).isPresent());
        assertThrows(NodeException.class, () -> create(Quotas.none()), "a name is one key's");
        for (String name : List.of("", "A", "a b", "-a", "a'", "a".repeat(65))) {
            assertThrows(IllegalArgumentException.class,
                    () -> node.apiKeys().create(name, Set.of(Scope.RUN), Quotas.none()), name);
        }
        assertThrows(IllegalArgumentException.class, () -> node.apiKeys().create("b", Set.of(), Quotas.none()));
    }

    @Test
    void aRevokedKeyStaysRevokedAndItsNameIsFree() throws Exception {
        ApiKeys.Created first = create(Quotas.none());
        assertTrue(node.apiKeys().revoke("nobody").isEmpty());
        assertEquals(first.key().id(), node.apiKeys().revoke("laptop").orElseThrow().id());
        answer(first.key().id(), ""); // it was under way
        assertTrue(node.apiKeys().check(first.secret()).isEmpty());
        ApiKeys.Created second = create(Quotas.none());
        restart();
        assertTrue(node.apiKeys().check(first.secret()).isEmpty());
        assertTrue(node.apiKeys().revoke(second.key().id()).isPresent());
        assertFalse(node.apiKeys().isAnyFor(Scope.RUN));
    }

    @Test
    void countsEachReceiptOnceAlsoAcrossARestart() throws Exception {
        String key = create(quotas(0, 3, 0, 0)).key().id();
        String nonce = ",\"nonce\":\"" + "ab".repeat(32) + "\"";
        answer(key, nonce);
        answer(key, nonce);
        assertEquals(1, today(false), "the same nonce is the same answer");
        restart();
        assertEquals(1, today(false));
        assertEquals(TOKENS, today(true));
        answer(key, "");
        model.failure = new IllegalStateException("on purpose");
        assertThrows(IllegalStateException.class, () -> answer(key, ""));
        model.failure = null;
        restart();
        assertEquals(2, today(false), "what failed has no receipt");
        assertRoom(key);
        answer(key, "");
        restart();
        assertEquals(12 * 3600 - 30, waitSeconds(key, 1));
        time.set(NOON.plusSeconds(12 * 3600 - 30));
        assertRoom(key);
        restart();
        assertRoom(key);
        assertEquals(0, today(false));
    }

    @Test
    void aMinuteEndsAtTheMinute() throws Exception {
        String key = create(quotas(2, 0, 0, 0)).key().id();
        answer(key, "");
        assertRoom(key);
        answer(key, "");
        assertEquals(30, waitSeconds(key, 1));
        restart();
        time.set(NOON.plusSeconds(29));
        assertEquals(1, waitSeconds(key, 1));
        time.set(NOON.plusSeconds(30));
        assertRoom(key);
    }

    @Test
    void whatIsPromisedToAnswersUnderWayIsNotGivenOutTwice() throws Exception {
        String key = create(quotas(0, 0, 100, 0)).key().id();
        // The first may go beyond the quota, the second doesn't get in beside it.
        Access.Room first = node.apiKeys().room(key, 1, 500);
        assertEquals(2, waitSeconds(key, 1));
        first.close();
        first.close();
        Access.Room small = node.apiKeys().room(key, 1, 99);
        Access.Room another = node.apiKeys().room(key, 1, 1);
        waitSeconds(key, 1);
        another.close();
        assertRoom(key);
        small.close();
        for (int i = 0; i < 12; i++) { // 108 tokens
            assertRoom(key);
            answer(key, "");
        }
        assertEquals(30, waitSeconds(key, 1));
        String requests = node.apiKeys().create("b", Set.of(Scope.RUN), quotas(1, 0, 0, 0)).key().id();
        Access.Room only = node.apiKeys().room(requests, 1, 1);
        waitSeconds(requests, 1);
        only.close();
        assertRoom(requests);
    }

    @Test
    void anAnswerThatIsCountedIsNoLongerPromisedThoughItsCallerIsStillBeingTold() throws Exception {
        String key = create(quotas(2, 0, 20, 0)).key().id();
        try (Access.Room first = node.apiKeys().room(key, 1, 12)) {
            answer(new Charge(Optional.of(key), first::counted), "");
            try (Access.Room second = node.apiKeys().room(key, 1, 12)) {
                waitSeconds(key, 1);
                answer(new Charge(Optional.of(key), second::counted), "");
                assertEquals(30, waitSeconds(key, 1), "nothing is promised any more, two are counted");
            }
        }
        assertEquals(2, today(false));
        assertEquals(2 * TOKENS, today(true));
    }

    @Test
    void aRequestForSeveralAnswersIsPromisedAllOfThemAndGivesBackThoseThatItDidNotGet() throws Exception {
        String key = create(quotas(4, 0, 0, 0)).key().id();
        Access.Room three = node.apiKeys().room(key, 3, 5);
        try (Access.Room fourth = node.apiKeys().room(key, 1, 5)) {
            waitSeconds(key, 1);
            answer(new Charge(Optional.of(key), three::counted), "");
            waitSeconds(key, 1);
            three.close();
            three.close();
            assertRoom(key); // one is counted, one promised
            answer(new Charge(Optional.of(key), fourth::counted), "");
        }
        assertRoom(key);
        answer(key, "");
        answer(key, "");
        assertEquals(30, waitSeconds(key, 1));
    }

    @Test
    void anAnswerCountsForTheMinuteOfItsReceiptAlsoIfItIsWrittenInTheNextOne() throws Exception {
        String key = create(quotas(2, 0, 0, 0)).key().id();
        Instant next = NOON.plusSeconds(30);
        time.set(next);
        answer(key, "");
        time.set(NOON); // a receipt of the minute before comes late
        answer(new Charge(Optional.of(key), receipt -> {
            time.set(next);
            try (Access.Room room = node.apiKeys().room(key, 1, 1)) {
                room.counted(receipt);
            } catch (ApiException e) {
                throw new AssertionError(e);
            }
        }), "");
        assertRoom(key);
        restart();
        assertRoom(key);
        answer(key, "");
        assertEquals(60, waitSeconds(key, 1));
        restart();
        assertEquals(60, waitSeconds(key, 1));
        assertEquals(3, today(false));
    }
}
