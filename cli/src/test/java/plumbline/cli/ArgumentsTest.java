package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    private static Arguments with(String option, String value) {
        return new Arguments(RunCommand.syntax(), List.of(), Map.of(option, value));
    }

    @Test
    void readsWholeNumbersWithinBounds() throws UsageException {
        assertEquals(-3, with("--seed", "-3").integer("--seed", -10, 10).orElseThrow());
        assertTrue(with("--x", "1").integer("--seed", 0, 1).isEmpty());
    }

    @Test
    void refusesWhatIsNoWholeNumberOrOutOfBounds() {
        for (String text : List.of("", "1.0", "1e3", "0x10", "99999999999999999999", "11", "-11")) {
            UsageException e = assertThrows(UsageException.class,
                    () -> with("--seed", text).integer("--seed", -10, 10), text);
            assertTrue(e.getMessage().startsWith("--seed: "), e.getMessage());
        }
    }

    @Test
    void keepsDecimalsAsTheyWereWritten() throws UsageException {
        for (String text : List.of("0", "0.7", "1.50", "-1", "12.345678901234567890")) {
            assertEquals(text, with("--top-p", text).decimal("--top-p").orElseThrow());
        }
    }

    @Test
    void refusesWhatIsNoDecimal() {
        for (String text : List.of("", ".5", "5.", "1e-3", "NaN", "0,7", "+1", "00.5", " 1")) {
            assertThrows(UsageException.class,
                    () -> with("--top-p", text).decimal("--top-p"), text);
        }
    }

    @Test
    void dataFolderIsTheOptionBeforeAllElse() throws UsageException {
        assertEquals(Path.of("there"), with("--data", "there").dataFolder());
    }

    @Test
    void refusesTextThatCannotBeAPath() {
        assertThrows(UsageException.class, () -> with("--data", "a\0b").dataFolder());
    }

    @Test
    void namesTheOptionThatIsNeeded() {
        UsageException e =
                assertThrows(UsageException.class, () -> with("--x", "1").needed("--prompt"));
        assertEquals("missing --prompt", e.getMessage());
    }
}
