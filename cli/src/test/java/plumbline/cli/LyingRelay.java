package plumbline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Stands before a node: cuts its connections, or changes a token in what it sends.
final class LyingRelay implements AutoCloseable {

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final URI node;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean lies;

    LyingRelay(String nodeUrl) throws IOException {
        node = URI.create(nodeUrl);
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + listening.getLocalPort();
    }

    void lies(boolean does) {
        lies = does;
    }

    void cut() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
        open.clear();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                Socket server = new Socket(node.getHost(), node.getPort());
                open.add(client);
                open.add(server);
                Thread.ofVirtual().start(() -> copy(client, server, false));
                Thread.ofVirtual().start(() -> copy(server, client, true));
            } catch (IOException e) {
                // Closed, or the node is gone.
            }
        }
    }

    private void copy(Socket from, Socket to, boolean isAnswer) {
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[16384];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                String text = new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
                // A digit for a digit: lengths stay.
                String sent = isAnswer && lies ? text.replaceAll("(\"tokens\":\\[)[1-8]", "$19") : text;
                out.write(sent.getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
            }
        } catch (IOException e) {
            // One side has gone: so does the other.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
    }
}
