package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SyntaxTest {
    private static final Syntax SYNTAX = new Syntax(
            "ask",
            "Asks.",
            List.of("MODEL", "[OTHER]"),
            List.of(
                    new Option("--prompt", "-p", "PROMPT", "what to ask"),
                    Option.value("--max-tokens", "N", "at most N"),
                    Option.flag("--replay", "again")),
            List.of());

    private static Arguments parse(String... words) throws UsageException {
        return SYNTAX.parse(Arrays.asList(words));
    }

    private static String refusal(String... words) {
        return assertThrows(UsageException.class, () -> parse(words)).getMessage();
    }

    @Test
    void readsOptionsInAnyPlaceAndBothForms() throws UsageException {
        Arguments a = parse("-p", "why?", "m.gguf", "--max-tokens=12", "--replay");
        assertEquals("why?", a.needed("--prompt"));
        assertEquals(12, a.integer("--max-tokens", 1, 100).orElseThrow());
        assertTrue(a.has("--replay"));
        assertEquals(List.of("m.gguf"), a.operands());
    }

    @Test
    void takesEverythingAfterTwoDashesAsOperands() throws UsageException {
        assertEquals(List.of("-m", "--replay"), parse("--", "-m", "--replay").operands());
    }

    @Test
    void takesASingleDashAndNegativeNumbersAsValues() throws UsageException {
        assertEquals(List.of("-"), parse("-").operands());
        assertEquals("-5", parse("m", "--max-tokens", "-5").text("--max-tokens").orElseThrow());
    }

    @Test
    void keepsAValueThatHoldsAnEqualsSign() throws UsageException {
        assertEquals("a=b", parse("m", "--prompt=a=b").needed("--prompt"));
        assertEquals("", parse("m", "--prompt=").needed("--prompt"));
    }

    @Test
    void refusesUnknownOptionAndNamesTheNearest() {
        assertEquals("unknown option --max-token; did you mean --max-tokens?",
                refusal("m", "--max-token", "3"));
        assertEquals("unknown option --rpelay; did you mean --replay?", refusal("m", "--rpelay"));
        assertEquals("unknown option --frobnicate", refusal("m", "--frobnicate"));
        assertEquals("unknown option -x", refusal("m", "-x"));
    }

    @Test
    void refusesMissingValue() {
        assertEquals("--prompt needs a value, PROMPT", refusal("m", "-p"));
        assertEquals("--prompt needs a value, PROMPT, but is followed by --replay",
                refusal("m", "-p", "--replay"));
    }

    @Test
    void refusesValueOfASwitch() {
        assertEquals("--replay takes no value, but got 'yes'", refusal("m", "--replay=yes"));
    }

    @Test
    void refusesOptionGivenTwice() {
        assertEquals("--prompt is given twice", refusal("m", "-p", "a", "--prompt", "b"));
    }

    @Test
    void refusesTooFewAndTooManyOperands() throws UsageException {
        assertEquals("missing MODEL", refusal());
        assertEquals("'c' is one operand too many", refusal("a", "b", "c"));
        assertEquals(2, parse("a", "b").operands().size());
    }

    @Test
    void helpAsksForNothingElse() throws UsageException {
        assertTrue(parse("--help").has("--help"));
        assertTrue(parse("-h").has("--help"));
    }

    @Test
    void helpListsEveryOptionThatIsParsed() {
        for (Verb verb : Verb.values()) {
            Syntax syntax = Main.syntax(verb);
            String help = syntax.help();
            assertEquals(verb.word(), syntax.name());
            for (Option option : syntax.options()) {
                assertTrue(help.contains(option.shown()), verb + " " + option.name());
                assertFalse(option.meaning().isBlank(), verb + " " + option.name());
            }
            help.lines().forEach(line -> assertTrue(line.length() <= 100, line));
        }
    }

    @Test
    void noCommandHasTwoOptionsOfOneName() {
        for (Verb verb : Verb.values()) {
            List<String> names =
                    Main.syntax(verb).options().stream().map(Option::name).toList();
            assertEquals(names.stream().distinct().toList(), names, verb.word());
        }
    }

    @Test
    void helpOfRunStatesTheDefaults() {
        String help = RunCommand.syntax().help();
        assertTrue(help.contains(RequestOptions.TEMPERATURE_DEFAULT), help);
        assertTrue(help.contains("1024"), help);
        assertTrue(help.contains("32768"), help);
    }
}
