package plumbline.node.api;

import java.util.List;
import java.util.Optional;
import plumbline.engine.Answer;
import plumbline.verify.ModelId;
import plumbline.verify.Nonce;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;

/// What happens while a request is answered: Started, then for each choice Piece... and Finished, the choices
/// in any mixture; or Failed instead of any of them, which is the last.
public sealed interface AnswerEvent {

    /// Everything is checked; the receipts' names are known.
    ///
    /// @param receipts one for each choice
    record Started(ModelId model, String arithmetic, Nonce nonce, int promptTokens, List<Handle> receipts)
            implements AnswerEvent {
        public Started {
            receipts = List.copyOf(receipts);
        }

        /// Model and arithmetic, which together with request and nonce determine the answer (A21).
        String fingerprint() {
            return model + "+" + arithmetic;
        }
    }

    /// How a receipt is fetched.
    record Handle(ReceiptId id, Secret secret) {}

    /// Text that can be shown, and the tokens that were drawn since the last piece; either may be empty.
    record Piece(int choice, String text, List<DrawnToken> tokens) implements AnswerEvent {
        public Piece {
            tokens = List.copyOf(tokens);
        }
    }

    /// A choice has ended and its receipt is durable.
    ///
    /// @param text the whole text
    /// @param computed how, if it was computed now
    /// @param shown what whoever answers has found out about it; a node says nothing of its own answers
    record Finished(int choice, Receipt receipt, String text, Optional<Computed> computed, Optional<Shown> shown)
            implements AnswerEvent {

        /// The facts as sentences.
        List<String> facts() {
            return shown.map(Shown::facts).orElse(List.of());
        }

        /// Tokens of the prompt that an earlier request had in common and that weren't computed again, as far as
        /// whoever answers knows.
        int reusedTokens() {
            return computed.map(how -> how.timings().reusedTokens()).orElse(0);
        }
    }

    /// What was shown of an answer. Source: spec/proxy.md F17, F20.
    ///
    /// @param names  the facts, a word each, as spec/receipt.md names them
    /// @param facts  the same as sentences, and what else should be known
    /// @param secret of the receipt
    record Shown(List<String> names, List<String> facts, Secret secret) {
        public Shown {
            names = List.copyOf(names);
            facts = List.copyOf(facts);
        }
    }

    /// It ended otherwise.
    record Failed(ApiError error) implements AnswerEvent {}

    /// How an answer was computed, for people.
    record Computed(String kernel, Answer.Timings timings) {}
}
