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
import java.util.concurrent.atomic.AtomicInteger;

/// Stands before a node: cuts its connections, or changes a token in what it sends.
final class LyingRelay implements AutoCloseable {

    private static final String TOKENS = "\"tokens\":[";

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final URI node;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean lies;
    private volatile AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
    private volatile Runnable then = () -> { };

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

    /// Passes so many chunks with tokens on, then calls `then`, once; relays that are given the same count share it.
    void after(AtomicInteger chunks, Runnable then) {
        this.then = then;
        left = chunks;
    }

    void cut() {
        for (Socket socket : open) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is closed, which is what was wanted.
            }
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
                int end = isAnswer ? end(sent) : sent.length();
                out.write(sent.substring(0, end).getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
                if (end < sent.length()) {
                    then.run();
                }
            }
        } catch (IOException e) {
            // One side has gone: so does the other.
        }
    }

    /// Where to stop: at the chunk after the last that is to be passed on, wherever packets end.
    private int end(String sent) {
        for (int at = sent.indexOf(TOKENS); at >= 0; at = sent.indexOf(TOKENS, at + 1)) {
            if (left.decrementAndGet() == -1) {
                return at;
            }
        }
        return sent.length();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
    }
}
