package plumbline.engine;

import java.util.Arrays;
import plumbline.engine.Answer.Timings;
import plumbline.exact.Sampler;
import plumbline.exact.SamplingRule;
import plumbline.verify.Sampling;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// Answers a request token by token. The result is a pure function of model and job, unless the listener cancels.
public final class Generator {

    private Generator() {}

    /// Runs `job` on `model`, telling `listener` each token. One run at a time per model.
    ///
    /// @throws PromptException if prompt and answer can't fit the context
    public static Answer generate(Model model, GenerationJob job, TokenListener listener) throws PromptException {
        int[] prompt = job.prompt().toArray();
        int most = model.answerTokensMax(prompt.length);
        if (job.maxTokens() > most) {
            throw new PromptException("prompt and answer of " + prompt.length + " + " + job.maxTokens()
                    + " tokens don't fit the context of " + model.contextLength() + "; ask for at most " + most);
        }
        int[] ids = Arrays.copyOf(prompt, prompt.length + job.maxTokens());
        Forward forward = new Forward(model, ids.length, job.boundarySalt());
        Sampler sampler = new Sampler(rule(job.sampling()), job.seed().bytes());
        Ending ending = new Ending(model.tokenizer(), job.maxTokens(), job.stops());
        long[] logits = new long[model.tokenizer().size()];

        long start = System.nanoTime();
        forward.prefill(ids, prompt.length, logits);
        long prefilled = System.nanoTime();
        int count = 0;
        StopReason stop = null;
        while (stop == null) {
            int id = sampler.draw(logits, prompt, Arrays.copyOfRange(ids, prompt.length, prompt.length + count));
            ids[prompt.length + count++] = id;
            stop = ending.after(id).orElse(null);
            if (!listener.token(id, ending.show()) && stop == null) {
                stop = ending.cancel();
            }
            if (stop == null) {
                forward.advance(ids, prompt.length + count - 1, prompt.length + count);
                forward.logits(1, 1, logits);
            }
        }
        Timings timings = new Timings(prefilled - start, System.nanoTime() - prefilled);
        return new Answer(job.prompt(), TokenIds.of(Arrays.copyOfRange(ids, prompt.length, prompt.length + count)),
                ending.text(), stop, forward.boundaryRoot(), timings);
    }

    /// The sampler's view of a request's parameters.
    static SamplingRule rule(Sampling sampling) {
        return new SamplingRule(sampling.temperatureQ16(), sampling.topK(), sampling.topPQ16(), sampling.minPQ16(),
                sampling.repetitionPenaltyQ16(), sampling.presencePenaltyQ16(), sampling.frequencyPenaltyQ16(),
                sampling.logitBiasQ16());
    }
}
