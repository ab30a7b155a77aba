package plumbline.engine;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
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
/// @param prefix the output's first tokens, where somebody else has drawn them already; each is drawn again and
///     compared, at the speed of a prompt. It changes no token of the answer
/// @param restriction on the first output token, if there is one
public record GenerationJob(TokenIds prompt, Sampling sampling, Digest seed, int maxTokens, List<String> stops,
        Digest boundarySalt, TokenIds prefix, Optional<TokenRestriction> restriction) {

    public GenerationJob {
        Objects.requireNonNull(sampling);
        Objects.requireNonNull(restriction);
        stops = List.copyOf(stops);
        if (prompt.size() < 1 || maxTokens < 1 || prefix.size() > maxTokens || stops.contains("")) {
            throw new IllegalArgumentException(prompt.size() + " prompt tokens, " + maxTokens + " at most after "
                    + prefix.size() + ", stops " + stops);
        }
    }

    /// An answer from its beginning, without restriction.
    public GenerationJob(TokenIds prompt, Sampling sampling, Digest seed, int maxTokens, List<String> stops,
            Digest boundarySalt) {
        this(prompt, sampling, seed, maxTokens, stops, boundarySalt, TokenIds.of(), Optional.empty());
    }

    /// The same, going on after these output tokens.
    public GenerationJob after(TokenIds newPrefix) {
        return new GenerationJob(prompt, sampling, seed, maxTokens, stops, boundarySalt, newPrefix, restriction);
    }

    /// The same, with the tokens restricted.
    public GenerationJob under(TokenRestriction first) {
        return new GenerationJob(prompt, sampling, seed, maxTokens, stops, boundarySalt, prefix, Optional.of(first));
    }
}
