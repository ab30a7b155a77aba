package plumbline.node.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/// Stands between a client and a node, and does to their connections what networks and liars do.
final class TcpRelay implements AutoCloseable {

    private final ServerSocket listening;
    private final InetSocketAddress target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean swallows;
    private volatile boolean stalls;
    private volatile UnaryOperator<String> change = UnaryOperator.identity();

    TcpRelay(String nodeUrl) throws IOException {
        URI node = URI.create(nodeUrl);
        target = new InetSocketAddress(node.getHost(), node.getPort());
        listening = new ServerSocket();
        listening.bind(new InetSocketAddress("127.0.0.1", 0), 200);
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + listening.getLocalPort();
    }

    /// What the node sends is changed; lengths must stay.
    void lie(UnaryOperator<String> how) {
        change = how;
    }

    /// Connections that are open stay open, and nothing comes through them any more.
    void swallow() {
        swallows = true;
        stalls = true;
    }

    /// New connections are served again; those that were swallowed stay as they are.
    void heal() {
        swallows = false;
        for (Socket socket : open) {
            open.remove(socket);
        }
        stalls = false;
    }

    /// All connections are reset.
    void reset() throws IOException {
        for (Socket socket : open) {
            open.remove(socket);
            try (socket) {
                socket.setSoLinger(true, 0);
            } catch (SocketException e) {
                // It is closed already.
            }
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                connect(listening.accept());
            } catch (IOException e) {
                // The node is gone, or the relay is closed.
            }
        }
    }

    private void connect(Socket client) throws IOException {
        Socket node = new Socket();
        try {
            node.connect(target);
            client.setTcpNoDelay(true);
            node.setTcpNoDelay(true);
        } catch (IOException e) {
            client.setSoLinger(true, 0);
            client.close();
            throw e;
        }
        open.add(client);
        open.add(node);
        Thread.ofVirtual().start(() -> copy(client, node, UnaryOperator.identity()));
        Thread.ofVirtual().start(() -> copy(node, client, text -> change.apply(text)));
    }

    private void copy(Socket from, Socket to, UnaryOperator<String> how) {
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[16384];
            boolean isSwallowed = false;
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                isSwallowed |= swallows && open.contains(from);
                if (!isSwallowed) {
                    String text = new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
                    out.write(how.apply(text).getBytes(StandardCharsets.ISO_8859_1));
                    out.flush();
                }
            }
            while (isSwallowed && stalls) {
                Thread.sleep(20);
            }
        } catch (IOException | InterruptedException e) {
            // One side has gone: so does the other.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        stalls = false;
        reset();
    }
}
