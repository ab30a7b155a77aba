package plumbline.node.api;

import java.util.Optional;

/// What the file of a model says of it, for people and for clients that want to know how much fits.
///
/// @param family the architecture, such as `llama`
/// @param weights how many there are
/// @param precision the type of most of them, such as `Q4_1`
/// @param contextLength most tokens of prompt and answer that it was made for
public record ModelFacts(
        Optional<String> licence, String family, long weights, String precision, long contextLength) {

    /// Nothing is known: the file lies elsewhere, or is no model.
    public static ModelFacts unknown() {
        return new ModelFacts(Optional.empty(), "", 0, "", 0);
    }
}
