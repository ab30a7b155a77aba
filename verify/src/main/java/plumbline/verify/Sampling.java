package plumbline.verify;

import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Every parameter of the sampler, as the integers that it used. Q16 means units of 2^-16.
///
/// A public record of values; what the sampler does with them is spec/arithmetic.md. Source of
/// the bounds: spec/receipt.md (R12, R13).
///
/// @param temperatureQ16 0 (greedy) to [#TEMPERATURE_MAX]
/// @param topK 0 (off) to [#TOP_K_MAX]
/// @param topPQ16 1 to 65536 (off)
/// @param minPQ16 0 (off) to 65536
/// @param repetitionPenaltyQ16 1 to [#REPETITION_MAX]; 65536 is off
/// @param presencePenaltyQ16 -[#PENALTY_MAX] to [#PENALTY_MAX]; 0 is off
/// @param frequencyPenaltyQ16 -[#PENALTY_MAX] to [#PENALTY_MAX]; 0 is off
/// @param logitBiasQ16 token id to bias, at most [#BIASES_MAX], each -[#BIAS_MAX] to [#BIAS_MAX]
public record Sampling(
        int temperatureQ16,
        int topK,
        int topPQ16,
        int minPQ16,
        int repetitionPenaltyQ16,
        int presencePenaltyQ16,
        int frequencyPenaltyQ16,
        SortedMap<Integer, Integer> logitBiasQ16) {

    /// 1.0 in Q16.
    public static final int ONE = 65_536;
    /// The highest temperature: 32.
    public static final int TEMPERATURE_MAX = 32 * ONE;
    /// The highest top-k.
    public static final int TOP_K_MAX = 1 << 20;
    /// The highest repetition penalty: 16.
    public static final int REPETITION_MAX = 16 * ONE;
    /// The largest presence or frequency penalty: 16.
    public static final int PENALTY_MAX = 16 * ONE;
    /// The largest bias: 100.
    public static final int BIAS_MAX = 100 * ONE;
    /// Most tokens with a bias.
    public static final int BIASES_MAX = 1_024;

    /// Refuses a value out of bounds: whoever reads a request checks first.
    public Sampling {
        within("temperature", temperatureQ16, 0, TEMPERATURE_MAX);
        within("top-k", topK, 0, TOP_K_MAX);
        within("top-p", topPQ16, 1, ONE);
        within("min-p", minPQ16, 0, ONE);
        within("repetition-penalty", repetitionPenaltyQ16, 1, REPETITION_MAX);
        within("presence-penalty", presencePenaltyQ16, -PENALTY_MAX, PENALTY_MAX);
        within("frequency-penalty", frequencyPenaltyQ16, -PENALTY_MAX, PENALTY_MAX);
        within("number of biases", logitBiasQ16.size(), 0, BIASES_MAX);
        // Natural order, whatever order the argument had: the text has one.
        TreeMap<Integer, Integer> copy = new TreeMap<>(Comparator.naturalOrder());
        copy.putAll(logitBiasQ16);
        for (Map.Entry<Integer, Integer> bias : copy.entrySet()) {
            within("token id", bias.getKey(), 0, Integer.MAX_VALUE);
            within("bias", bias.getValue(), -BIAS_MAX, BIAS_MAX);
        }
        logitBiasQ16 = Collections.unmodifiableSortedMap(copy);
    }

    /// The highest logit at each position, nothing else switched on.
    public static Sampling greedy() {
        return new Sampling(0, 0, ONE, 0, ONE, 0, 0, new TreeMap<>());
    }

    /// Reads a decimal text as Q16: floor(x * 65536 + 1/2), which must lie in `min`..`max`.
    ///
    /// Exact. Refuses what is no JSON number, more than 32 characters, more than two digits of
    /// exponent, and what lies out of bounds after rounding.
    public static int q16(String decimal, int min, int max) throws MalformedException {
        return Q16.of(decimal, min, max);
    }

    /// The eight lines of the receipt, each ended by a newline: also what the seed is derived from.
    public String lines() {
        return "temperature " + temperatureQ16 + "\n"
                + "top-k " + topK + "\n"
                + "top-p " + topPQ16 + "\n"
                + "min-p " + minPQ16 + "\n"
                + "repetition-penalty " + repetitionPenaltyQ16 + "\n"
                + "presence-penalty " + presencePenaltyQ16 + "\n"
                + "frequency-penalty " + frequencyPenaltyQ16 + "\n"
                + "logit-bias " + biases() + "\n";
    }

    /// Reads the eight values, in the order of the lines; `lines` stands before the first of them.
    static Sampling parse(ReceiptLines lines) throws MalformedException {
        return new Sampling(
                lines.integer("temperature", 0, TEMPERATURE_MAX),
                lines.integer("top-k", 0, TOP_K_MAX),
                lines.integer("top-p", 1, ONE),
                lines.integer("min-p", 0, ONE),
                lines.integer("repetition-penalty", 1, REPETITION_MAX),
                lines.integer("presence-penalty", -PENALTY_MAX, PENALTY_MAX),
                lines.integer("frequency-penalty", -PENALTY_MAX, PENALTY_MAX),
                parseBiases(lines.value("logit-bias")));
    }

    private static SortedMap<Integer, Integer> parseBiases(String text) throws MalformedException {
        TreeMap<Integer, Integer> biases = new TreeMap<>();
        if (text.equals("-")) {
            return biases;
        }
        for (String bias : text.split(",", BIASES_MAX + 1)) {
            int colon = bias.indexOf(':');
            if (colon < 0 || biases.size() == BIASES_MAX) {
                throw Malformed.value("logit-bias", bias,
                        "must be one of at most " + BIASES_MAX + " pairs like 11:-65536");
            }
            int id = Decimal.parseInt("token id", bias.substring(0, colon), 0, Integer.MAX_VALUE);
            if (!biases.isEmpty() && biases.lastKey() >= id) {
                throw Malformed.value("logit-bias", bias, "must follow a lower token id");
            }
            biases.put(id, Decimal.parseInt("bias", bias.substring(colon + 1),
                    -BIAS_MAX, BIAS_MAX));
        }
        return biases;
    }

    private String biases() {
        if (logitBiasQ16.isEmpty()) {
            return "-";
        }
        StringBuilder text = new StringBuilder();
        logitBiasQ16.forEach((id, bias) ->
                text.append(text.isEmpty() ? "" : ",").append(id).append(':').append(bias));
        return text.toString();
    }

    private static void within(String what, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    what + " " + value + ", must be between " + min + " and " + max);
        }
    }
}
