package plumbline.verify;

import java.util.Optional;

/// Why an answer ended, as the receipt's `stop` line says it. Source: spec/receipt.md (R18).
public enum StopReason {
    /// The model chose an end-of-generation token; it is the last output id.
    END("end"),
    /// The output reached `max-tokens`.
    LENGTH("length"),
    /// The text reached one of the request's stop strings.
    STRING("string"),
    /// The requester went away or stopped the answer.
    CANCELLED("cancelled");

    private final String word;

    StopReason(String word) {
        this.word = word;
    }

    /// The word in the receipt.
    public String word() {
        return word;
    }

    static Optional<StopReason> of(String word) {
        for (StopReason reason : values()) {
            if (reason.word.equals(word)) {
                return Optional.of(reason);
            }
        }
        return Optional.empty();
    }
}
