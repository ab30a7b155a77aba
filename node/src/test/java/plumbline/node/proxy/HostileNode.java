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
import java.util.function.UnaryOperator;

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
    private volatile boolean isReadFirst = true;

    HostileNode(String honest, String path, Attack attack) throws IOException {
        this.honest = honest;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                if (exchange.getRequestURI().getRawPath().startsWith(path)) {
                    made.incrementAndGet();
                    if (isReadFirst) {
                        exchange.getRequestBody().readAllBytes();
                    }
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

    /// Changes what is asked of the honest node at this path, and what it answers. Bytes as ISO-8859-1.
    static HostileNode changing(String honest, String path, UnaryOperator<String> request,
            UnaryOperator<String> answer) throws IOException {
        HostileNode[] self = new HostileNode[1];
        HostileNode node = new HostileNode(honest, path, exchange -> self[0].forward(exchange, request, answer));
        node.isReadFirst = false;
        self[0] = node;
        return node;
    }

    private void forward(HttpExchange exchange, UnaryOperator<String> asked, UnaryOperator<String> answered)
            throws IOException, InterruptedException {
        byte[] body = change(exchange.getRequestBody().readAllBytes(), asked);
        HttpResponse<byte[]> response = client.send(
                request(exchange, BodyPublishers.ofByteArray(body)), BodyHandlers.ofByteArray());
        copyHeaders(response, exchange);
        byte[] bytes = change(response.body(), answered);
        exchange.sendResponseHeaders(response.statusCode(), bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static byte[] change(byte[] bytes, UnaryOperator<String> how) {
        return how.apply(new String(bytes, StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1);
    }

    private void forward(HttpExchange exchange) throws IOException, InterruptedException {
        HttpRequest request = request(
                exchange, BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
        HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
        copyHeaders(response, exchange);
        exchange.sendResponseHeaders(response.statusCode(), 0);
        try (InputStream in = response.body(); OutputStream out = exchange.getResponseBody()) {
            in.transferTo(out);
        }
    }

    private HttpRequest request(HttpExchange exchange, HttpRequest.BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(honest + exchange.getRequestURI()))
                .method(exchange.getRequestMethod(), body);
        for (String name : new String[] {"Content-Type", "plumb-receipt-secret"}) {
            if (exchange.getRequestHeaders().containsKey(name)) {
                request.header(name, exchange.getRequestHeaders().getFirst(name));
            }
        }
        return request.build();
    }

    private static void copyHeaders(HttpResponse<?> response, HttpExchange exchange) {
        for (String name : new String[] {"plumb-receipt", "plumb-receipt-secret"}) {
            response.headers().firstValue(name).ifPresent(value -> exchange.getResponseHeaders().set(name, value));
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
