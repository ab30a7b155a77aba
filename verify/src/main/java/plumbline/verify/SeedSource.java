package plumbline.verify;

/// Where the sampler's randomness comes from: the request's `seed`, or the nonce.
///
/// Written `given <int64>` or `nonce`. Source: spec/receipt.md (R16).
public sealed interface SeedSource {

    /// The request named a seed.
    ///
    /// @param value the request's `seed`, any 64-bit integer
    record Given(long value) implements SeedSource {
        @Override
        public String toString() {
            return "given " + value;
        }
    }

    /// The request named no seed: the nonce takes its place.
    record FromNonce() implements SeedSource {
        @Override
        public String toString() {
            return "nonce";
        }
    }

    /// Reads what follows `seed ` in a receipt.
    static SeedSource parse(String text) throws MalformedException {
        if (text.equals("nonce")) {
            return new FromNonce();
        }
        if (text.startsWith("given ")) {
            String number = text.substring("given ".length());
            return new Given(Decimal.parse("seed", number, Long.MIN_VALUE, Long.MAX_VALUE));
        }
        throw Malformed.value("seed", text, "must be \"nonce\" or \"given\" and an integer");
    }
}
