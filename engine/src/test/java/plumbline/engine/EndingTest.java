package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import plumbline.engine.tokenizer.Tokenizer;
import plumbline.verify.StopReason;

/// Stop strings end an answer wherever the borders between its tokens lie (A13 of spec/api.md), and nothing that may
/// become one is shown.
final class EndingTest {

    private static Tokenizer tokenizer;
    private static final int[] BYTES = new int[256]; // the token of each single byte

    @BeforeAll
    static void readVocabulary() throws Exception {
        tokenizer = ModelText.read(TestModels.smolLm2()).text().tokenizer();
        for (int id = 0; id < tokenizer.size(); id++) {
            if (tokenizer.bytes(id).length == 1) {
                BYTES[tokenizer.bytes(id)[0] & 0xff] = id;
            }
        }
    }

    /// The text as tokens, cut at random: single bytes, and what the tokenizer makes of a few characters.
    private static List<Integer> cut(String text, Random random) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < text.length();) {
            int to = Math.min(text.length(), i + 1 + random.nextInt(4));
            if (random.nextBoolean()) {
                for (byte each : text.substring(i, to).getBytes(StandardCharsets.UTF_8)) {
                    ids.add(BYTES[each & 0xff]);
                }
            } else {
                for (int id : tokenizer.encode(text.substring(i, to), false)) {
                    ids.add(id);
                }
            }
            i = to;
        }
        return ids;
    }

    @Test
    void aStopStringEndsTheTextBeforeItHoweverTheTokensLie() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            Ending ending = new Ending(tokenizer, 1000, List.of("wörld", "END OF"));
            StringBuilder shown = new StringBuilder();
            Optional<StopReason> stop = Optional.empty();
            for (int id : cut("wör, a wö wör END O, Hello wörld, and END OF it", random)) {
                assertEquals(Optional.empty(), stop, "seed " + seed);
                stop = ending.after(id);
                shown.append(ending.show());
                if (stop.isPresent()) {
                    break;
                }
                assertEquals(-1, shown.indexOf("wörl"), "seed " + seed);
            }
            assertEquals(Optional.of(StopReason.STRING), stop, "seed " + seed);
            assertEquals("wör, a wö wör END O, Hello ", ending.text(), "seed " + seed);
            assertEquals(ending.text(), shown.toString(), "seed " + seed);
        }
    }

    @Test
    void whatWasHeldBackIsShownWhenItBecomesNoStopString() {
        Ending ending = new Ending(tokenizer, 4, List.of("abc"));
        ending.after(BYTES['a']);
        assertEquals("", ending.show());
        ending.after(BYTES['b']);
        assertEquals("", ending.show());
        ending.after(BYTES['a']);
        assertEquals("ab", ending.show());
        assertEquals(Optional.of(StopReason.LENGTH), ending.after(BYTES['b']));
        assertEquals("ab", ending.show());
        assertEquals("abab", ending.text());
    }

    @Test
    void anEndTokenReleasesWhatWasHeldBackAndHalfACharacterIsReplaced() {
        Ending ending = new Ending(tokenizer, 9, List.of("aé"));
        ending.after(BYTES['a']);
        ending.after(BYTES[0xc3]);
        assertEquals("", ending.show());
        assertEquals(Optional.of(StopReason.END), ending.after(tokenizer.eos().orElseThrow()));
        assertEquals("a\ufffd", ending.show());
        assertEquals("a\ufffd", ending.text());
    }
}
