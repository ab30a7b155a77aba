package plumbline.engine.request;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import plumbline.engine.FuzzSeeds;

/// Any bytes as the body of a request are refused with a status of 4xx and a message, or read, twice the same
/// (spec/api.md A3 to A6).
public final class RequestFuzzTest {

    /// What a fuzzer calls.
    public static void fuzzerTestOneInput(byte[] data) {
        for (String endpoint : new String[] {InferenceRequest.CHAT, InferenceRequest.COMPLETION}) {
            try {
                InferenceRequest request = InferenceRequest.parse(endpoint, data, RequestDefaults.standard());
                assertEquals(request, InferenceRequest.parse(endpoint, data, RequestDefaults.standard()));
            } catch (RequestException e) {
                assertTrue(e.status() >= 400 && e.status() < 500);
                assertFalse(e.getMessage().isBlank());
            }
        }
    }

    @Test
    void keptInputsAreRefusedOrRead() throws IOException {
        FuzzSeeds.replay("request", RequestFuzzTest::fuzzerTestOneInput);
    }
}
