package plumbline.engine;

import java.util.List;
import java.util.Objects;
import plumbline.verify.Digest;
import plumbline.verify.Sampling;
import plumbline.verify.TokenIds;

/// Everything an answer depends on, and nothing else.
///
/// @param prompt at least one token
/// @param seed key of the sampler's noise, as plumbline.verify.Seed derives it
/// @param maxTokens most output tokens, at most [Model#answerTokensMax]
/// @param stops strings that end the answer; none empty
/// @param boundarySalt salt of the committed states, as plumbline.verify.BoundarySalt derives it
public record GenerationJob(TokenIds prompt, Sampling sampling, Digest seed, int maxTokens, List<String> stops,
        Digest boundarySalt) {

    public GenerationJob {
        Objects.requireNonNull(sampling);
        stops = List.copyOf(stops);
        if (prompt.size() < 1 || maxTokens < 1 || stops.contains("")) {
            throw new IllegalArgumentException(
                    prompt.size() + " prompt tokens, " + maxTokens + " at most, stops " + stops);
        }
    }
}
