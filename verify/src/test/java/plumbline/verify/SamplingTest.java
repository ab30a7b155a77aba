package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/receipt.md R12, R13 and Q1 to Q4.
final class SamplingTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0", "-0, 0", "0.0, 0", "1, 65536", "1.0, 65536", "0.7, 45875", "0.9, 58982",
        "0.5, 32768", "2, 131072", "1e0, 65536", "1E1, 655360", "1e+1, 655360", "10e-1, 65536",
        "100, 6553600", "-100, -6553600", "-1.5, -98304",
        // 1/131072 is half a unit: up, also below zero, where up is towards zero.
        "0.00000762939453125, 1", "0.000007629394531249, 0", "-0.00000762939453125, 0",
        "-0.000007629394531251, -1", "1e-32, 0", "-1e-32, 0", "-1e-99, 0", "0e99, 0",
        "0.000000000000000000000000000001, 0",
    })
    void roundsHalfUp_Q2(String decimal, int expected) throws MalformedException {
        assertEquals(expected, Sampling.q16(decimal, -Sampling.BIAS_MAX, Sampling.BIAS_MAX));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-", "+1", ".5", "1.", "01", "-01", "00", "1,5", "1_0", "0x1",
        "NaN", "nan", "Infinity", "-Infinity", "inf", "1e", "1e+", "1e1.5", "1 ", " 1", "1f", "1d",
        "1e100", "1e-100", "1e001", "1e9999999999", "--1", "1-1", "1.1.1", "\u0661", "1\u0000",
        "0.0000000000000000000000000000001", "100000000000000000000000000000000"})
    void refusesWhatIsNoShortNumber_Q1(String decimal) {
        assertThrows(MalformedException.class,
                () -> Sampling.q16(decimal, Integer.MIN_VALUE, Integer.MAX_VALUE));
    }

    @ParameterizedTest
    @CsvSource({
        "-0.1, 0, 65536", "1.00001, 0, 65536", "0, 1, 65536", "0.000001, 1, 65536",
        "32.00001, 0, 2097152", "1e99, -2147483648, 2147483647", "-1e99, -2147483648, 2147483647",
        "32768, -2147483648, 2147483647", "65536.5, 0, 65536",
    })
    void refusesWhatIsOutOfBoundsAfterRounding_Q3(String decimal, int min, int max) {
        assertThrows(MalformedException.class, () -> Sampling.q16(decimal, min, max));
    }

    @Test
    void acceptsTheBoundsThemselves_Q3() throws MalformedException {
        assertEquals(1, Sampling.q16("0.00001", 1, 65_536));
        assertEquals(65_536, Sampling.q16("1.0000001", 1, 65_536));
        assertEquals(Integer.MAX_VALUE,
                Sampling.q16("32767.99999", Integer.MIN_VALUE, Integer.MAX_VALUE));
        assertEquals(Integer.MIN_VALUE,
                Sampling.q16("-32768", Integer.MIN_VALUE, Integer.MAX_VALUE));
    }

    @Test
    void agreesWithWholeNumberArithmetic_Q2() throws MalformedException {
        long seed = 20_261_121;
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            // x = n / 10^6: floor(x * 65536 + 1/2) = floor((2 * 65536 n + 10^6) / (2 * 10^6)).
            long n = random.nextLong(-100_000_000, 100_000_001);
            String decimal = BigDecimal.valueOf(n, 6).toPlainString();
            assertEquals(Math.floorDiv(131_072 * n + 1_000_000, 2_000_000L),
                    Sampling.q16(decimal, -Sampling.BIAS_MAX, Sampling.BIAS_MAX),
                    decimal + ", seed " + seed);
        }
    }

    @Test
    void writesEightLines_R12_R13() {
        assertEquals("""
                temperature 45875
                top-k 0
                top-p 58982
                min-p 0
                repetition-penalty 65536
                presence-penalty 0
                frequency-penalty 0
                logit-bias 28:-98304,314:131072
                """, ExampleBundle.sampling().lines());
        assertEquals("logit-bias -\n", Sampling.greedy().lines().lines()
                .filter(line -> line.startsWith("logit")).findFirst().orElseThrow() + "\n");
    }

    @Test
    void keepsBiasesInTheOrderOfIdsAndForItself_R13() {
        TreeMap<Integer, Integer> reversed = new TreeMap<>(Comparator.reverseOrder());
        reversed.putAll(Map.of(9, 1, 10, 2));
        Sampling sampling = new Sampling(0, 0, 65_536, 0, 65_536, 0, 0, reversed);
        reversed.put(11, 3);
        assertEquals(2, sampling.logitBiasQ16().size());
        assertEquals("9:1,10:2", sampling.lines().lines().toList().get(7).substring(11));
        assertThrows(UnsupportedOperationException.class, () -> sampling.logitBiasQ16().put(1, 1));
    }

    @Test
    void refusesValuesOutOfBounds_R12_R13() {
        int[][] wrong = {{-1, 0, 1, 0, 1, 0, 0}, {2_097_153, 0, 1, 0, 1, 0, 0},
            {0, -1, 1, 0, 1, 0, 0}, {0, 1_048_577, 1, 0, 1, 0, 0}, {0, 0, 0, 0, 1, 0, 0},
            {0, 0, 65_537, 0, 1, 0, 0}, {0, 0, 1, -1, 1, 0, 0}, {0, 0, 1, 65_537, 1, 0, 0},
            {0, 0, 1, 0, 0, 0, 0}, {0, 0, 1, 0, 1_048_577, 0, 0}, {0, 0, 1, 0, 1, -1_048_577, 0},
            {0, 0, 1, 0, 1, 1_048_577, 0}, {0, 0, 1, 0, 1, 0, -1_048_577},
            {0, 0, 1, 0, 1, 0, 1_048_577}};
        for (int[] v : wrong) {
            assertThrows(IllegalArgumentException.class, () -> new Sampling(
                    v[0], v[1], v[2], v[3], v[4], v[5], v[6], new TreeMap<>()));
        }
        for (Map<Integer, Integer> biases : List.of(Map.of(-1, 0), Map.of(0, 6_553_601),
                Map.of(0, -6_553_601))) {
            assertThrows(IllegalArgumentException.class, () -> new Sampling(
                    0, 0, 1, 0, 1, 0, 0, new TreeMap<>(biases)));
        }
    }
}
