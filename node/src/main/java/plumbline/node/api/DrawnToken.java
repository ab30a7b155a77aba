package plumbline.node.api;

import java.util.List;
import java.util.Optional;

/// A token of an answer, the stop token included.
///
/// @param id in the model's vocabulary
/// @param logprobs where the request wants them and the token has text
public record DrawnToken(int id, Optional<Logprobs> logprobs) {

    /// A token whose logprob nobody wants.
    public DrawnToken(int id) {
        this(id, Optional.empty());
    }

    /// How likely the token was, and which were likeliest in its place, in falling order.
    public record Logprobs(Scored drawn, List<Scored> top) {
        public Logprobs {
            top = List.copyOf(top);
        }
    }

    /// A token's text and its logprob (A85).
    ///
    /// @param bytes of the text, one number each, 0 to 255: a token isn't always whole characters
    public record Scored(String text, List<Integer> bytes, double logprob) {
        public Scored {
            bytes = List.copyOf(bytes);
        }
    }
}
