package plumbline.exact;

import java.util.SortedMap;
import java.util.TreeMap;

/// How a token is drawn, in integers; fractions have 16 fraction bits (65536 = 1.0).
///
/// `temperature` 0 = greedy; `topK` 0 = off; `topP` 65536 = off; `minP` 0 = off; `repetitionPenalty` 65536 = off;
/// `presencePenalty`, `frequencyPenalty` 0 = off; `logitBias` by token id. Source: spec/arithmetic.md section 12.
public record SamplingRule(int temperature, int topK, int topP, int minP, int repetitionPenalty,
        int presencePenalty, int frequencyPenalty, SortedMap<Integer, Integer> logitBias) {

    /// 1.0 with 16 fraction bits.
    public static final int ONE = 1 << 16;

    /// Largest temperature: 32.0.
    public static final int TEMPERATURE_MAX = 32 * ONE;

    /// Largest repetition penalty and magnitude of the other penalties: 16.0.
    public static final int MAX = 16 * ONE;

    /// Largest magnitude of a logit bias: 128.0.
    public static final int BIAS_MAX = 128 * ONE;

    /// Most tokens of a vocabulary.
    public static final int VOCABULARY_MAX = 1 << 20;

    /// Greedy: the largest logit, ties to the lowest id.
    public static final SamplingRule GREEDY = new SamplingRule(0, 0, ONE, 0, ONE, 0, 0, new TreeMap<>());

    public SamplingRule {
        if (temperature < 0 || temperature > TEMPERATURE_MAX
                || topK < 0 || topK > VOCABULARY_MAX || topP < 1 || topP > ONE
                || minP < 0 || minP > ONE || repetitionPenalty < 1 || repetitionPenalty > MAX
                || Math.abs(presencePenalty) > MAX || Math.abs(frequencyPenalty) > MAX) {
            throw new IllegalArgumentException("sampling out of range: temperature " + temperature + ", top-k " + topK
                    + ", top-p " + topP + ", min-p " + minP + ", penalties " + repetitionPenalty + " "
                    + presencePenalty + " " + frequencyPenalty);
        }
        for (var entry : logitBias.entrySet()) {
            if (entry.getKey() < 0 || Math.abs(entry.getValue()) > BIAS_MAX) {
                throw new IllegalArgumentException("logit bias out of range: " + entry);
            }
        }
        logitBias = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(logitBias));
    }

    /// A rule of temperature, top-k and top-p alone.
    public static SamplingRule of(int temperature, int topK, int topP) {
        return new SamplingRule(temperature, topK, topP, 0, ONE, 0, 0, new TreeMap<>());
    }

    boolean changesLogits() {
        return repetitionPenalty != ONE || presencePenalty != 0 || frequencyPenalty != 0 || !logitBias.isEmpty();
    }
}
