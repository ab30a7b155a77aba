package plumbline.node.proxy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// A node that answers like the honest one behind it, but for one kind of request.
final class HostileNode implements AutoCloseable {

    /// Writes what it likes; the connection ends when it returns or throws.
    @FunctionalInterface
    interface Attack {
        void on(HttpExchange exchange) throws IOException, InterruptedException;
    }

    /// How often the attack was made.
    final AtomicInteger made = new AtomicInteger();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client = HttpClient.newHttpClient();
    private final String honest;

    HostileNode(String honest, String path, Attack attack) throws IOException {
        this.honest = honest;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                if (exchange.getRequestURI().getRawPath().startsWith(path)) {
                    made.incrementAndGet();
                    exchange.getRequestBody().readAllBytes();
                    attack.on(exchange);
                } else {
                    forward(exchange);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void forward(HttpExchange exchange) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(honest + exchange.getRequestURI()))
                .method(exchange.getRequestMethod(),
                        BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
        for (String name : new String[] {"Content-Type", "plumb-receipt-secret"}) {
            if (exchange.getRequestHeaders().containsKey(name)) {
                request.header(name, exchange.getRequestHeaders().getFirst(name));
            }
        }
        HttpResponse<InputStream> response = client.send(request.build(), BodyHandlers.ofInputStream());
        for (String name : new String[] {"plumb-receipt", "plumb-receipt-secret"}) {
            response.headers().firstValue(name).ifPresent(value -> exchange.getResponseHeaders().set(name, value));
        }
        exchange.sendResponseHeaders(response.statusCode(), 0);
        try (InputStream in = response.body(); OutputStream out = exchange.getResponseBody()) {
            in.transferTo(out);
        }
    }

    /// The bytes again and again, as long as somebody reads.
    static Attack endless(int status, String bytes, long pauseMillis) {
        return exchange -> {
            exchange.getResponseHeaders().set("plumb-receipt", "0".repeat(32));
            exchange.getResponseHeaders().set("plumb-receipt-secret", "0".repeat(64));
            exchange.sendResponseHeaders(status, 0);
            byte[] piece = bytes.getBytes(StandardCharsets.UTF_8);
            while (!Thread.currentThread().isInterrupted()) {
                exchange.getResponseBody().write(piece);
                exchange.getResponseBody().flush();
                Thread.sleep(pauseMillis);
            }
        };
    }

    /// These bytes and no more.
    static Attack once(int status, String bytes) {
        return exchange -> {
            exchange.getResponseHeaders().set("plumb-receipt", "0".repeat(32));
            exchange.getResponseHeaders().set("plumb-receipt-secret", "0".repeat(64));
            exchange.sendResponseHeaders(status, 0);
            exchange.getResponseBody().write(bytes.getBytes(StandardCharsets.UTF_8));
        };
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        client.shutdownNow();
    }
}
