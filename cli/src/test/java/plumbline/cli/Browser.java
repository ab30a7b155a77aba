package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// A headless Chromium that a test clicks through a page, over the Chrome DevTools Protocol.
final class Browser implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long WAIT_SECONDS = 240;

    /// What went wrong in the page: exceptions, and errors on its console.
    final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();

    private Browser(Process process, URI page) {
        this.process = process;
        socket = client.newWebSocketBuilder().buildAsync(page, new Listener()).join();
        call("Page.enable", Map.of());
        call("Runtime.enable", Map.of());
        call("Log.enable", Map.of());
    }

    /// Starts it with a profile in `folder`; without a Chromium the test is skipped, or fails where CI=true.
    static Browser start(Path folder) throws Exception {
        Optional<String> program = List.of("chromium", "chromium-browser", "google-chrome").stream()
                .filter(name -> List.of(System.getenv("PATH").split(":")).stream()
                        .anyMatch(place -> Files.isExecutable(Path.of(place, name)))).findFirst();
        if (program.isEmpty()) {
            RealModel.missing("no Chromium in the PATH: install Debian's package chromium");
        }
        Path profile = folder.resolve("profile");
        Process process = new ProcessBuilder(program.get(), "--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0", "--remote-allow-origins=*",
                "--user-data-dir=" + profile, "about:blank")
                .redirectErrorStream(true).redirectOutput(folder.resolve("chromium.log").toFile()).start();
        Path port = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!Files.exists(port) || Files.readAllLines(port).isEmpty()) {
            assertTrue(process.isAlive() && System.nanoTime() < end,
                    () -> "Chromium doesn't start: " + folder.resolve("chromium.log"));
            Thread.sleep(50);
        }
        String list = "http://127.0.0.1:" + Files.readAllLines(port).getFirst() + "/json/list";
        try (HttpClient once = HttpClient.newHttpClient()) {
            JsonNode pages = JSON.readTree(
                    once.send(HttpRequest.newBuilder(URI.create(list)).build(), BodyHandlers.ofString()).body());
            for (JsonNode page : pages) {
                if (page.get("type").asString().equals("page")) {
                    return new Browser(process, URI.create(page.get("webSocketDebuggerUrl").asString()));
                }
            }
        }
        process.destroy();
        return fail("Chromium shows no page");
    }

    void open(String url) {
        call("Page.navigate", Map.of("url", url));
        await("document.readyState === 'complete' && location.href.startsWith('" + url + "')");
    }

    /// A window of this width, light or dark.
    void look(int width, int height, String scheme) {
        call("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        call("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /// The value of a JavaScript expression.
    JsonNode value(String expression) {
        JsonNode result = call("Runtime.evaluate",
                Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (result.has("exceptionDetails")) {
            fail(expression + ": " + result.get("exceptionDetails"));
        }
        return result.get("result").path("value");
    }

    /// Waits until an expression is true.
    void await(String expression) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!value(expression).asBoolean(false)) {
            assertTrue(System.nanoTime() < end, () -> "never true: " + expression + "; the page says: "
                    + value("document.body.innerText").asString() + " " + faults);
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail("interrupted");
            }
        }
    }

    /// Types into what has the focus.
    void type(String text) {
        call("Input.insertText", Map.of("text", text));
    }

    /// Presses a key, `Enter` or `Tab`.
    void press(String key) {
        int code = key.equals("Enter") ? 13 : 9;
        Map<String, Object> down = key.equals("Enter")
                ? Map.of("type", "keyDown", "key", key, "code", key, "windowsVirtualKeyCode", code, "text", "\r")
                : Map.of("type", "keyDown", "key", key, "code", key, "windowsVirtualKeyCode", code);
        call("Input.dispatchKeyEvent", down);
        call("Input.dispatchKeyEvent",
                Map.of("type", "keyUp", "key", key, "code", key, "windowsVirtualKeyCode", code));
    }

    void screenshot(Path file) throws Exception {
        JsonNode shot = call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(shot.get("data").asString()));
    }

    private JsonNode call(String method, Map<String, Object> parameters) {
        int id = calls.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        socket.sendText(JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters)), true)
                .join();
        JsonNode message = answer.orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join();
        if (message.has("error")) {
            fail(method + ": " + message.get("error"));
        }
        return message.get("result");
    }

    @Override
    public void close() {
        socket.abort();
        client.shutdownNow();
        process.destroy();
        // Its profile is deleted with the test's folder: it must have ended.
        process.onExit().orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join();
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                take(JSON.readTree(text.toString()));
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        private void take(JsonNode message) {
            CompletableFuture<JsonNode> answer =
                    message.has("id") ? waiting.remove(message.get("id").asInt()) : null;
            String event = message.path("method").asString("");
            if (answer != null) {
                answer.complete(message);
            } else if (event.equals("Runtime.exceptionThrown")
                    || event.equals("Log.entryAdded")
                            && message.at("/params/entry/level").asString("").equals("error")) {
                faults.add(message.get("params").toString());
            }
        }
    }
}
