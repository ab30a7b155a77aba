package plumbline.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import plumbline.node.api.Reply;

/// The page that a node shows in a browser: a chat whose answers are checked in the browser, the models, the log.
/// Four files of our own and nothing from elsewhere.
final class Page {

    private record File(String name, String contentType) {}

    private static final Map<String, File> FILES = Map.of(
            "/", new File("index.html", "text/html; charset=utf-8"),
            "/page.css", new File("page.css", "text/css; charset=utf-8"),
            "/page.js", new File("page.js", "text/javascript; charset=utf-8"),
            "/page-check.js", new File("page-check.js", "text/javascript; charset=utf-8"));

    // What a model writes is shown as text only; should that ever fail, it still can't load or send anything.
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private Page() {}

    static boolean has(String path) {
        return FILES.containsKey(path);
    }

    static Reply get(String path) {
        File file = FILES.get(path);
        try (InputStream in = Page.class.getResourceAsStream("page/" + file.name())) {
            return Reply.bytes(file.contentType(), in.readAllBytes())
                    .with("Cache-Control", "no-cache")
                    .with("Content-Security-Policy", POLICY)
                    .with("Referrer-Policy", "no-referrer");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
