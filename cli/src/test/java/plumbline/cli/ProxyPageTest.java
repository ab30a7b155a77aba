package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.EngineModel;
import plumbline.node.Node;
import plumbline.node.NodeServer;
import plumbline.node.proxy.ProxyServer;
import plumbline.sdk.Plumbline;

/// The proxy's page, clicked through in a real browser: the seam of a failover, what each node did, evidence against a
/// node that lied; and the same in `plumb receipts`, also after a restart (F16, F17). Pictures: PLUMB_PICTURES.
final class ProxyPageTest {

    private static final String NAME = "test/tiny";

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final Pool pool = new Pool(1);
    private final List<NodeServer> nodes = new ArrayList<>();
    private final List<LyingRelay> relays = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        Path file = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 2, 64, 2, 1, 32, 64, GgmlType.Q8_0), 7);
        for (int i = 0; i < 2; i++) {
            Node node = Node.open(folder.resolve("node" + i), EngineModel.loader(Kernels.choose("scalar"), pool),
                    Node.Surroundings.system());
            node.models().name(NAME, node.models().add(file, (_, _) -> { }).id());
            nodes.add(NodeServer.start(node, 0, RequestDefaults.standard()));
            relays.add(new LyingRelay(nodes.getLast().url()));
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (LyingRelay relay : relays) {
            relay.close();
        }
        for (NodeServer node : nodes) {
            node.close();
        }
        pool.close();
        http.close();
    }

    private ProxyServer proxy() throws Exception {
        return ProxyServer.start(Plumbline.connect(relays.stream().map(LyingRelay::url).toList(),
                Plumbline.Settings.in(folder.resolve("data")).withShare(0)), folder.resolve("data/proxy"), 0);
    }

    /// Reads a stream, has every connection cut after ten tokens if asked to, and returns its last line.
    private String ask(ProxyServer proxy, boolean cuts) throws Exception {
        // By the relays, not when this reader is so far: the answer may have ended by then.
        AtomicInteger chunks = new AtomicInteger(cuts ? 10 : Integer.MAX_VALUE);
        relays.forEach(relay -> relay.after(chunks, () -> relays.forEach(LyingRelay::cut)));
        String body = "{\"model\":\"" + NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":\"go\"}],"
                + "\"max_tokens\":40,\"stream\":true,\"seed\":5,\"plumbline\":{\"tokens\":true}}";
        HttpResponse<InputStream> response = http.send(
                HttpRequest.newBuilder(URI.create(proxy.url() + "/v1/chat/completions"))
                        .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofInputStream());
        String last = "";
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line.isEmpty() ? last : line;
            }
        }
        return last;
    }

    private static void picture(Browser browser, String name) throws Exception {
        String place = System.getenv("PLUMB_PICTURES");
        if (place != null) {
            browser.screenshot(Path.of(place, name + ".png"));
        }
    }

    @Test
    void theSeamWhatEachNodeDidAndEvidenceAreShownAndStay() throws Exception {
        try (Browser browser = Browser.start(folder); ProxyServer proxy = proxy()) {
            browser.look(1280, 800, "light");
            browser.open(proxy.url() + "/");
            browser.await("!document.querySelector('#none').hidden"
                    + " && document.querySelector('#base').innerText.endsWith('/v1')");
            assertEquals("data: [DONE]", ask(proxy, true));
            browser.await("/seam at token \\d+/.test(document.querySelector('#answers').innerText)");
            clickThrough(browser);
            relays.forEach(relay -> relay.lies(true));
            assertTrue(ask(proxy, false).contains("error"), "a lie ends the stream with an error");
            browser.await("document.querySelector('#answers').innerText.includes('not verified')");
            browser.await("!document.querySelector('#found').hidden");
            browser.value("document.querySelector('#evidence summary').click()");
            String evidence = browser.value("document.querySelector('#evidence').innerText").asString();
            assertTrue(evidence.contains("was asked {") && evidence.contains("kept in "), evidence);
            for (String scheme : List.of("light", "dark")) {
                for (int width : new int[] {1280, 390}) {
                    browser.look(width, 844, scheme);
                    assertTrue(browser.value("document.documentElement.scrollWidth").asInt() <= width);
                    picture(browser, "proxy-" + width + "-" + scheme);
                }
            }
            assertTrue(browser.faults.isEmpty(), browser.faults.toString());
        }
        stays();
    }

    private static void clickThrough(Browser browser) {
        browser.value("[...document.querySelectorAll('#answers summary')].find(s => /seam/.test(s.innerText)).focus()");
        browser.press("Enter");
        browser.await("document.querySelector('#answers details[open] .inside').checkVisibility()");
        browser.await("/receipt for its part/.test(document.querySelector('details[open]').innerText)");
        String inside = browser.value("document.querySelector('details[open] .inside').innerText").asString();
        assertTrue(inside.contains("· lost ·") && inside.contains("· continued · a gap of"), inside);
        assertTrue(inside.contains("✓ prompt:") && inside.contains("✓ stream:"), inside);
        assertTrue(browser.value("Promise.all([...document.querySelectorAll('details[open] a')]"
                + ".map(a => fetch(a.href).then(r => r.ok))).then(all => all.length > 1 && all.every(ok => ok))")
                .asBoolean(), "the receipts' bundles are linked: " + inside);
        assertEquals(1, browser.value("document.querySelectorAll('details[open] .text b').length").asInt(),
                "the seam stands in the text");
        // What is drawn again keeps the focus: somebody reads here.
        assertEquals("SUMMARY", browser.value("document.activeElement.tagName").asString());
    }

    private void stays() throws Exception {
        Captured receipts = Captured.run("receipts", "--data", folder.resolve("data").toString());
        assertEquals(Exit.DONE, receipts.code(), receipts.err());
        assertTrue(receipts.out().contains("; signed, in-log, continued after token "), receipts.out());
        assertTrue(receipts.out().contains(" has a receipt for its part: "), receipts.out());
        assertTrue(receipts.err().contains("evidence kept of http://127.0.0.1:"), receipts.err());
        String json = Captured.run("receipts", "--json", "--data", folder.resolve("data").toString()).out();
        assertTrue(json.contains("\"evidence\":[{\"node\":\"http://127.0.0.1:"), json);
        Captured verdict = Captured.run("verify", receipts.out().substring(0, 32), "--data",
                folder.resolve("data").toString());
        assertEquals(Exit.DONE, verdict.code(), verdict.out() + verdict.err());
        try (ProxyServer again = proxy()) {
            String page = http.send(HttpRequest.newBuilder(URI.create(again.url() + "/proxy/answers")).build(),
                    BodyHandlers.ofString()).body();
            assertTrue(page.contains("\"continued\"") && page.contains("\"evidence\":[{"), page);
        }
    }
}
