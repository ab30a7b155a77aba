package plumbline.verify;

/// The seed of one answer: 32 bytes that key the sampler's pseudo-random function.
///
/// It depends on what is named here and on nothing else: no node, no time, no price, no token
/// limit, no stop strings. So another node continues an answer with the same draws.
/// Source: spec/receipt.md (S2).
public final class Seed {

    /// Everything but the prompt that the seed depends on.
    ///
    /// @param source the request's seed, or the nonce
    /// @param nonce the nonce; it counts only where the source is the nonce
    /// @param arithmetic the arithmetic's version
    /// @param model the model
    /// @param sampling the sampler's parameters
    /// @param choice which of several answers, from 0
    public record Inputs(
            SeedSource source,
            Digest nonce,
            String arithmetic,
            ModelId model,
            Sampling sampling,
            int choice) {
    }

    private Seed() {
    }

    /// The seed for these inputs and this prompt.
    public static Digest derive(Inputs inputs, TokenIds prompt) {
        String source = switch (inputs.source()) {
            case SeedSource.Given given -> "seed given " + given.value();
            case SeedSource.FromNonce _ -> "seed nonce " + inputs.nonce().hex();
        };
        String text = "plumbline seed v1\n"
                + source + "\n"
                + "model " + inputs.model() + "\n"
                + "arithmetic " + inputs.arithmetic() + "\n"
                + inputs.sampling().lines()
                + "choice " + inputs.choice() + "\n"
                + "prompt " + prompt.size() + "\n";
        return Digest.sha256(Ascii.bytes(text), prompt.bytes());
    }

    /// The seed of the answer that a receipt is about.
    public static Digest derive(Receipt receipt, TokenIds prompt) {
        return derive(new Inputs(receipt.seed(), receipt.nonce().value(), receipt.arithmetic(),
                receipt.model(), receipt.sampling(), receipt.choice()), prompt);
    }
}
