package plumbline.engine.request;

import java.util.Objects;
import java.util.TreeMap;
import plumbline.verify.Sampling;

/// What a request gets that doesn't say otherwise. Source: spec/api.md A12.
///
/// @param sampling values of the sampling fields that the body leaves out
/// @param maxTokens most tokens of an answer when the body doesn't say, 1..1,048,576
public record RequestDefaults(Sampling sampling, int maxTokens) {

    public RequestDefaults {
        Objects.requireNonNull(sampling);
        if (maxTokens < 1 || maxTokens > RequestParser.TOKENS_MAX) {
            throw new IllegalArgumentException("default max_tokens " + maxTokens);
        }
    }

    /// OpenAI's defaults (temperature 1, top_p 1, nothing else) and 1,024 tokens.
    public static RequestDefaults standard() {
        return new RequestDefaults(
                new Sampling(Sampling.ONE, 0, Sampling.ONE, 0, Sampling.ONE, 0, 0, new TreeMap<>()), 1024);
    }
}
