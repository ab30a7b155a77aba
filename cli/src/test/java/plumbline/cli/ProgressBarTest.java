package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    @Test
    void showsShareAndMegabytes() {
        assertEquals("x  [............]  ".length() + 12 + "0 %  0.0 of 98.4 MB".length(),
                ProgressBar.render("x", 0, 98_362_432).length());
        assertEquals("x  [############............]  50 %  49.2 of 98.4 MB",
                ProgressBar.render("x", 49_181_216, 98_362_432));
        assertEquals("x  [########################]  100 %  98.4 of 98.4 MB",
                ProgressBar.render("x", 98_362_432, 98_362_432));
    }

    @Test
    void neverShowsMoreThanAll() {
        assertEquals(ProgressBar.render("x", 10, 10), ProgressBar.render("x", 11, 10));
    }

    @Test
    void showsOnlyWhatCameWhereTheTotalIsUnknown() {
        assertEquals("x  1.5 MB", ProgressBar.render("x", 1_500_000, 0));
    }

    @Test
    void overwritesItsLineOnATerminalAndWipesItAtTheEnd() {
        String shown = shown("e");
        assertTrue(shown.startsWith("\r\033[K" + "x  ["), shown);
        assertTrue(shown.endsWith("\r\033[K"), shown);
        assertEquals(-1, shown.indexOf('\n'));
    }

    @Test
    void saysOneLineWhereStderrIsNoTerminal() {
        assertEquals("x (0.0 MB)" + System.lineSeparator(), shown(""));
    }

    private static String shown(String terminals) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (ProgressBar bar =
                new ProgressBar(Captured.terminal("", out, err, terminals), "x", 100)) {
            bar.at(1);
            bar.at(50);
            bar.at(100);
        }
        assertEquals(0, out.size());
        return err.toString(StandardCharsets.UTF_8);
    }
}
