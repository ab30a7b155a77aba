package plumbline.engine;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import plumbline.engine.Answer.Timings;
import plumbline.exact.Sampler;
import plumbline.verify.Digest;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// One answer on its way, token by token. A [Decoder] drives it; what comes out is a pure function of model and job,
/// unless somebody cancels it.
///
/// Ids are known (the prompt, a prefix that was handed over, what was drawn), and the first of them are fed, so that
/// [Memory] holds them. The logits after the last prompt token draw output token 0, and so on: each output token is
/// drawn once, those of the prefix to be compared.
public final class Decoding {

    private final Model model;
    private final GenerationJob job;
    private final TokenListener listener;
    private final Sampler sampler;
    private final Ending ending;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final long startNanos = System.nanoTime();
    private final int[] prompt;
    private final int[] ids;            // prompt, then output
    private int known;
    private int drawn;
    private Optional<TokenRestriction> restriction;
    private Optional<Memory> memory = Optional.empty();
    private int reused = -1;            // until it has its first memory
    private long prefilledNanos;
    private volatile boolean cancelled;

    Decoding(Model model, GenerationJob job, TokenListener listener) {
        this.model = model;
        this.job = job;
        this.listener = listener;
        sampler = new Sampler(Generator.rule(job.sampling()), job.seed().bytes());
        ending = new Ending(model.tokenizer(), job.maxTokens(), job.stops());
        restriction = job.restriction();
        prompt = job.prompt().toArray();
        ids = Arrays.copyOf(prompt, prompt.length + job.maxTokens());
        System.arraycopy(job.prefix().toArray(), 0, ids, prompt.length, job.prefix().size());
        known = prompt.length + job.prefix().size();
    }

    /// The answer; fails with [CancellationException] if it was cancelled before its first own token, with
    /// [PromptException] if the prefix isn't what this model draws.
    public CompletableFuture<Answer> answer() {
        return answer;
    }

    /// Ends the answer with the token that is being computed. Any thread may call it.
    public void cancel() {
        cancelled = true;
    }

    /// Ids that are known and not fed yet; 0 once it has ended.
    int pending() {
        return answer.isDone() ? 0 : known - fed();
    }

    /// Whether it is past the prompt: each step gives a token.
    boolean decodes() {
        return pending() == 1 && drawn > 0;
    }

    private int fed() {
        return memory.map(Memory::position).orElse(0);
    }

    int[] ids() {
        return ids;
    }

    int known() {
        return known;
    }

    /// Positions that it needs at most.
    int most() {
        return ids.length;
    }

    /// Positions of the prompt that may come from an earlier sequence; the last one must be fed for its logits.
    int reusable() {
        return prompt.length - 1;
    }

    Optional<Memory> memory() {
        return memory;
    }

    /// Goes on in `rows`, whose positions are its own first ids.
    void resume(Memory rows, int reusedTokens) {
        memory = Optional.of(rows);
        // When it goes on after giving its memory up, what it has in common is its own.
        reused = reused < 0 ? reusedTokens : reused;
    }

    /// Gives its memory up, to be fed from its beginning again: slower, the same answer.
    Optional<Memory> giveUpMemory() {
        Optional<Memory> held = memory;
        memory = Optional.empty();
        return held;
    }

    /// How many of the last `rows` fed give logits that draw a token.
    int wanted(int rows) {
        int firstWanted = prompt.length - 1 + drawn;
        return Math.clamp(fed() - (long) firstWanted, 0, rows);
    }

    /// Whether somebody has cancelled it, which ends it here and now if it has its memory, or nothing to show.
    boolean endIfCancelled() {
        if (answer.isDone() || !cancelled && listener.wanted()) {
            return false;
        }
        if (drawn == 0 || drawn < job.prefix().size()) {
            answer.completeExceptionally(new CancellationException("cancelled before its first own token"));
        } else if (fed() < prompt.length + drawn - 1) {
            cancelled = true;
            return false; // the states that its receipt commits to are being computed again
        } else {
            end(ending.cancel());
        }
        return true;
    }

    /// Draws the next output token from `logits`, which it may overwrite.
    void take(long[] logits) {
        if (answer.isDone()) {
            return;
        }
        if (drawn == 0) {
            prefilledNanos = System.nanoTime();
        }
        try {
            draw(logits);
        } catch (PrefixException | RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    private void draw(long[] logits) throws PrefixException {
        Optional<long[]> exact = listener.wantsLogits() ? Optional.of(logits.clone()) : Optional.empty();
        Optional<BitSet> allowed = restriction.map(TokenRestriction::allowed);
        int[] output = Arrays.copyOfRange(ids, prompt.length, prompt.length + drawn);
        int id = sampler.draw(logits, prompt, output, allowed);
        boolean given = drawn < job.prefix().size();
        if (given && job.prefix().get(drawn) != id) {
            throw differs(id);
        }
        ids[prompt.length + drawn++] = id;
        known = Math.max(known, prompt.length + drawn);
        restriction = restriction.map(r -> r.after(id));
        Optional<StopReason> stop = ending.after(id);
        if (stop.isPresent() && drawn < job.prefix().size()) {
            throw new PrefixException(drawn, "the answer ends (" + stop.get().word() + ") after "
                    + drawn + " tokens, but " + job.prefix().size() + " were handed over");
        }
        exact.ifPresent(values -> listener.logits(id, values));
        boolean wanted = listener.token(id, ending.show()) && !cancelled;
        if (stop.isPresent()) {
            end(stop.get());
        } else if (!wanted && drawn >= job.prefix().size()) {
            end(ending.cancel());
        } else if (!wanted) {
            cancelled = true;
        }
    }

    private PrefixException differs(int id) {
        int given = job.prefix().get(drawn);
        return new PrefixException(drawn, "token " + drawn + " of the output that was handed over is " + given
                + ", this model draws " + id + ": the prefix isn't an answer of this model to this request");
    }

    private void end(StopReason stop) {
        TokenIds output = TokenIds.of(Arrays.copyOfRange(ids, prompt.length, prompt.length + drawn));
        Digest root = BoundaryTrees.root(
                job.boundarySalt(), memory.orElseThrow().states(), prompt.length + drawn - 1, model.pool());
        answer.complete(new Answer(job.prompt(), output, ending.text(), stop, root,
                new Timings(prefilledNanos - startNanos, System.nanoTime() - prefilledNanos, reused)));
    }

    /// Ends it because of a fault that isn't its own.
    void fail(Throwable why) {
        answer.completeExceptionally(why);
    }
}
