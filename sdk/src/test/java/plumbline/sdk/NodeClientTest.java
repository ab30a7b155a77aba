package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Nodes that send what they shouldn't: a body without end, a byte at a time or all at once, or no HTTP.
@Timeout(120)
final class NodeClientTest {

    private interface Speaks {
        void to(OutputStream out) throws IOException;
    }

    /// A node that reads no request and says the same to everybody.
    private record Hostile(ServerSocket socket) implements AutoCloseable {
        static Hostile start(Speaks node) throws IOException {
            ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread.ofVirtual().start(() -> {
                while (!socket.isClosed()) {
                    try (Socket caller = socket.accept()) {
                        node.to(caller.getOutputStream());
                    } catch (IOException e) {
                        // The caller has gone, or the test is over.
                    }
                }
            });
            return new Hostile(socket);
        }

        NodeClient client() throws Exception {
            return NodeClient.of(
                    NodeAddress.parse("http://127.0.0.1:" + socket.getLocalPort()), Optional.empty());
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static void head(OutputStream out, long length) throws IOException {
        out.write(("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void waitsNoLongerThanItsTimeForABodyThatDrips() throws Exception {
        try (Hostile node = Hostile.start(out -> {
            head(out, 1000);
            for (int i = 0; i < 1000; i++) {
                out.write(' ');
                out.flush();
                pause();
            }
        })) {
            // By the drips it would take minutes.
            assertFalse(node.client().isAlive(Duration.ofMillis(200)));
        }
    }

    // The drip itself, not a wait for something.
    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void readsNoMoreThanAnAnswerMayHave() throws Exception {
        byte[] megabyte = new byte[1 << 20];
        Arrays.fill(megabyte, (byte) ' ');
        try (Hostile node = Hostile.start(out -> {
            head(out, 1L << 40);
            while (true) {
                out.write(megabyte);
            }
        })) {
            NodeClient client = node.client();
            assertThrows(NodeFailedException.class, client::key);
            assertThrows(NodeFailedException.class, client::models);
        }
    }

    @Test
    void saysWhatIsNoAnswer() throws Exception {
        for (String said : new String[] {"hello\r\n\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[1",
            "HTTP/1.1 500 No\r\nContent-Length: 12\r\n\r\n\u001b[2J\u0007\r\nhaha",
            "HTTP/1.1 400 No\r\nContent-Length: 37\r\n\r\n{\"error\":{\"message\":\"\\u001b]0;x\\u0007\"}}",
            "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"}) {
            try (Hostile node = Hostile.start(out -> out.write(said.getBytes(StandardCharsets.US_ASCII)))) {
                NodeClient client = node.client();
                NodeFailedException e = assertThrows(NodeFailedException.class, client::key, said);
                assertTrue(e.getMessage().startsWith("the node at "), e.getMessage());
                NodeFailedException model = assertThrows(NodeFailedException.class, () -> client.model("x"), said);
                assertEquals(0, model.getMessage().chars().filter(Character::isISOControl).count());
            }
        }
    }
}
