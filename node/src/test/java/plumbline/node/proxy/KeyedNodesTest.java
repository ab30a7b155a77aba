package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.node.ApiKey;
import plumbline.node.api.Scope;
import plumbline.sdk.NodeFailedException;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.VerifiedAnswer;

/// Nodes that let nobody in without an API key, and clients that have one, none or another's (F31 to F34 of
/// spec/proxy.md, A112 of spec/api.md).
@Timeout(120)
final class KeyedNodesTest {

    @TempDir
    Path folder;

    private final List<String> notices = new CopyOnWriteArrayList<>();
    private TinyNodes nodes;

    @BeforeEach
    void start() throws Exception {
        nodes = new TinyNodes(folder, 0);
        nodes.startKeyed(0);
        nodes.startKeyed(1);
    }

    @AfterEach
    void stop() throws Exception {
        nodes.close();
    }

    private String key(int node, Scope scope, OptionalLong requestsPerDay) throws Exception {
        return nodes.servers.get(node).node().apiKeys().create("k" + scope.word() + requestsPerDay.orElse(0),
                Set.of(scope), new ApiKey.Quotas(
                        OptionalLong.empty(), requestsPerDay, OptionalLong.empty(), OptionalLong.empty())).secret();
    }

    private String key(int node) throws Exception {
        return key(node, Scope.RUN, OptionalLong.empty());
    }

    private Plumbline.Settings settings() {
        return Plumbline.Settings.in(folder.resolve("client")).withShare(0).withNotices(notices::add);
    }

    private Plumbline connect(Plumbline.Settings settings, Integer... which) throws PlumblineException {
        return Plumbline.connect(Stream.of(which).map(nodes::url).toList(), settings);
    }

    private static VerifiedAnswer ask(Plumbline plumbline) throws PlumblineException {
        return plumbline.ask(VerifiedAnswersTest.question(",\"seed\":5"), (_, _) -> true).orElseThrow();
    }

    private static void assertClosed(Plumbline plumbline) {
        NodeFailedException e = assertThrows(NodeFailedException.class, () -> ask(plumbline));
        assertEquals(NodeFailedException.Kind.CLOSED, e.kind(), e.getMessage());
        assertTrue(e.cure().contains("plumb apikey create") && e.cure().contains("PLUMB_API_KEY"), e.cure());
        assertThrows(NodeFailedException.class, plumbline::models);
    }

    @Test
    void withTheRightKeyAnAnswerComesAndWithoutItTheMessageSaysWhatToDo() throws Exception {
        String right = key(0);
        try (Plumbline plumbline = connect(settings().withKey(nodes.url(0), right), 0)) {
            assertEquals(nodes.url(0), ask(plumbline).node());
            nodes.servers.get(0).node().apiKeys().revoke("krun0");
            assertClosed(plumbline);
            assertEquals(1, notices.stream().filter(line -> line.contains("refuses to answer without")).count());
        }
        // None, another node's, one that isn't for this, one that stands beside another address.
        String other = key(1);
        String publish = key(0, Scope.PUBLISH, OptionalLong.empty());
        for (Plumbline.Settings wrong : List.of(settings(), settings().withKey(nodes.url(0), other),
                settings().withKey(nodes.url(0), publish), settings().withKey(nodes.url(1), key(0, Scope.RUN,
                        OptionalLong.of(3))))) {
            try (Plumbline plumbline = connect(wrong, 0)) {
                assertClosed(plumbline);
            }
        }
    }

    @Test
    void whoGoesOnForALostNodeIsShownItsOwnKey() throws Exception {
        Path file = Files.createFile(folder.resolve("keys"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (TcpRelay first = new TcpRelay(nodes.url(0))) {
            Files.writeString(file, "plumb.keys v1\n" + first.url() + " " + key(0) + "\n" + nodes.url(1) + " " + key(1)
                    + "\n");
            try (Plumbline plumbline = Plumbline.connect(
                    List.of(first.url(), nodes.url(1)), settings().withKeys(file))) {
                // Which node begins is drawn, and what a lost one has done is counted when it has noticed. One that
                // seemed dead on a slow machine is feared for ten seconds.
                long end = System.nanoTime() + 40_000_000_000L;
                for (int i = 0; requests(0) == 0 || requests(1) == 0; i++) {
                    assertTrue(System.nanoTime() < end,
                            "one node was never asked: " + requests(0) + ", " + requests(1));
                    List<Integer> ids = new ArrayList<>();
                    plumbline.ask(VerifiedAnswersTest.question(",\"seed\":" + i), (id, _) -> {
                        ids.add(id);
                        if (ids.size() == 5) {
                            reset(first);
                        }
                        return true;
                    }).orElseThrow();
                }
            }
        }
    }

    private long requests(int node) {
        return nodes.servers.get(node).node().apiKeys().list().getFirst().requestsToday();
    }

    private static void reset(TcpRelay relay) {
        try {
            relay.reset();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aProxyWithAKeyForOneOfTwoNodesGoesOnWithThatAndSaysSoOnce() throws Exception {
        String right = key(0);
        Plumbline plumbline = connect(settings().withKey(nodes.url(0), right), 0, 1);
        StringBuilder seen = new StringBuilder();
        try (ProxyServer proxy = ProxyServer.start(plumbline, folder.resolve("book"), 0);
                HttpClient http = HttpClient.newHttpClient()) {
            for (int i = 0; i < 8; i++) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(proxy.url() + "/v1/chat/completions"))
                        .header("Content-Type", "application/json").header("Authorization", "Bearer none")
                        .POST(BodyPublishers.ofString("{\"model\":\"" + TinyNodes.NAME + "\",\"max_tokens\":4,"
                                + "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}")).build();
                var answer = http.send(request, BodyHandlers.ofString());
                assertEquals(200, answer.statusCode(), answer.body());
                seen.append(answer.headers().map()).append(answer.body());
            }
            for (String path : List.of("/", "/proxy/answers", "/v1/receipts", "/v1/models")) {
                seen.append(http.send(HttpRequest.newBuilder(URI.create(proxy.url() + path)).build(),
                        BodyHandlers.ofString()).body());
            }
        }
        // The first answer asks whichever node; the one that is closed isn't asked again for a while.
        assertTrue(notices.stream().filter(line -> line.contains("refuses to answer without")).count() <= 1,
                notices.toString());
        assertFalse((seen + notices.toString()).contains(right.substring(30)), "the key shows");
        for (String kept : List.of("client", "book")) {
            try (Stream<Path> files = Files.walk(folder.resolve(kept))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    assertFalse(Files.readString(file, StandardCharsets.ISO_8859_1).contains(right.substring(30)),
                            file + " has the key in it");
                }
            }
        }
    }

    @Test
    void aProxyWithoutAnyRightKeySaysWhatToDo() throws Exception {
        Plumbline plumbline = connect(settings().withKey(nodes.url(1), key(0)), 0, 1);
        try (ProxyServer proxy = ProxyServer.start(plumbline, folder.resolve("book"), 0);
                HttpClient http = HttpClient.newHttpClient()) {
            var answer = http.send(HttpRequest.newBuilder(URI.create(proxy.url() + "/v1/models")).build(),
                    BodyHandlers.ofString());
            assertEquals(502, answer.statusCode());
            assertTrue(answer.body().contains("plumb apikey create"), answer.body());
        }
    }
}
