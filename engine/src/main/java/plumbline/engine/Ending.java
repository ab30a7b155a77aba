package plumbline.engine;

import java.util.List;
import java.util.Optional;
import plumbline.verify.StopReason;

/// Decides after each token whether the answer ends there, and holds its text. The run and its replay use the same.
/// Not safe for threads. Source: spec/receipt.md, section on the stop reason.
final class Ending {

    private final Model model;
    private final AnswerText text;
    private final int countMax;
    private int count;

    Ending(Model model, int maxTokens, List<String> stops) {
        this.model = model;
        this.text = new AnswerText(model.tokenizer(), stops);
        this.countMax = maxTokens;
    }

    /// Takes the next token; why the answer ends with it, if it does: an end token, then a stop string, then the
    /// limit.
    Optional<StopReason> after(int id) {
        count++;
        Optional<StopReason> reason = Optional.empty();
        if (model.tokenizer().endsGeneration(id)) {
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
    StopReason cancel() {
        text.finish();
        return StopReason.CANCELLED;
    }

    /// The text that can be shown now and hasn't been.
    String show() {
        return text.show();
    }

    /// The whole text so far.
    String text() {
        return text.text();
    }
}
