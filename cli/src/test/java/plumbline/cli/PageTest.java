package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.ApiKey;
import plumbline.node.EngineModel;
import plumbline.node.Listening;
import plumbline.node.Node;
import plumbline.node.NodeServer;
import plumbline.node.ServingLimits;
import plumbline.node.api.Scope;

/// The node's page, clicked through in a real browser with the real model (spec/api.md A96).
/// Pictures of it: set the environment's PLUMB_PICTURES to a folder.
final class PageTest {

    @TempDir
    Path folder;

    private void picture(Browser browser, String name) throws Exception {
        String place = System.getenv("PLUMB_PICTURES");
        if (place != null) {
            browser.screenshot(Path.of(place, name + ".png"));
        }
    }

    @Test
    void anAnswerIsAskedForCheckedAndLookedInto() throws Exception {
        try (Pool pool = new Pool(2); Browser browser = Browser.start(folder)) {
            Node node = Node.open(folder.resolve("data"), EngineModel.loader(Kernels.choose(""), pool),
                    Node.Surroundings.system());
            node.models().name("hub/smollm2", node.models().add(RealModel.file(), (_, _) -> { }).id());
            try (NodeServer server = NodeServer.start(node, 0, RequestDefaults.standard())) {
                browser.look(1280, 800, "light");
                browser.open(server.url() + "/");
                browser.await("document.querySelector('#models code') && !document.querySelector('#send').disabled");
                assertEquals("ready", browser.value("document.querySelector('#health').className").asString());
                String models = browser.value("document.querySelector('#models').innerText").asString();
                assertTrue(models.contains("hub/smollm2") && models.contains("sha256:"), models);
                browser.await("/licence: apache-2.0/.test(document.querySelector('#models').innerText)");

                askByKeyboard(browser, "What is the capital of France? Answer in one sentence.");
                assertEquals("✓ of your question|✓ of this answer|✓ signed, in the log|– not re-run|details",
                        marks(browser));
                browser.await("document.querySelector('#size').innerText === '1'");
                picture(browser, "page-1280-light");
                looksInside(browser);

                foreignAnswersAreShownAsSuch(browser);
                askByKeyboard(browser, "And of Italy?");
                assertTrue(marks(browser).startsWith("✓ of your question|✓ of this answer|✓ signed"));
                fits(browser);
            }
            browser.await("document.querySelector('#health').className === 'down'");
            asksForAKeyWhereTheNodeWantsOne(browser, pool);
        }
    }

    private void asksForAKeyWhereTheNodeWantsOne(Browser browser, Pool pool) throws Exception {
        Node node = Node.open(folder.resolve("data"), EngineModel.loader(Kernels.choose(""), pool),
                Node.Surroundings.system());
        String key = node.apiKeys().create("page", Set.of(Scope.RUN), ApiKey.Quotas.none()).secret();
        try (NodeServer server = NodeServer.start(node, new Listening(0, Optional.empty(), true),
                RequestDefaults.standard(), ServingLimits.standard())) {
            browser.open(server.url() + "/");
            browser.await("!document.querySelector('#access').hidden && document.querySelector('#send').disabled");
            picture(browser, "page-390-key");
            browser.value("document.querySelector('#key-in').focus()");
            browser.type(key);
            browser.press("Enter");
            browser.await("document.querySelector('#access').hidden && !document.querySelector('#send').disabled");
            askByKeyboard(browser, "Say yes.");
            assertTrue(marks(browser).startsWith("✓ of your question|✓ of this answer|✓ signed"), marks(browser));
        }
    }

    private static void askByKeyboard(Browser browser, String question) {
        int before = browser.value("document.querySelectorAll('.marks button').length").asInt();
        browser.value("document.querySelector('#question').focus()");
        browser.type(question);
        browser.press("Enter");
        browser.await("document.querySelectorAll('.marks button').length >= " + (before + 4));
    }

    /// The marks of the last answer.
    private static String marks(Browser browser) {
        return browser.value("Array.from([...document.querySelectorAll('.marks')].pop().children,"
                + " mark => mark.innerText).join('|')").asString();
    }

    private void looksInside(Browser browser) throws Exception {
        assertFalse(browser.value("document.querySelector('.inside').checkVisibility()").asBoolean());
        browser.value("document.querySelector('.marks button').focus()");
        browser.press("Enter");
        browser.await("document.querySelector('.inside').checkVisibility()");
        String inside = browser.value("document.querySelector('.inside').innerText").asString();
        assertTrue(inside.contains("✓ the receipt has the nonce that this page chose"), inside);
        assertTrue(inside.contains("✓ the receipt is entry 0 of the 1 in the log plumbline/"), inside);
        assertTrue(inside.contains("✓ the checkpoint is signed with the key plumbline/"), inside);
        assertFalse(inside.contains("✗"), inside);
        assertTrue(browser.value("document.querySelectorAll('.tokens span').length").asInt() > 2);
        picture(browser, "page-1280-inside");
    }

    /// The page's check with what wasn't asked, wasn't answered, isn't in the log.
    private static void foreignAnswersAreShownAsSuch(Browser browser) {
        String facts = """
                (async () => {
                  const { check } = await import('/page-check.js');
                  const id = (await (await fetch('/v1/receipts')).json()).data[0].id;
                  const bundle = await (await fetch('/v1/receipts/' + id)).text();
                  const said = { sent: 'x', nonce: '0', text: 'y', tokens: [] };
                  const damaged = bundle.replace(/time 20.*Z/, 'time 2026-01-01T00:00:00.000Z');
                  const names = async text => (await check(said, text)).facts.map(fact => fact.name).join('|');
                  const text = atob([...bundle.matchAll(/\\ntext [0-9a-f]+ (\\S+)/g)].pop()[1]);
                  const stopped = async shown =>
                    (await check({ ...said, text: shown, stopped: true }, bundle)).facts[1].name;
                  return [await names(bundle), await names(damaged), await stopped(text.slice(0, 3)),
                    await stopped(text + '!')].join(' and ');
                })()""";
        assertEquals("✗ of another question|✗ of another answer|✓ signed, in the log|– not re-run and "
                + "✗ of another question|✗ of another answer|✗ not in the log|– not re-run and "
                + "✓ of this answer, as far as shown and ✗ of another answer",
                browser.value(facts).asString());
    }

    /// Nothing is wider than a small window, and nothing went wrong in any.
    private void fits(Browser browser) throws Exception {
        browser.look(390, 844, "dark");
        browser.value("scrollTo(0, 0)");
        assertTrue(browser.value("document.documentElement.scrollWidth").asInt() <= 390);
        picture(browser, "page-390-dark");
        assertTrue(browser.faults.isEmpty(), browser.faults.toString());
    }

    @Test
    void thePageLoadsNothingFromElsewhere() throws Exception {
        try (Pool pool = new Pool(1); HttpClient client = HttpClient.newHttpClient();
                NodeServer server = NodeServer.start(Node.open(folder.resolve("data"),
                        EngineModel.loader(Kernels.choose("scalar"), pool), Node.Surroundings.system()), 0,
                        RequestDefaults.standard())) {
            for (String path : new String[] {"/", "/page.css", "/page.js", "/page-check.js"}) {
                HttpResponse<String> file = client.send(
                        HttpRequest.newBuilder(URI.create(server.url() + path)).build(), BodyHandlers.ofString());
                assertEquals(200, file.statusCode());
                assertTrue(file.headers().firstValue("Content-Security-Policy").orElse("")
                        .startsWith("default-src 'none'"));
                assertFalse(file.body().replace("http://www.w3.org/2000/svg", "").contains("://"), path);
            }
        }
    }
}
