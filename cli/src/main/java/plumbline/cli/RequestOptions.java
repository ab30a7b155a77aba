package plumbline.cli;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import plumbline.engine.Model;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestSettings;

/// The options that shape an answer, the same for `run` and `chat`.
final class RequestOptions {
    /// The likeliest token each time: small models keep to the point, and two machines give the same answer.
    static final String TEMPERATURE_DEFAULT = "0";

    private RequestOptions() {}

    static List<Option> all() {
        return List.of(
                Option.value("--max-tokens", "N", "at most N tokens of answer (default "
                        + RequestDefaults.standard().maxTokens() + "; prompt and answer together at"
                        + " most the model's context, " + Model.CONTEXT_MAX + " for now)"),
                Option.value("--temperature", "T", "0 takes the likeliest token each time (default "
                        + TEMPERATURE_DEFAULT + ")"),
                Option.value("--top-k", "K", "only the K likeliest tokens (default 0: all)"),
                Option.value("--top-p", "P", "only the likeliest tokens that make up P (default 1:"
                        + " all)"),
                Option.value("--seed", "S", "draw from this seed; the same seed gives the same"
                        + " answer (default: from the nonce)"));
    }

    static RequestSettings of(Arguments arguments, boolean streams, Optional<String> nonce)
            throws UsageException {
        return new RequestSettings(
                Optional.of(arguments.decimal("--temperature").orElse(TEMPERATURE_DEFAULT)),
                arguments.decimal("--top-p"),
                narrow(arguments.integer("--top-k", 0, 1 << 20)),
                narrow(arguments.integer("--max-tokens", 1, 1 << 20)),
                arguments.integer("--seed", Long.MIN_VALUE, Long.MAX_VALUE),
                List.of(),
                streams,
                nonce);
    }

    private static OptionalInt narrow(OptionalLong value) {
        return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
    }
}
