package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Fact;

/// The example of docs/sdk.md, compiled.
final class ExampleTest {

    @TempDir
    Path folder;

    /// Never called: it needs nodes. That it compiles is what counts.
    static void example() throws IOException {
        // begin
        try (Plumbline plumbline = Plumbline.connect("http://127.0.0.1:8080", "http://127.0.0.1:8081")) {
            VerifiedAnswer answer = plumbline.ask("hub/smollm2", "What is the sea?", System.out::print);
            System.out.println();
            for (Fact fact : answer.facts()) {
                System.out.println(fact.text());
            }
            Files.write(Path.of("answer.bundle"), answer.bundle());
        } catch (PlumblineException e) {
            System.err.println("no answer that holds: " + e.getMessage());
        }
        // end
    }

    @Test
    void theExampleInTheDocsIsTheOneThatCompiles() throws Exception {
        Path repository = Path.of(System.getProperty("plumbline.repository"));
        String source = Files.readString(repository.resolve("sdk/src/test/java/plumbline/sdk/ExampleTest.java"));
        String compiled = source.substring(source.indexOf("// begin\n") + "// begin\n".length(),
                source.indexOf("        // end")).replaceAll("(?m)^ {8}", "");
        String page = Files.readString(repository.resolve("docs/sdk.md"));
        String shown = page.substring(page.indexOf("```java\n") + "```java\n".length(), page.lastIndexOf("```"));
        assertEquals(compiled, shown);
    }

    @Test
    void noNodeAndNoAddressAreSaidSo() {
        Plumbline.Settings settings = Plumbline.Settings.in(folder);
        assertThrows(PlumblineException.class, () -> Plumbline.connect(List.of(), settings));
        for (String text : List.of(
                "", "127.0.0.1:8080", "ftp://a", "http://", "http://a/b",
                "http://u@h:1", "http://a b", "http://a:0",
                "http://a:65536", "http://a:")) {
            assertThrows(PlumblineException.class, () -> Plumbline.connect(List.of(text), settings), text);
        }
        try (Plumbline nobody = Plumbline.connect(List.of("http://127.0.0.1:1/"), settings)) {
            PlumblineException e = assertThrows(PlumblineException.class, () -> nobody.ask("a/b", "?", _ -> { }));
            assertEquals(NodeFailedException.class, e.getClass(), e.getMessage());
        } catch (PlumblineException e) {
            throw new AssertionError(e);
        }
    }
}
