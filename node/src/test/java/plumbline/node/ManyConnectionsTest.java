package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.api.ConnectionLimits;

/// A node in a process of its own, and ten thousand connections (spec/api.md A95).
@Tag("full")
@Timeout(300)
final class ManyConnectionsTest {

    private static final int CONNECTIONS = 10_000;
    private static final int HEAP_MEBIBYTES = 512;

    @TempDir
    Path home;

    /// The node: `HOME CONNECTIONS_MAX`; ends when its input does.
    static final class Server {
        private Server() {}

        public static void main(String[] words) throws Exception {
            ConnectionLimits limits = new ConnectionLimits(
                    Integer.parseInt(words[1]), 20_000, 20_000, 20_000, 4 << 20, 64 << 20);
            try (NodeServer server = NodeServer.start(TestNode.open(Path.of(words[0]), new FakeModel()), 0,
                    RequestDefaults.standard(), ServingLimits.standard(), limits)) {
                System.out.println(server.url());
                System.in.read();
            }
        }
    }

    private record Running(Process process, URI url) implements AutoCloseable {
        int answerStatus() throws Exception {
            try (HttpClient client = HttpClient.newHttpClient()) {
                HttpRequest request = HttpRequest.newBuilder(url.resolve("/v1/chat/completions"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(TestNode.chatBody("ping", ""))).build();
                return client.send(request, BodyHandlers.ofString()).statusCode();
            }
        }

        String resident() throws IOException {
            Path status = Path.of("/proc", Long.toString(process.pid()), "status");
            return Files.exists(status)
                    ? Files.readString(status).replaceAll("(?s).*VmRSS:\\s*([0-9]+ kB).*", "$1") : "unknown";
        }

        @Override
        public void close() throws IOException {
            process.getOutputStream().close();
            process.destroyForcibly();
        }
    }

    private Running start(int connectionsMax) throws Exception {
        Process process = ChildJvm.start(HEAP_MEBIBYTES,
                Server.class, home, home.resolve("data").toString(), Integer.toString(connectionsMax));
        BufferedReader out = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return new Running(process, URI.create(out.readLine()));
    }

    /// As many as this process may open; connects without waiting for the other side to accept.
    private static List<SocketChannel> connect(URI url) throws IOException {
        long count = CONNECTIONS;
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            count = Math.min(count, system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount() - 200);
        }
        List<SocketChannel> channels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.connect(new InetSocketAddress("127.0.0.1", url.getPort()));
            channels.add(channel);
        }
        return channels;
    }

    @Test
    void areServedBesideAnAnswerInBoundedMemory() throws Exception {
        try (Running node = start(CONNECTIONS + 100)) {
            assertEquals(200, node.answerStatus());
            String before = node.resident();
            List<SocketChannel> channels = connect(node.url());
            // Half a request from each: every one is accepted and read.
            for (SocketChannel channel : channels) {
                while (!channel.finishConnect()) {
                    Thread.onSpinWait();
                }
                channel.write(ByteBuffer.wrap("GET /v1/models HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII)));
            }
            assertEquals(200, node.answerStatus());
            System.out.println(channels.size() + " connections in the middle of a request, heap of "
                    + HEAP_MEBIBYTES + " MiB: resident " + before + " before, " + node.resident() + " with them");
            for (SocketChannel channel : channels) {
                channel.close();
            }
            assertEquals(200, node.answerStatus());
            assertTrue(node.process().isAlive());
        }
    }

    @Test
    void beyondTheLimitWaitOutsideAndTheNodeServesAgainWhenTheyAreClosed() throws Exception {
        try (Running node = start(1_000)) {
            List<SocketChannel> channels = connect(node.url());
            for (SocketChannel channel : channels) {
                channel.close();
            }
            assertEquals(200, node.answerStatus());
            assertTrue(node.process().isAlive());
        }
    }
}
