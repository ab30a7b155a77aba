package plumbline.engine;

import java.util.concurrent.ExecutionException;
import plumbline.exact.SamplingRule;
import plumbline.verify.Sampling;

/// Answers one request alone, token by token. The result is a pure function of model and job, unless the listener
/// cancels.
public final class Generator {

    private Generator() {}

    /// Runs `job` on `model`, telling `listener` each token. One run at a time per model.
    ///
    /// @throws PromptException if prompt and answer can't fit the context, or aren't what the prefix claims
    public static Answer generate(Model model, GenerationJob job, TokenListener listener) throws PromptException {
        Decoder decoder = new Decoder(model, Long.MAX_VALUE);
        Decoding decoding = decoder.begin(job, listener);
        while (decoder.step()) {
            // until it has ended
        }
        return answer(decoding);
    }

    /// The answer of a decoding that has ended, or what it ended with.
    public static Answer answer(Decoding ended) throws PromptException {
        try {
            return ended.answer().get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case PromptException refused -> throw refused;
                case RuntimeException fault -> throw fault;
                case Error fault -> throw fault;
                default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// The sampler's view of a request's parameters.
    static SamplingRule rule(Sampling sampling) {
        return new SamplingRule(sampling.temperatureQ16(), sampling.topK(), sampling.topPQ16(), sampling.minPQ16(),
                sampling.repetitionPenaltyQ16(), sampling.presencePenaltyQ16(), sampling.frequencyPenaltyQ16(),
                sampling.logitBiasQ16());
    }
}
