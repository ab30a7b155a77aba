package plumbline.node;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import plumbline.engine.Logprobs;
import plumbline.node.api.DrawnToken;

/// What is said of how likely a drawn token was. Source: spec/api.md A85, A87.
final class TokenScores {

    private TokenScores() {}

    /// The scores of `id` and of the `top` likeliest; empty for a token that gives no text, such as an end token.
    ///
    /// @param logits that `id` was drawn from; for keeps
    static Optional<DrawnToken.Logprobs> of(ModelHandle model, long[] logits, int id, int top) {
        Logprobs all = Logprobs.of(logits);
        DrawnToken.Scored drawn = model.scored(id, all.of(id));
        if (drawn.bytes().isEmpty()) {
            return Optional.empty();
        }
        List<DrawnToken.Scored> likeliest = Arrays.stream(all.top(top))
                .mapToObj(other -> model.scored(other, all.of(other))).toList();
        return Optional.of(new DrawnToken.Logprobs(drawn, likeliest));
    }
}
