package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.node.proxy.HostileNode.Attack;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.VerifiedAnswer;

/// Nodes that send what no node should, beside an honest one: it is the honest one's answer that arrives, in bounded
/// time and memory (F11, F18, F19).
@Timeout(120)
final class HostileNodesTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String CHUNK =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"plumbline\":{\"tokens\":%s}}]}\n\n";

    @TempDir
    Path folder;

    private TinyNodes nodes;
    private int[] right;
    private int round;

    @BeforeEach
    void start() throws Exception {
        nodes = new TinyNodes(folder, 1);
        try (Plumbline plumbline = connect(nodes.url(0))) {
            right = ask(plumbline);
        }
    }

    @AfterEach
    void stop() throws Exception {
        nodes.close();
    }

    private Plumbline connect(String... urls) throws PlumblineException {
        return connect(400, urls);
    }

    private Plumbline connect(long stallMillis, String... urls) throws PlumblineException {
        return Plumbline.connect(List.of(urls), Plumbline.Settings.in(folder.resolve("client" + round++))
                .withShare(0).withStall(stallMillis));
    }

    private static int[] ask(Plumbline plumbline) throws PlumblineException {
        VerifiedAnswer answer = plumbline.ask(VerifiedAnswersTest.question(",\"seed\":5"), (_, _) -> true)
                .orElseThrow();
        return answer.receipt().opened().output().toArray();
    }

    /// Asks until the attack was made; the honest node answers each time.
    private void survives(String path, Map<String, Attack> attacks) throws Exception {
        for (Map.Entry<String, Attack> attack : attacks.entrySet()) {
            try (HostileNode hostile = new HostileNode(nodes.url(0), path, attack.getValue());
                    Plumbline plumbline = connect(hostile.url(), nodes.url(0))) {
                for (int i = 0; i < 30 && hostile.made.get() == 0; i++) {
                    assertArrayEquals(right, ask(plumbline), path + ": " + attack.getKey());
                }
                assertTrue(hostile.made.get() > 0, path + ": " + attack.getKey() + " was never met");
            }
        }
    }

    @Test
    void streamsThatAreNoneEndWithTheHonestNodesAnswer() throws Exception {
        Map<String, Attack> attacks = new LinkedHashMap<>();
        attacks.put("comments without end", HostileNode.endless(200, ": x\n\n".repeat(1000), 0));
        attacks.put("a line without end", HostileNode.endless(200, "data: " + "x".repeat(60_000), 0));
        attacks.put("alive and never a token", HostileNode.endless(200, ": x\n\n", 100));
        attacks.put("an error without end", HostileNode.endless(500, "x".repeat(60_000), 0));
        attacks.put("a slow error", HostileNode.endless(500, "x", 100));
        attacks.put("no JSON", HostileNode.once(200, "data: {{{{\n\n"));
        attacks.put("deep JSON", HostileNode.once(200, "data: " + "[".repeat(500_000) + "\n\n"));
        attacks.put("no ids", HostileNode.once(200, CHUNK.formatted("[\"a\"]")));
        attacks.put("a negative id", HostileNode.once(200, CHUNK.formatted("[-1]")));
        attacks.put("an id that there isn't", HostileNode.once(200, CHUNK.formatted("[2000000000]")));
        attacks.put("a list of ids without end",
                HostileNode.once(200, CHUNK.formatted("[-1" + ",1".repeat(400_000) + "]")));
        attacks.put("nothing", HostileNode.once(200, ""));
        attacks.put("an end at once", HostileNode.once(200, "data: [DONE]\n\n"));
        attacks.put("no receipt", exchange -> exchange.sendResponseHeaders(200, -1));
        attacks.put("not a word", _ -> Thread.sleep(60_000));
        survives(CHAT, attacks);
    }

    @Test
    void receiptsHeadsKeysAndModelsThatAreNoneAreGotElsewhere() throws Exception {
        Map<String, Attack> attacks = new LinkedHashMap<>();
        attacks.put("bytes without end", HostileNode.endless(200, "x".repeat(60_000), 0));
        attacks.put("garbage", HostileNode.once(200, "plumbline bundle v1\n\u0000\u00ff"));
        attacks.put("deep JSON", HostileNode.once(200, "[".repeat(400_000)));
        attacks.put("not there", HostileNode.once(404, "{}"));
        survives("/v1/receipts/", attacks);
        attacks.remove("not there");
        for (String path : List.of("/v1/heads/", "/v1/key", "/v1/models/")) {
            survives(path, attacks);
            attacks.remove("deep JSON");
        }
        survives("/v1/receipts/", Map.of("drop by drop", HostileNode.endless(200, "x", 50)));
    }

    @Test
    void aLogThatShowsNoProofIsNotFollowed() throws Exception {
        try (HostileNode hostile = new HostileNode(nodes.url(0), "/tile/", HostileNode.once(200, "x".repeat(8192)));
                Plumbline plumbline = connect(hostile.url())) {
            assertArrayEquals(right, ask(plumbline), "nothing is remembered of the log yet");
            assertThrows(PlumblineException.class, () -> ask(plumbline), "its tiles lead elsewhere");
            assertTrue(hostile.made.get() > 0);
        }
    }

    @Test
    void aloneTheyLeadToAnError() throws Exception {
        try (HostileNode hostile = new HostileNode(nodes.url(0), CHAT, HostileNode.endless(200, ": x\n\n", 100));
                Plumbline plumbline = connect(100, hostile.url())) {
            PlumblineException e = assertThrows(PlumblineException.class, () -> ask(plumbline));
            assertEquals("no node answers", e.getMessage());
        }
    }
}
