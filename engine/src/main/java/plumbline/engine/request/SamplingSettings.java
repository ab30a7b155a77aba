package plumbline.engine.request;

import java.util.Collections;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/// The fields of a request that shape the draw, for a body that is to be written. Decimals are texts, as the person
/// wrote them: the reader's rounding is the only one. An absent value is not written.
///
/// @param logitBias token id to decimal; empty is absent
public record SamplingSettings(
        Optional<String> temperature,
        OptionalInt topK,
        Optional<String> topP,
        Optional<String> minP,
        Optional<String> repetitionPenalty,
        Optional<String> presencePenalty,
        Optional<String> frequencyPenalty,
        SortedMap<Integer, String> logitBias) {

    public SamplingSettings {
        logitBias = Collections.unmodifiableSortedMap(new TreeMap<>(logitBias));
    }

    /// Nothing set.
    public static SamplingSettings none() {
        return new SamplingSettings(Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty(),
                Optional.empty(), Optional.empty(), Optional.empty(), new TreeMap<>());
    }

    /// A temperature and nothing else.
    public static SamplingSettings ofTemperature(String decimal) {
        return new SamplingSettings(Optional.of(decimal), OptionalInt.empty(), Optional.empty(), Optional.empty(),
                Optional.empty(), Optional.empty(), Optional.empty(), new TreeMap<>());
    }
}
