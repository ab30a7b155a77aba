package plumbline.cli;

import java.util.Set;

/// A request that was refused, as the command line's fault or as the world's.
final class Refusal {
    private static final Set<String> OPTIONS = Set.of(
            "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "presence_penalty",
            "frequency_penalty", "logit_bias", "max_tokens", "seed", "nonce", "stop");

    private Refusal() {}

    /// Throws: a value that came from an option is wrong usage, the rest is a failure.
    ///
    /// @param param the field of the request at fault, or empty
    static Failure of(int status, String param, String message) throws UsageException {
        String option = param.split("[.\\[]", 2)[0];
        if (status == 400 && OPTIONS.contains(option)) {
            throw new UsageException("--" + option.replace('_', '-') + ": " + message);
        }
        return new Failure(message, "");
    }
}
