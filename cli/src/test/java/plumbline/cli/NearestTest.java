package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
    @Test
    void countsInsertionsDeletionsSubstitutionsAndSwaps() {
        assertEquals(0, Nearest.distance("verify", "verify"));
        assertEquals(1, Nearest.distance("verify", "verfy"));
        assertEquals(1, Nearest.distance("verify", "verifyy"));
        assertEquals(1, Nearest.distance("verify", "vErify"));
        assertEquals(1, Nearest.distance("verify", "evrify"));
        assertEquals(6, Nearest.distance("", "verify"));
        assertEquals(6, Nearest.distance("verify", ""));
    }

    @Test
    void suggestsTheNearestAndNothingThatIsFar() {
        List<String> known = List.of("verify", "receipts", "run");
        assertEquals("; did you mean verify?", Nearest.suggestion("veryfi", known));
        assertEquals("; did you mean receipts?", Nearest.suggestion("receipt", known));
        assertEquals("; did you mean receipts?", Nearest.suggestion("rece", known));
        assertEquals("", Nearest.suggestion("xyzzy", known));
    }
}
