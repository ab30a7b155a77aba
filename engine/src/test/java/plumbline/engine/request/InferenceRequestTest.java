package plumbline.engine.request;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.verify.Sampling;

/// spec/api.md A3-A16, the accepting side.
class InferenceRequestTest {

    private static final String NONCE = "00112233445566778899aabbccddeeff".repeat(2);

    static InferenceRequest chat(String body) throws RequestException {
        return InferenceRequest.parse(InferenceRequest.CHAT, bytes(body), RequestDefaults.standard());
    }

    static InferenceRequest completion(String body) throws RequestException {
        return InferenceRequest.parse(
                InferenceRequest.COMPLETION, bytes(body), RequestDefaults.standard());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void readsTheSmallestChatRequestWithDefaults() throws RequestException {
        InferenceRequest request = chat("""
                {"model":"hub/m","messages":[{"role":"user","content":"Hi"}]}""");
        assertEquals(InferenceRequest.CHAT, request.endpoint());
        assertEquals("hub/m", request.model());
        assertEquals(
                new Input.Messages(List.of(new Message(Message.Role.USER, "Hi"))), request.input());
        assertEquals(Sampling.ONE, request.sampling().temperatureQ16());
        assertEquals(Sampling.ONE, request.sampling().topPQ16());
        assertEquals(0, request.sampling().topK());
        assertEquals(1024, request.maxTokens());
        assertFalse(request.maxTokensGiven());
        assertFalse(request.stream());
        assertTrue(request.seed().isEmpty());
        assertTrue(request.nonce().isEmpty());
    }

    @Test
    void readsEveryField() throws RequestException {
        InferenceRequest request = chat("""
                {"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":
                [{"type":"text","text":"a"},{"text":"b","type":"text"}]},
                {"content":"","role":"assistant"}],
                "stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":7,
                "temperature":0.7,"top_p":0.9,"top_k":40,"seed":-9223372036854775808,
                "min_p":0.05,"repetition_penalty":1.1,"presence_penalty":-0.5,"frequency_penalty":2,
                "logit_bias":{"464":-100,"7":1.5e0,"2147483647":0},
                "stop":["x","é"],"n":1,"nonce":"%s"}""".formatted(NONCE));
        Input.Messages input = (Input.Messages) request.input();
        assertEquals("ab", input.messages().get(1).content());
        assertEquals(Message.Role.ASSISTANT, input.messages().get(2).role());
        // floor(0.7 * 65536 + 1/2), floor(0.9 * 65536 + 1/2)
        assertEquals(45875, request.sampling().temperatureQ16());
        assertEquals(58982, request.sampling().topPQ16());
        assertEquals(40, request.sampling().topK());
        // floor(0.05 * 65536 + 1/2), floor(1.1 * 65536 + 1/2)
        assertEquals(3277, request.sampling().minPQ16());
        assertEquals(72090, request.sampling().repetitionPenaltyQ16());
        assertEquals(-32768, request.sampling().presencePenaltyQ16());
        assertEquals(131072, request.sampling().frequencyPenaltyQ16());
        assertEquals(Map.of(464, -6553600, 7, 98304, 2147483647, 0), request.sampling().logitBiasQ16());
        assertEquals(OptionalLong.of(Long.MIN_VALUE), request.seed());
        assertEquals(List.of("x", "é"), request.stops());
        assertEquals(7, request.maxTokens());
        assertTrue(request.maxTokensGiven());
        assertTrue(request.stream());
        assertTrue(request.includeUsage());
        assertEquals(NONCE, request.nonce().orElseThrow().hex());
    }

    @Test
    void readsACompletion() throws RequestException {
        InferenceRequest request = completion("""
                {"model":"m","prompt":"Once\\u0000","stop":"end","temperature":0}""");
        assertEquals(new Input.Prompt("Once\0"), request.input());
        assertEquals(List.of("end"), request.stops());
        assertEquals(0, request.sampling().temperatureQ16());
    }

    @Test
    void takesNullAsAbsentWhereOpenAiDoes() throws RequestException {
        InferenceRequest request = chat("""
                {"model":"m","messages":[{"role":"user","content":"x"}],"stream":null,"seed":null,
                "stream_options":null,"max_tokens":null,"max_completion_tokens":null,"top_k":null,
                "temperature":null,"top_p":null,"min_p":null,"repetition_penalty":null,"presence_penalty":null,
                "frequency_penalty":null,"logit_bias":null,"stop":null,"n":null,"nonce":null}""");
        assertEquals(
                chat("""
                {"model":"m","messages":[{"role":"user","content":"x"}]}"""), request);
    }

    @Test
    void keepsWholeSurrogatePairs() throws RequestException {
        InferenceRequest request = completion("""
                {"model":"m","prompt":"\\ud83d\\ude00😀"}""");
        assertEquals(new Input.Prompt("😀😀"), request.input());
    }

    @Test
    void usesTheNumberAsWrittenAndNotItsBinaryFraction() throws RequestException {
        // 1.5 / 65536 exactly lies between two Q16 values: half rounds up, a hair less rounds down.
        assertEquals(2, temperature("0.000022888183593750"));
        assertEquals(1, temperature("0.00002288818359374999999"));
        assertEquals(45875, temperature("7e-1"));
        assertEquals(0, temperature("0"));
    }

    private static int temperature(String number) throws RequestException {
        return completion("{\"model\":\"m\",\"prompt\":\"x\",\"temperature\":" + number + "}")
                .sampling().temperatureQ16();
    }

    @Test
    void writesWhatItReads() throws RequestException {
        SamplingSettings sampling = new SamplingSettings(Optional.of("0.70"), OptionalInt.of(3), Optional.of("0.95"),
                Optional.of("0.1"), Optional.of("1.10"), Optional.of("-0.5"), Optional.of("0.25"),
                new TreeMap<>(Map.of(10, "-1.5", 9, "100")));
        RequestSettings settings = new RequestSettings(sampling, OptionalInt.of(9), OptionalLong.of(-1),
                List.of("\n\n"), true, Optional.of(NONCE));
        byte[] body = InferenceRequest.chatBody(
                "ns/n", List.of(new Message(Message.Role.USER, "\"quoted\" é\u0001")), settings);
        assertEquals("""
                {"model":"ns/n","messages":[{"role":"user","content":"\\"quoted\\" é\\u0001"}],\
                "max_tokens":9,"temperature":0.70,"top_k":3,"top_p":0.95,"min_p":0.1,\
                "repetition_penalty":1.10,"presence_penalty":-0.5,"frequency_penalty":0.25,\
                "logit_bias":{"9":100,"10":-1.5},"seed":-1,\
                "stop":["\\n\\n"],"stream":true,"nonce":"%s"}""".formatted(NONCE),
                new String(body, StandardCharsets.UTF_8));
        InferenceRequest read = InferenceRequest.parse(
                InferenceRequest.CHAT, body, RequestDefaults.standard());
        assertEquals(new Input.Messages(
                List.of(new Message(Message.Role.USER, "\"quoted\" é\u0001"))), read.input());
        assertEquals(new Sampling(45875, 3, 62259, 6554, 72090, -32768, 16384,
                new TreeMap<>(Map.of(9, 6553600, 10, -98304))), read.sampling());
    }

    @Test
    void writesTheSmallestCompletion() throws RequestException {
        byte[] body = InferenceRequest.completionBody("m", "p", RequestSettings.none());
        assertEquals("{\"model\":\"m\",\"prompt\":\"p\"}", new String(body, StandardCharsets.UTF_8));
    }
}
