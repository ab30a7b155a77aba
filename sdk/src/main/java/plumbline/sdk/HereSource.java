package plumbline.sdk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import plumbline.engine.GenerationJob;
import plumbline.engine.Generator;
import plumbline.engine.Logprobs;
import plumbline.engine.Model;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;

/// The same answer, computed on this machine while it comes from elsewhere: the truth, where the model is at hand.
final class HereSource implements AutoCloseable {

    /// What came of it.
    sealed interface Sign {
        /// The next token.
        record Token(int id, Optional<Scores> scores) implements Sign {}

        /// It can't be computed here.
        record Broken(String why) implements Sign {}
    }

    /// How likely a token was, and the likeliest in its place.
    record Scores(TokenScore drawn, List<TokenScore> likeliest) {}

    final List<Integer> tokens = new ArrayList<>();
    /// Of each of the tokens.
    final List<Optional<Scores>> scores = new ArrayList<>();
    private volatile boolean closed;

    /// Begins to compute; `signs` is called on a thread of this machine.
    ///
    /// @param likeliest how many tokens are scored beside each one drawn; empty scores none
    /// @param turn      one computation at a time for each model
    static HereSource start(Model model, GenerationJob job, OptionalInt likeliest, ReentrantLock turn,
            Consumer<Sign> signs) {
        HereSource source = new HereSource();
        Thread.ofPlatform().name("re-execution").daemon().start(() -> {
            turn.lock();
            try {
                if (!source.closed) {
                    Generator.generate(model, job, source.new Listener(model, likeliest, signs));
                }
            } catch (PromptException | RuntimeException | OutOfMemoryError e) {
                signs.accept(new Sign.Broken(String.valueOf(e.getMessage())));
            } finally {
                turn.unlock();
            }
        });
        return source;
    }

    /// Scores tokens where that is wanted: at once, since logits are too big to be kept.
    private final class Listener implements TokenListener {
        private final Model model;
        private final OptionalInt likeliest;
        private final Consumer<Sign> signs;
        private Optional<Scores> scores = Optional.empty();

        Listener(Model model, OptionalInt likeliest, Consumer<Sign> signs) {
            this.model = model;
            this.likeliest = likeliest;
            this.signs = signs;
        }

        @Override
        public boolean token(int id, String text) {
            signs.accept(new Sign.Token(id, scores));
            scores = Optional.empty();
            return !closed;
        }

        @Override
        public boolean wantsLogits() {
            return likeliest.isPresent();
        }

        @Override
        public void logits(int id, long[] logits) {
            Logprobs all = Logprobs.of(logits);
            TokenScore drawn = score(id, all);
            scores = drawn.bytes().length == 0 ? Optional.empty() : Optional.of(new Scores(drawn,
                    Arrays.stream(all.top(likeliest.orElse(0))).mapToObj(other -> score(other, all)).toList()));
        }

        private TokenScore score(int id, Logprobs all) {
            return new TokenScore(id, model.tokenizer().text(id), model.tokenizer().bytes(id), all.of(id));
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
