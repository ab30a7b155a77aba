package plumbline.engine.request;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// The optional fields of a request body that is to be written. An absent value is not written.
///
/// @param nonce 64 lowercase hex digits
public record RequestSettings(
        SamplingSettings sampling,
        OptionalInt maxTokens,
        OptionalLong seed,
        List<String> stops,
        boolean stream,
        Optional<String> nonce) {

    public RequestSettings {
        Objects.requireNonNull(sampling);
        stops = List.copyOf(stops);
    }

    /// Nothing set.
    public static RequestSettings none() {
        return new RequestSettings(SamplingSettings.none(), OptionalInt.empty(), OptionalLong.empty(),
                List.of(), false, Optional.empty());
    }
}
