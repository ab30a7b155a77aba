package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// API keys for nodes: where they are read, to whom they go, and that nobody else sees them (F30 to F33, F35 of
/// spec/proxy.md).
@Timeout(120)
final class AccessKeysTest {

    private static final String KEY = "plumb_0123456789abcdef_" + "0f".repeat(32);
    private static final String OTHER = "plumb_0123456789abcdef_" + "1e".repeat(32);

    @TempDir
    Path folder;

    private Path file(String text, String permissions) throws IOException {
        Path file = Files.writeString(folder.resolve("plumb.keys"), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private static String header(AccessKeys keys, String url) throws PlumblineException {
        return keys.of(NodeAddress.parse(url)).map(AccessKey::authorization).orElse("");
    }

    @Test
    void aFileSaysWhichKeyIsForWhichNodeAndForNoOther() throws Exception {
        AccessKeys keys = AccessKeys.read(file(
                "plumb.keys v1\nhttp://10.0.0.5:8080 " + KEY + "\nhttps://node.example " + OTHER + "\n", "rw-------"));
        assertEquals("Bearer " + KEY, header(keys, "http://10.0.0.5:8080/"));
        assertEquals("Bearer " + OTHER, header(keys, "https://node.example"));
        for (String other : List.of("https://10.0.0.5:8080", "http://10.0.0.5:8081", "http://10.0.0.5",
                "http://node.example", "https://node.example:443", "https://node.example.evil.example")) {
            assertEquals("", header(keys, other), other);
        }
        assertEquals("", header(AccessKeys.read(folder.resolve("none")), "http://10.0.0.5:8080"));
    }

    @Test
    void aFileThatIsWrongIsRefusedAndNotQuoted() throws Exception {
        for (String text : List.of("", KEY + "\n", "plumb.keys v1", "plumb.keys v2\n", "plumb.keys v1\n\n",
                "plumb.keys v1\n" + KEY + "\n", "plumb.keys v1\n" + KEY + " http://a\n",
                "plumb.keys v1\nhttp://a " + KEY, "plumb.keys v1\nhttp://a  " + KEY + "\n",
                "plumb.keys v1\nhttp://a " + KEY + "0\n", "plumb.keys v1\nhttp://a " + KEY.toUpperCase() + "\n",
                "plumb.keys v1\nhttp://a " + KEY + "\r\n", "plumb.keys v1\nhttp://a/path " + KEY + "\n",
                "plumb.keys v1\nhttp://a " + KEY + "\nhttp://a/ " + OTHER + "\n")) {
            Path file = file(text, "rw-------");
            PlumblineException e = assertThrows(PlumblineException.class, () -> AccessKeys.read(file), text);
            assertFalse((e.getMessage() + e.cure()).contains("0f0f"), e.getMessage());
        }
        for (String permissions : List.of("rw-r-----", "rw----r--", "rw--w----", "rw-----w-")) {
            Path open = file("plumb.keys v1\n", permissions);
            PlumblineException e = assertThrows(PlumblineException.class, () -> AccessKeys.read(open), permissions);
            assertTrue(e.cure().contains("chmod 600"), e.cure());
        }
        Path noText = Files.write(file("", "rw-------"), new byte[] {(byte) 0xff, 'p', 'l', 'u', 'm', 'b', '_'});
        assertThrows(PlumblineException.class, () -> AccessKeys.read(noText));
    }

    @Test
    void theEnvironmentsKeyIsForTheNodeThatItNamesOrTheOnlyOne() throws Exception {
        NodeAddress a = NodeAddress.parse("http://a:1");
        NodeAddress b = NodeAddress.parse("http://b:1");
        AccessKeys one = AccessKeys.of(Map.of("PLUMB_API_KEY", KEY), List.of(a));
        assertEquals("Bearer " + KEY, header(one, "http://a:1"));
        assertEquals("", header(one, "http://b:1"));
        AccessKeys named = AccessKeys.of(Map.of("PLUMB_API_KEY", KEY, "PLUMB_NODE", "http://b:1/"), List.of(a));
        assertEquals("", header(named, "http://a:1"), "not meant for that one");
        assertEquals("Bearer " + KEY, header(named, "http://b:1"));
        assertEquals("", header(AccessKeys.of(Map.of("PLUMB_API_KEY", ""), List.of(a, b)), "http://a:1"));
        assertEquals("", header(AccessKeys.of(Map.of("PLUMB_API_KEY", KEY), List.of()), "http://a:1"));
        for (String value : List.of(KEY + " ", "sk-0f0f", KEY + "\nX: y", "none")) {
            PlumblineException e = assertThrows(PlumblineException.class,
                    () -> AccessKeys.of(Map.of("PLUMB_API_KEY", value), List.of(a)));
            assertFalse((e.getMessage() + e.cure()).contains("0f0f"), e.getMessage());
        }
        PlumblineException e = assertThrows(PlumblineException.class,
                () -> AccessKeys.of(Map.of("PLUMB_API_KEY", KEY), List.of(a, b)));
        assertTrue(e.cure().contains("plumb.keys"), e.cure());
        AccessKeys both = AccessKeys.none().with("http://a:1", OTHER).and(one);
        assertEquals("Bearer " + KEY, header(both, "http://a:1"), "the later one counts");
    }

    @Test
    void noTextShowsAKey() throws Exception {
        AccessKeys keys = AccessKeys.none().with("http://a:1", KEY);
        Plumbline.Settings settings = Plumbline.Settings.in(folder).withKeys(keys).withKey("http://b:1", OTHER);
        for (Object shown : List.of(keys, keys.of(NodeAddress.parse("http://a:1")).orElseThrow(), settings)) {
            assertFalse(shown.toString().contains("0f0f"), shown.toString());
        }
        assertThrows(PlumblineException.class, () -> AccessKeys.none().with("http://a:1", "none"));
        assertThrows(PlumblineException.class, () -> AccessKeys.none().with("not an address", KEY));
    }

    @Test
    void aKeyThatGoesToAnotherMachineInTheClearIsSaid() throws Exception {
        for (Map.Entry<String, Boolean> each : Map.of(
                "http://10.0.0.5:8080", true, "http://127.0.0.1.evil.example", true,
                "https://node.example", false, "http://127.0.0.1:8080", false, "http://localhost:1", false,
                "http://[::1]:1", false).entrySet()) {
            List<String> notices = new ArrayList<>();
            Plumbline.connect(List.of(each.getKey()), Plumbline.Settings.in(folder).withNotices(notices::add)
                    .withKey(each.getKey(), KEY)).close();
            assertEquals(each.getValue(), notices.toString().contains("in the clear"), each.getKey());
            assertFalse(notices.toString().contains("0f0f"));
        }
    }

    /// A node that keeps what it is sent, up to the end of the head, and answers what it is told to.
    private record Listener(ServerSocket socket, ConcurrentLinkedQueue<String> heads) implements AutoCloseable {
        static Listener start(Function<String, String> answer) throws IOException {
            Listener node = new Listener(
                    new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), new ConcurrentLinkedQueue<>());
            Thread.ofVirtual().start(() -> {
                while (!node.socket.isClosed()) {
                    try (Socket caller = node.socket.accept()) {
                        StringBuilder head = new StringBuilder();
                        while (head.indexOf("\r\n\r\n") < 0) {
                            head.append((char) caller.getInputStream().read());
                        }
                        node.heads.add(head.toString());
                        caller.getOutputStream().write(
                                answer.apply(head.toString()).getBytes(StandardCharsets.US_ASCII));
                    } catch (IOException e) {
                        // The caller has gone, or the test is over.
                    }
                }
            });
            return node;
        }

        String url() {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }

        boolean saw(String text) {
            return heads.stream().anyMatch(head -> head.contains(text));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static String answer(String status, String headers, String body) {
        return "HTTP/1.1 " + status + "\r\n" + headers + "Connection: close\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
    }

    @Test
    void aRedirectTakesNoKeyElsewhere() throws Exception {
        try (Listener thief = Listener.start(_ -> answer("200 OK", "", "{}"));
                Listener node = Listener.start(head -> answer("307 Temporary Redirect", "Location: " + thief.url()
                        + head.split(" ")[1] + "\r\n", ""))) {
            Plumbline.Settings settings = Plumbline.Settings.in(folder).withKey(node.url(), KEY);
            try (Plumbline plumbline = Plumbline.connect(List.of(node.url()), settings)) {
                assertThrows(PlumblineException.class, () -> plumbline.ask("a/b", "?", _ -> { }));
                assertThrows(PlumblineException.class, plumbline::models);
            }
            assertTrue(node.saw("Authorization: Bearer " + KEY), node.heads.toString());
            assertTrue(thief.heads.isEmpty(), thief.heads.toString());
        }
    }

    @Test
    void anErrorThatSaysTheKeyIsPassedOnWithoutIt() throws Exception {
        // As JSON, as text, cut in its middle by the limit on a message, and where a number should be.
        for (String body : List.of("{\"error\":{\"message\":\"no: " + KEY + "\"}}", "no: " + KEY,
                " ".repeat(470) + KEY, "{\"error\":{\"message\":\"" + KEY.replace("p", "\\u0070") + "\"}}")) {
            for (String status : List.of("200 OK", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "500 No")) {
                try (Listener node = Listener.start(_ -> answer(status, "", body))) {
                    NodeClient client = NodeClient.of(NodeAddress.parse(node.url()),
                            Optional.of(AccessKey.parse(KEY, "this")));
                    for (NodeFailedException e : List.of(assertThrows(NodeFailedException.class, client::key),
                            assertThrows(NodeFailedException.class, () -> client.model("x")))) {
                        assertFalse((e + e.cure()).contains("0f0f"), e.toString());
                        assertEquals(status.startsWith("40") && !status.startsWith("400"),
                                e.cure().contains("PLUMB_API_KEY"), e + e.cure());
                    }
                    assertTrue(node.saw(KEY));
                }
            }
        }
    }
}
