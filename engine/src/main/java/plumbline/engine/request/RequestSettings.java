package plumbline.engine.request;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// The optional fields of a request body that is to be written. An absent value is not written.
///
/// @param temperature decimal text, as the person wrote it
/// @param topP decimal text, as the person wrote it
/// @param nonce 64 lowercase hex digits
public record RequestSettings(
        Optional<String> temperature,
        Optional<String> topP,
        OptionalInt topK,
        OptionalInt maxTokens,
        OptionalLong seed,
        List<String> stops,
        boolean stream,
        Optional<String> nonce) {

    public RequestSettings {
        stops = List.copyOf(stops);
    }

    /// Nothing set.
    public static RequestSettings none() {
        return new RequestSettings(
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalLong.empty(),
                List.of(),
                false,
                Optional.empty());
    }
}
