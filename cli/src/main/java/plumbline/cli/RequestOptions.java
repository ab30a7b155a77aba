package plumbline.cli;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import plumbline.engine.Model;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestSettings;
import plumbline.engine.request.SamplingSettings;

/// The options that shape an answer, the same for `run` and `chat`.
final class RequestOptions {
    /// The likeliest token each time: small models keep to the point, and two machines give the same answer.
    static final String TEMPERATURE_DEFAULT = "0";

    private static final Pattern BIAS =
            Pattern.compile("(0|[1-9][0-9]{0,8}):(-?(?:0|[1-9][0-9]{0,2})(?:\\.[0-9]{1,20})?)");

    private RequestOptions() {}

    static List<Option> all() {
        return List.of(
                Option.value("--max-tokens", "N", "at most N tokens of answer (default "
                        + RequestDefaults.standard().maxTokens() + "; prompt and answer together at"
                        + " most the model's context, " + Model.CONTEXT_MAX + ")"),
                Option.value("--temperature", "T", "0 takes the likeliest token each time (default "
                        + TEMPERATURE_DEFAULT + ")"),
                Option.value("--top-k", "K", "only the K likeliest tokens (default 0: all)"),
                Option.value("--top-p", "P", "only the likeliest tokens that make up P (default 1:"
                        + " all)"),
                Option.value("--min-p", "P", "only tokens at least P times as likely as the likeliest"
                        + " (default 0: all)"),
                Option.value("--repetition-penalty", "R", "makes tokens of prompt and answer less"
                        + " likely (default 1: off)"),
                Option.value("--presence-penalty", "A", "takes A from the logits of tokens that are"
                        + " in the answer (default 0: off)"),
                Option.value("--frequency-penalty", "A", "the same, A for each time (default 0: off)"),
                Option.value("--logit-bias", "ID:B,...", "adds B (-100 to 100) to the logit of the"
                        + " token ID; plumb tokenize shows ids"),
                Option.value("--seed", "S", "draw from this seed; the same seed gives the same"
                        + " answer (default: from the nonce)"));
    }

    static RequestSettings of(Arguments arguments, boolean streams, Optional<String> nonce)
            throws UsageException {
        SamplingSettings sampling = new SamplingSettings(
                Optional.of(arguments.decimal("--temperature").orElse(TEMPERATURE_DEFAULT)),
                narrow(arguments.integer("--top-k", 0, 1 << 20)),
                arguments.decimal("--top-p"),
                arguments.decimal("--min-p"),
                arguments.decimal("--repetition-penalty"),
                arguments.decimal("--presence-penalty"),
                arguments.decimal("--frequency-penalty"),
                biases(arguments.text("--logit-bias").orElse("")));
        return new RequestSettings(
                sampling,
                narrow(arguments.integer("--max-tokens", 1, 1 << 20)),
                arguments.integer("--seed", Long.MIN_VALUE, Long.MAX_VALUE),
                List.of(),
                streams,
                nonce);
    }

    // The values stay texts: the request's reader checks and rounds them, here and on a node alike.
    private static SortedMap<Integer, String> biases(String text) throws UsageException {
        SortedMap<Integer, String> biases = new TreeMap<>();
        for (String pair : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            Matcher bias = BIAS.matcher(pair);
            if (!bias.matches()) {
                throw new UsageException("--logit-bias: '" + pair
                        + "' is not a token id and a decimal number such as 464:-1.5");
            }
            if (biases.put(Integer.valueOf(bias.group(1)), bias.group(2)) != null) {
                throw new UsageException("--logit-bias: token " + bias.group(1) + " is given twice");
            }
        }
        return biases;
    }

    private static OptionalInt narrow(OptionalLong value) {
        return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
    }
}
