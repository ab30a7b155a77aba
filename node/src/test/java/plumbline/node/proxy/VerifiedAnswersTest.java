package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.Model;
import plumbline.engine.request.InferenceRequest;
import plumbline.sdk.AnswerListener;
import plumbline.sdk.Evidence;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.Question;
import plumbline.sdk.RefusedException;
import plumbline.sdk.Step;
import plumbline.sdk.VerifiedAnswer;
import plumbline.verify.Fact;
import plumbline.verify.Policy;

/// A client of real nodes: what it takes for an answer, and what it doesn't (F1 to F14, of spec/proxy.md).
@Timeout(120)
final class VerifiedAnswersTest {

    @TempDir
    Path folder;

    private TinyNodes nodes;
    private final List<String> notices = new ArrayList<>();
    private final List<Evidence> evidence = new ArrayList<>();
    private final List<Integer> passedOn = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        nodes = new TinyNodes(folder, 3);
    }

    @AfterEach
    void stop() throws Exception {
        nodes.close();
    }

    private Plumbline.Settings settings(double share) {
        return Plumbline.Settings.in(folder.resolve("client")).withShare(share).withNotices(notices::add);
    }

    private Plumbline connect(double share, String... urls) throws PlumblineException {
        return Plumbline.connect(List.of(urls), settings(share));
    }

    static Question question(String more) throws PlumblineException {
        return Question.of(InferenceRequest.CHAT, ("{\"model\":\"" + TinyNodes.NAME
                + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"max_tokens\":24" + more + "}")
                .getBytes(StandardCharsets.UTF_8));
    }

    private Optional<VerifiedAnswer> ask(Plumbline plumbline, String more) throws PlumblineException {
        passedOn.clear();
        return plumbline.ask(question(more), new AnswerListener() {
            @Override
            public boolean token(int id, String text) {
                passedOn.add(id);
                return true;
            }

            @Override
            public void evidence(Evidence found) {
                evidence.add(found);
            }
        });
    }

    private static boolean shows(VerifiedAnswer answer, String fact) {
        return answer.facts().stream().anyMatch(f -> f.name().equals(fact) && f.shown());
    }

    private int[] passed() {
        return passedOn.stream().mapToInt(Integer::intValue).toArray();
    }

    @Test
    void anAnswerIsCheckedAndPinnedAndSaysWhatWasShown() throws Exception {
        try (Plumbline plumbline = connect(0, nodes.url(0))) {
            VerifiedAnswer answer = ask(plumbline, ",\"temperature\":0.9").orElseThrow();
            assertArrayEquals(answer.receipt().opened().output().toArray(), passed());
            assertEquals(answer.receipt().opened().text(), answer.text());
            assertTrue(shows(answer, "signed") && shows(answer, "in-log") && !shows(answer, "replayed"));
            assertTrue(answer.checks().stream().anyMatch(check -> check.name().equals("prompt")));
            VerifiedAnswer next = ask(plumbline, ",\"temperature\":0.9").orElseThrow();
            assertTrue(shows(next, "consistent"), next.facts().toString());
        }
        assertTrue(notices.stream().anyMatch(line -> line.contains("pinned at first use: test/tiny = sha256:")));
        String lock = Files.readString(folder.resolve("client/plumb.lock"));
        assertTrue(lock.contains("\nnode " + nodes.url(0) + " plumbline/"), lock);
    }

    @Test
    void theModelsHeadIsFetchedOnceAndOnlyThatMuchOfTheFile() throws Exception {
        try (Plumbline plumbline = connect(0, nodes.url(0))) {
            ask(plumbline, "");
        }
        Path head = Files.list(folder.resolve("client/heads")).toList().getFirst();
        assertTrue(Files.size(head) < Files.size(nodes.file), "only the head: H1 to H7");
    }

    @Test
    void aShareIsReplayedHereOrElsewhereAndItIsSaidWhere() throws Exception {
        try (Plumbline plumbline = connect(99.999, nodes.url(0), nodes.url(1))) {
            VerifiedAnswer answer = ask(plumbline, "").orElseThrow();
            Fact fact = answer.facts().stream().filter(f -> f.name().equals("re-executed")).findFirst().orElseThrow();
            assertTrue(fact.voucher().startsWith("plumbline/"), fact.text());
        }
        try (Model model = nodes.model();
                Plumbline plumbline = Plumbline.connect(
                        List.of(nodes.url(0)), settings(99.999), _ -> Optional.of(model))) {
            VerifiedAnswer answer = ask(plumbline, "").orElseThrow();
            assertTrue(answer.facts().stream().anyMatch(f -> f.text().equals("replayed (by you)")));
        }
    }

    @Test
    void oneNodeAtTwoAddressesIsNotAnotherThatReExecutes() throws Exception {
        try (TcpRelay again = new TcpRelay(nodes.url(0));
                Plumbline plumbline = connect(99.999, nodes.url(0), again.url())) {
            VerifiedAnswer answer = ask(plumbline, "").orElseThrow();
            assertFalse(shows(answer, "re-executed"), answer.facts().toString());
            assertTrue(answer.steps().stream().anyMatch(step -> step.what() == Step.What.NOT_RE_EXECUTED
                    && step.detail().contains("one node at two addresses")), answer.steps().toString());
        }
    }

    /// F38. Each of its questions would be waited for for ten seconds to two minutes.
    @Test
    void aNodeThatIsSilentFromTheBeginningHoldsNobodyUp() throws Exception {
        try (TcpRelay silent = new TcpRelay(nodes.url(1));
                Plumbline plumbline = connect(0, silent.url(), nodes.url(0))) {
            silent.swallow();
            assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
                assertEquals(1, plumbline.models().size());
                assertEquals(nodes.url(0), ask(plumbline, "").orElseThrow().node());
            });
        }
    }

    /// F14: it did nothing wrong, so another program may ask it, and this one when it is started anew.
    @Test
    void aNodeThatThePolicyDoesNotNameIsSetAsideWhileTheProgramRuns() throws Exception {
        Plumbline.Settings strict = settings(0).withPolicy(Policy.parse(
                ("log " + nodes.key(1).strip() + "\nquorum none\n").getBytes(StandardCharsets.UTF_8)));
        try (Plumbline plumbline = Plumbline.connect(List.of(nodes.url(0)), strict)) {
            PlumblineException first = assertThrows(PlumblineException.class, () -> ask(plumbline, ""));
            assertTrue(first.getMessage().contains("log-not-in-policy"), first.getMessage());
            PlumblineException next = assertThrows(PlumblineException.class, () -> ask(plumbline, ""));
            assertTrue(next.cure().contains("your policy") && !next.cure().contains("--forgive"), next.cure());
        }
        try (Plumbline plumbline = Plumbline.connect(List.of(nodes.url(0), nodes.url(1)), strict)) {
            assertEquals(nodes.url(1), ask(plumbline, "").orElseThrow().node());
        }
        try (Plumbline plumbline = connect(0, nodes.url(0))) {
            ask(plumbline, "").orElseThrow();
        }
    }

    /// The end has come, and the receipt would be waited for for ten seconds (F11).
    @Test
    void aNodeThatIsGoneBeforeItsReceiptIsFetchedIsReplacedToo() throws Exception {
        try (TcpRelay relay = new TcpRelay(nodes.url(0)); Plumbline plumbline = connect(0, relay.url(), nodes.url(1))) {
            relay.lie(text -> {
                if (text.contains("[DONE]")) {
                    relay.swallow();
                }
                return text;
            });
            Optional<Step> lost = Optional.empty();
            // Whichever of the two is asked first: the relay's turn comes soon.
            while (lost.isEmpty()) {
                VerifiedAnswer answer = ask(plumbline, "").orElseThrow();
                assertEquals(nodes.url(1), answer.node());
                lost = answer.steps().stream().filter(step -> step.what() == Step.What.LOST).findFirst();
            }
            assertEquals("it doesn't answer", lost.get().detail());
        }
    }

    @Test
    void aNodeThatWasSetAsideIsAskedForNothing() throws Exception {
        try (HostileNode liar = new HostileNode(nodes.url(1), "/", exchange -> { })) {
            Files.createDirectories(folder.resolve("client"));
            Files.writeString(folder.resolve("client/set-aside"),
                    "set-aside v1\n" + liar.url() + " " + Instant.now() + " it lied\n");
            try (Plumbline plumbline = connect(0, liar.url(), nodes.url(0))) {
                assertEquals(1, plumbline.models().size());
                ask(plumbline, "").orElseThrow();
            }
            assertEquals(0, liar.made.get());
        }
    }

    @Test
    void aChangedDigestUnderAPinnedNameIsRefused() throws Exception {
        Path lock = folder.resolve("client/plumb.lock");
        Files.createDirectories(lock.getParent());
        Files.writeString(lock, "plumb.lock v1\nmodel test/tiny sha256:" + "0".repeat(64) + " "
                + "0".repeat(64) + "\n");
        try (Plumbline plumbline = connect(0, nodes.url(0))) {
            RefusedException changed = assertThrows(RefusedException.class, () -> ask(plumbline, ""));
            assertEquals("model_changed", changed.code());
            assertTrue(changed.getMessage().contains("is pinned to sha256:0000")
                    && changed.getMessage().contains("says that it is sha256:"), changed.getMessage());
        }
        Files.writeString(lock, "plumb.lock v1\nmodel test/tiny nonsense\n");
        assertThrows(PlumblineException.class, () -> connect(0, nodes.url(0)));
        Files.delete(lock);
        try (Plumbline plumbline = connect(0, nodes.url(0))) {
            ask(plumbline, "");
            RefusedException refused = assertThrows(RefusedException.class,
                    () -> plumbline.model("test/tiny@sha256:" + "0".repeat(64)));
            assertEquals(404, refused.status());
        }
    }

    /// Another token in one place, in the stream alone: the receipt is an honest one.
    private static String otherToken(String text) {
        Matcher token = Pattern.compile("\"tokens\":\\[(\\d)").matcher(text);
        if (!token.find()) {
            return text;
        }
        char other = token.group(1).equals("1") ? '2' : '1';
        return text.substring(0, token.start(1)) + other + text.substring(token.end(1));
    }

    @Test
    void aLieIsFoundAtTheEndAndTheStreamDoesNotEndWell() throws Exception {
        try (TcpRelay liar = new TcpRelay(nodes.url(0)); Plumbline plumbline = connect(0, liar.url())) {
            liar.lie(VerifiedAnswersTest::otherToken);
            assertThrows(PlumblineException.class, () -> ask(plumbline, ""));
            assertFalse(evidence.isEmpty());
        }
        try (TcpRelay liar = new TcpRelay(nodes.url(0)); Plumbline plumbline = connect(0, liar.url(), nodes.url(1))) {
            liar.lie(VerifiedAnswersTest::otherToken);
            int failures = 0;
            for (int i = 0; i < 6; i++) {
                try {
                    VerifiedAnswer answer = ask(plumbline, ",\"seed\":5").orElseThrow();
                    assertEquals(nodes.url(1), answer.node());
                } catch (PlumblineException e) {
                    failures++;
                }
            }
            assertTrue(failures <= 1, "a node that was found out isn't asked again");
        }
    }

    @Test
    void atAShareOfAHundredNoWrongTokenIsPassedOnAndTheAnswerIsThatOfTheModel() throws Exception {
        int[] right;
        try (Plumbline plumbline = connect(0, nodes.url(2))) {
            right = ask(plumbline, ",\"seed\":5").orElseThrow().receipt().opened().output().toArray();
        }
        try (TcpRelay liar = new TcpRelay(nodes.url(0)); Model model = nodes.model();
                Plumbline plumbline = Plumbline.connect(
                        List.of(liar.url(), nodes.url(1)), settings(100), _ -> Optional.of(model))) {
            liar.lie(VerifiedAnswersTest::otherToken);
            for (int i = 0; i < 4; i++) {
                assertTrue(ask(plumbline, ",\"seed\":5").isPresent());
                assertArrayEquals(right, passed());
            }
        }
        // Without the model here two nodes must agree; two that don't are both asked no more for this answer.
        try (TcpRelay liar = new TcpRelay(nodes.url(0)); TcpRelay other = new TcpRelay(nodes.url(1));
                Plumbline plumbline = connect(100, liar.url(), other.url())) {
            assertTrue(ask(plumbline, ",\"seed\":5").isPresent());
            assertArrayEquals(right, passed());
            liar.lie(VerifiedAnswersTest::otherToken);
            assertThrows(PlumblineException.class, () -> ask(plumbline, ",\"seed\":5"));
            for (int i = 0; i < passedOn.size(); i++) {
                assertEquals(right[i], passedOn.get(i));
            }
        }
        // With three, one that lies is outvoted: here it needs the other two, so it is their answer.
        try (TcpRelay liar = new TcpRelay(nodes.url(0));
                Plumbline plumbline = connect(100, liar.url(), nodes.url(1), nodes.url(2))) {
            liar.lie(VerifiedAnswersTest::otherToken);
            for (int i = 0; i < 3; i++) {
                try {
                    ask(plumbline, ",\"seed\":5");
                } catch (PlumblineException e) {
                    // The pair that had to agree was the liar and another, and only one was left.
                }
                for (int at = 0; at < passedOn.size(); at++) {
                    assertEquals(right[at], passedOn.get(at));
                }
            }
        }
    }

    @Test
    void whatIsRestrictedToAFormIsDrawnHereUnderTheSameRestriction() throws Exception {
        try (Model model = nodes.model();
                Plumbline plumbline = Plumbline.connect(
                        List.of(nodes.url(0)), settings(100), _ -> Optional.of(model))) {
            VerifiedAnswer answer = ask(plumbline, ",\"seed\":5,\"response_format\":{\"type\":\"json_schema\","
                    + "\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"boolean\"}}}").orElseThrow();
            assertTrue(List.of("true", "false").contains(answer.text()), answer.text());
        }
    }

    @Test
    void anAnswerGoesOnAtAnotherNodeTokenForToken() throws Exception {
        int[] right;
        try (Plumbline plumbline = connect(0, nodes.url(2))) {
            right = ask(plumbline, ",\"seed\":5,\"temperature\":1.2").orElseThrow()
                    .receipt().opened().output().toArray();
        }
        try (TcpRelay one = new TcpRelay(nodes.url(0)); TcpRelay two = new TcpRelay(nodes.url(1));
                Plumbline plumbline = connect(0, one.url(), two.url())) {
            List<Step> steps = new ArrayList<>();
            List<Integer> ids = new ArrayList<>();
            VerifiedAnswer answer = plumbline.ask(question(",\"seed\":5,\"temperature\":1.2"), new AnswerListener() {
                @Override
                public boolean token(int id, String text) {
                    ids.add(id);
                    if (ids.size() == 7) {
                        reset(one, two);
                    }
                    return true;
                }

                @Override
                public void step(Step step) {
                    steps.add(step);
                }
            }).orElseThrow();
            assertArrayEquals(right, ids.stream().mapToInt(Integer::intValue).toArray(), steps.toString());
            assertArrayEquals(right, answer.receipt().opened().output().toArray());
        }
    }

    private static void reset(TcpRelay... relays) {
        try {
            for (TcpRelay relay : relays) {
                relay.reset();
            }
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void twoNodesThatCallDifferentFilesTheSameAreNotAsked() throws Exception {
        Path other = Files.write(folder.resolve("other.gguf"), new byte[50_000]);
        nodes.servers.get(1).node().models().name(TinyNodes.NAME,
                nodes.servers.get(1).node().models().add(other, (_, _) -> { }).id());
        try (Plumbline plumbline = connect(0, nodes.url(0), nodes.url(1))) {
            RefusedException refused = assertThrows(RefusedException.class, () -> ask(plumbline, ""));
            assertEquals("model_disputed", refused.code());
        }
    }

    @Test
    void theListenerEndsTheAnswer() throws Exception {
        try (Plumbline plumbline = connect(0, nodes.url(0))) {
            assertTrue(plumbline.ask(question(""), (_, _) -> false).isEmpty());
        }
    }

    @Test
    void closingTheClientEndsWhatIsUnderWayWithAnError() throws Exception {
        Plumbline plumbline = connect(0, nodes.url(0));
        PlumblineException why = assertThrows(PlumblineException.class, () -> plumbline.ask(question(""), (_, _) -> {
            plumbline.close();
            return true;
        }));
        assertEquals("the client was closed", why.getMessage());
        assertThrows(PlumblineException.class, () -> plumbline.ask(question(""), (_, _) -> true));
    }

    @Test
    void whatAListenerThrowsReachesWhoAsked() throws Exception {
        try (Plumbline plumbline = connect(0, nodes.url(0))) {
            assertThrows(UnsupportedOperationException.class, () -> plumbline.ask(question(""), (_, _) -> {
                throw new UnsupportedOperationException("a listener's own");
            }));
        }
    }

    @Test
    void whoIsInterruptedNoLongerWaits() throws Exception {
        try (Plumbline plumbline = connect(0, nodes.url(0))) {
            Thread asker = Thread.currentThread();
            CountDownLatch hasLeft = new CountDownLatch(1);
            assertTrue(plumbline.ask(question(""), (_, _) -> {
                asker.interrupt();
                awaitUnchecked(hasLeft);
                return true;
            }).isEmpty());
            assertTrue(Thread.interrupted());
            hasLeft.countDown();
        }
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
