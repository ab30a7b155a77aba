package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import plumbline.engine.request.SamplingSettings;

class RequestOptionsTest {
    private static SamplingSettings sampling(String... words) throws UsageException {
        Arguments arguments = ChatCommand.syntax().parse(List.of(words));
        return RequestOptions.of(arguments, false, Optional.empty()).sampling();
    }

    @Test
    void everyOptionOfTheDrawReachesTheRequest() throws UsageException {
        SamplingSettings sampling = sampling("m.gguf", "--temperature", "0.7", "--top-k", "40", "--top-p", "0.9",
                "--min-p", "0.05", "--repetition-penalty", "1.1", "--presence-penalty", "-0.5",
                "--frequency-penalty=0.25", "--logit-bias", "464:-100,7:1.50");
        assertEquals(Optional.of("0.7"), sampling.temperature());
        assertEquals(OptionalInt.of(40), sampling.topK());
        assertEquals(Optional.of("0.9"), sampling.topP());
        assertEquals(Optional.of("0.05"), sampling.minP());
        assertEquals(Optional.of("1.1"), sampling.repetitionPenalty());
        assertEquals(Optional.of("-0.5"), sampling.presencePenalty());
        assertEquals(Optional.of("0.25"), sampling.frequencyPenalty());
        assertEquals(Map.of(464, "-100", 7, "1.50"), sampling.logitBias());
    }

    @Test
    void onlyTheTemperatureHasADefaultOfItsOwn() throws UsageException {
        assertEquals(SamplingSettings.ofTemperature(RequestOptions.TEMPERATURE_DEFAULT), sampling("m.gguf"));
    }

    @Test
    void refusesBiasesThatAreNone() {
        for (String biases : List.of("x", "1", "1:", ":1", "1:x", "1:1,", ",1:1", "1:1,,2:1", "-1:1", "01:1", "1:1e1",
                "1:+1", "1:.5", "1:1.", "1 :1", "1: 1", "1:1,1:2", "9999999999:1", "1:1000")) {
            UsageException e = assertThrows(UsageException.class,
                    () -> sampling("m.gguf", "--logit-bias", biases), biases);
            assertTrue(e.getMessage().startsWith("--logit-bias: "), e.getMessage());
        }
    }
}
