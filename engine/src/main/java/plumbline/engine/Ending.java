package plumbline.engine;

import java.util.List;
import java.util.Optional;
import plumbline.engine.tokenizer.Tokenizer;
import plumbline.verify.StopReason;

/// Decides after each token whether the answer ends there, and holds its text. The run and its replay use the same.
/// Not safe for threads. Source: spec/receipt.md, section on the stop reason.
public final class Ending {

    private final Tokenizer tokenizer;
    private final AnswerText text;
    private final int countMax;
    private int count;

    /// @param maxTokens most output tokens
    /// @param stops strings that end the answer; none empty
    public Ending(Tokenizer tokenizer, int maxTokens, List<String> stops) {
        this.tokenizer = tokenizer;
        this.text = new AnswerText(tokenizer, stops);
        this.countMax = maxTokens;
    }

    /// Takes the next token; why the answer ends with it, if it does: an end token, then a stop string, then the
    /// limit.
    public Optional<StopReason> after(int id) {
        count++;
        Optional<StopReason> reason = Optional.empty();
        if (tokenizer.endsGeneration(id)) {
            reason = Optional.of(StopReason.END);
        } else if (text.add(id)) {
            reason = Optional.of(StopReason.STRING);
        } else if (count == countMax) {
            reason = Optional.of(StopReason.LENGTH);
        }
        if (reason.isPresent()) {
            text.finish();
        }
        return reason;
    }

    /// Ends the answer here because somebody no longer wants it.
    public StopReason cancel() {
        text.finish();
        return StopReason.CANCELLED;
    }

    /// The text that can be shown now and hasn't been.
    public String show() {
        return text.show();
    }

    /// The whole text so far.
    public String text() {
        return text.text();
    }
}
