package plumbline.node.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import plumbline.engine.FuzzSeeds;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;

/// Any bytes as a body of any dialect are refused with a status of 4xx and a message, or read, twice to the same
/// canonical bytes, which are a canonical request themselves (spec/api.md A3 to A6, A70).
public final class DialectFuzzTest {

    private static final List<DialectSamples.Sample> SAMPLES = DialectSamples.all();

    /// What a fuzzer calls: the first byte says which dialect.
    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length == 0) {
            return;
        }
        DialectSamples.Sample sample = SAMPLES.get((data[0] & 0xff) % SAMPLES.size());
        byte[] body = Arrays.copyOfRange(data, 1, data.length);
        try {
            if (sample.path().startsWith("/api/")) {
                OllamaDialect.loads(sample.path(), body);
            }
            CanonicalRequest request = read(sample, body);
            assertArrayEquals(request.body(), read(sample, body).body());
            InferenceRequest.parse(request.request().input() instanceof InferenceRequest.Input.Messages
                    ? InferenceRequest.CHAT : InferenceRequest.COMPLETION, request.body(), RequestDefaults.standard());
        } catch (RequestException e) {
            assertTrue(e.status() >= 400 && e.status() < 500);
            assertFalse(e.getMessage().isBlank());
        }
    }

    private static CanonicalRequest read(DialectSamples.Sample sample, byte[] body) throws RequestException {
        return sample.dialect().read(sample.path(), body, RequestDefaults.standard()).canonical();
    }

    @Test
    void keptInputsAreRefusedOrRead() throws IOException {
        for (int i = 0; i < SAMPLES.size(); i++) {
            fuzzerTestOneInput(((char) i + SAMPLES.get(i).body()).getBytes(StandardCharsets.UTF_8));
        }
        FuzzSeeds.replayAt("/plumbline/node/fuzz/dialect.txt", DialectFuzzTest::fuzzerTestOneInput);
    }
}
