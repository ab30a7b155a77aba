package plumbline.engine.request;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/api.md A2-A16, the refusing side: every field in every wrong type, and what isn't JSON at all.
class RequestRefusalTest {

    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

    private static RequestException refusedChat(String body) {
        return assertThrows(RequestException.class, () -> InferenceRequestTest.chat(body), body);
    }

    private static void refusesField(String field, String value, String param) {
        RequestException e = refusedChat("{\"model\":\"m\"," + MESSAGES + ",\"" + field + "\":" + value + "}");
        assertEquals(400, e.status());
        assertEquals(Optional.of(param), e.param(), value);
        assertTrue(e.getMessage().contains(field), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "repeat_penalty", "repeat_last_n", "typical_p", "mirostat", "best_of", "echo", "suffix", "functions", "f"
                + "unction_call", "audio", "prediction",
        "web_search_options", "moderation", "", "Model", "stream ", "Stop"
    })
    void refusesUnknownFieldsByName(String name) {
        for (String value : List.of("null", "1")) {
            RequestException e = refusedChat(
                    "{\"model\":\"m\"," + MESSAGES + ",\"" + name + "\":" + value + "}");
            assertEquals(400, e.status());
            assertEquals(name, e.param().orElse(""));
            assertTrue(e.getMessage().contains("`" + name + "`"), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p",
        "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty", "logit_bias",
        "seed", "stop", "nonce", "n"
    })
    void refusesEveryWrongTypeInEveryOptionalField(String field) {
        for (String value : List.of("true", "false", "1", "1.5", "\"a\"", "[1]", "{\"a\":1}", "[[]]")) {
            boolean right = switch (field) {
                case "stream" -> value.equals("true") || value.equals("false");
                case "max_tokens", "max_completion_tokens", "top_k", "seed", "n" -> value.equals("1");
                case "temperature", "repetition_penalty", "presence_penalty", "frequency_penalty" ->
                    value.startsWith("1");
                case "top_p", "min_p" -> value.equals("1");
                case "stop" -> value.equals("\"a\"");
                default -> false;
            };
            if (!right) {
                RequestException e =
                        refusedChat("{\"model\":\"m\"," + MESSAGES + ",\"" + field + "\":" + value + "}");
                assertEquals(400, e.status());
                assertTrue(e.param().orElse("").startsWith(field), value + " " + e.param());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "true", "1", "[]", "{}", "[\"m\"]", "\"\""})
    void refusesWrongModels(String value) {
        RequestException e = refusedChat("{" + MESSAGES + ",\"model\":" + value + "}");
        assertEquals(Optional.of("model"), e.param());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "null | messages",
        "{} | messages",
        "\"x\" | messages",
        "[] | messages",
        "[1] | messages[0]",
        "[null] | messages[0]",
        "[[]] | messages[0]",
        "[{}] | messages[0].role",
        "[{\"role\":\"user\"}] | messages[0].content",
        "[{\"content\":\"x\"}] | messages[0].role",
        "[{\"role\":\"tool\",\"content\":\"x\"}] | messages[0].tool_call_id",
        "[{\"role\":\"function\",\"content\":\"x\"}] | messages[0].role",
        "[{\"role\":\"user\",\"content\":\"x\",\"tool_call_id\":\"c\"}] | messages[0].tool_call_id",
        "[{\"role\":\"user\",\"content\":\"x\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":"
                + "{\"name\":\"f\",\"arguments\":\"{}\"}}]}] | messages[0].tool_calls",
        "[{\"role\":\"assistant\",\"tool_calls\":[]}] | messages[0].content",
        "[{\"role\":\"assistant\",\"tool_calls\":[{}]}] | messages[0].tool_calls[0].id",
        "[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\"}]}] | messages[0].tool_calls[0].function",
        "[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"custom\"}]}]"
                + " | messages[0].tool_calls[0].type",
        "[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":{}}}]}]"
                + " | messages[0].tool_calls[0].function.arguments",
        "[{\"role\":\"assistant\",\"content\":\"x\",\"refusal\":\"no\"}] | messages[0].refusal",
        "[{\"role\":\"assistant\",\"content\":\"x\",\"annotations\":[1]}] | messages[0].annotations",
        "[{\"role\":\"assistant\",\"content\":\"x\",\"audio\":{\"id\":\"a\"}}] | messages[0].audio",
        "[{\"role\":\"USER\",\"content\":\"x\"}] | messages[0].role",
        "[{\"role\":null,\"content\":\"x\"}] | messages[0].role",
        "[{\"role\":1,\"content\":\"x\"}] | messages[0].role",
        "[{\"role\":\"user\",\"content\":null}] | messages[0].content",
        "[{\"role\":\"user\",\"content\":1}] | messages[0].content",
        "[{\"role\":\"user\",\"content\":{}}] | messages[0].content",
        "[{\"role\":\"user\",\"content\":[]}] | messages[0].content",
        "[{\"role\":\"user\",\"content\":[\"x\"]}] | messages[0].content[0]",
        "[{\"role\":\"user\",\"content\":[{}]}] | messages[0].content[0].type",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}] | messages[0].content[0].text",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}] | messages[0].content[0].type",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":1}]}] | messages[0].content[0].text",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\",\"x\":1}]}]"
                + " | messages[0].content[0].x",
        "[{\"role\":\"user\",\"content\":\"x\",\"name\":\"\"}] | messages[0].name",
        "[{\"role\":\"user\",\"content\":\"x\",\"nickname\":\"n\"}] | messages[0].nickname",
    })
    void refusesWrongMessages(String value, String param) {
        RequestException e = refusedChat("{\"model\":\"m\",\"messages\":" + value + "}");
        assertEquals(400, e.status());
        assertEquals(Optional.of(param), e.param());
    }

    @ParameterizedTest
    @CsvSource({
        "temperature, -0.1", "temperature, 32.1", "temperature, 1e9", "temperature, 1e999999999",
        "temperature, 0.000000000000000000000000000000000001",
        "top_p, 0", "top_p, 1.00002", "top_p, -1", "top_p, 0.000001",
        "min_p, -0.1", "min_p, 1.00001", "repetition_penalty, 0", "repetition_penalty, 0.000001",
        "repetition_penalty, -1", "repetition_penalty, 16.00001", "presence_penalty, 16.00001",
        "presence_penalty, -16.00001", "frequency_penalty, 1e99", "frequency_penalty, -17",
        "top_k, -1", "top_k, 1048577", "top_k, 99999999999999999999",
        "max_tokens, 0", "max_tokens, -1", "max_tokens, 1048577", "max_tokens, 1e3",
        "seed, 9223372036854775808", "seed, 1.0", "n, 129", "n, 0",
    })
    void refusesNumbersOutOfBounds(String field, String number) {
        refusesField(field, number, field);
    }

    /// A16: one spelling per token, every bias by the written rule, at most 1,024 of them.
    @Test
    void refusesWrongLogitBiases() {
        for (String id : List.of("", "-1", "+1", "01", "1.0", " 1", "1 ", "1e1", "the", "2147483648",
                "99999999999999999999", "\u0661")) {
            refusesField("logit_bias", "{\"" + id + "\":1}", "logit_bias");
        }
        for (String bias : List.of("null", "\"1\"", "true", "[1]", "{}", "100.00001", "-100.00001", "1e99",
                "0.0000000000000000000000000000001")) {
            refusesField("logit_bias", "{\"7\":" + bias + "}", "logit_bias.7");
        }
        StringBuilder many = new StringBuilder("{\"0\":1");
        for (int id = 1; id < 1024; id++) {
            many.append(",\"").append(id).append("\":1");
        }
        refusesField("logit_bias", many + ",\"1024\":1}", "logit_bias");
        refusedChat("{\"model\":\"m\"," + MESSAGES + ",\"logit_bias\":{\"5\":1,\"5\":2}}");
    }

    @Test
    void refusesWrongStops() {
        refusesField("stop", "\"\"", "stop");
        refusesField("stop", "[\"a\",\"\"]", "stop[1]");
        refusesField("stop", "[\"a\",null]", "stop[1]");
        refusesField("stop", "\"" + "x".repeat(257) + "\"", "stop");
        refusesField("stop", "[" + "\"s\",".repeat(16) + "\"s\"]", "stop");
    }

    @Test
    void refusesWrongNonces() {
        String hex = "ab".repeat(32);
        for (String nonce : List.of("", "ab", hex + "a", hex.toUpperCase(java.util.Locale.ROOT),
                "0x" + hex.substring(2), hex.substring(1) + " ")) {
            refusesField("nonce", "\"" + nonce + "\"", "nonce");
        }
    }

    @Test
    void refusesUnknownAndLonelyStreamOptions() {
        refusesField("stream_options", "{\"include_usage\":true}", "stream_options");
        refusesField("stream_options", "{\"x\":true}", "stream_options.x");
        refusesField("stream_options", "{\"include_usage\":1}", "stream_options.include_usage");
    }

    @Test
    void refusesBothTokenLimits() {
        RequestException e = refusedChat("{\"model\":\"m\"," + MESSAGES
                + ",\"max_tokens\":5,\"max_completion_tokens\":5}");
        assertEquals(Optional.of("max_completion_tokens"), e.param());
    }

    @Test
    void refusesFieldsOfTheOtherEndpoint() {
        assertEquals(Optional.of("prompt"),
                refusedChat("{\"model\":\"m\",\"prompt\":\"x\"}").param());
        for (String field : List.of(MESSAGES, "\"max_completion_tokens\":5")) {
            assertThrows(RequestException.class, () -> InferenceRequestTest.completion(
                    "{\"model\":\"m\",\"prompt\":\"x\"," + field + "}"));
        }
        for (String prompt : List.of("null", "1", "[\"a\",\"b\"]", "{}")) {
            RequestException e = assertThrows(RequestException.class,
                    () -> InferenceRequestTest.completion("{\"model\":\"m\",\"prompt\":" + prompt + "}"));
            assertEquals(Optional.of("prompt"), e.param());
        }
    }

    @Test
    void namesWhatIsMissing() {
        assertEquals(Optional.of("model"), refusedChat("{" + MESSAGES + "}").param());
        assertEquals(Optional.of("messages"), refusedChat("{\"model\":\"m\"}").param());
        assertEquals(Optional.of("prompt"), assertThrows(RequestException.class,
                () -> InferenceRequestTest.completion("{\"model\":\"m\"}")).param());
    }

    @Test
    void refusesDuplicateFieldsAtEveryDepth() {
        refusedChat("{\"model\":\"m\",\"model\":\"m\"," + MESSAGES + "}");
        refusedChat("{\"model\":\"m\"," + MESSAGES + "," + MESSAGES + "}");
        refusedChat("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"role\":\"user\",\"content\":\"x\"}]}");
        // The same name, spelled with an escape.
        refusedChat("{\"model\":\"m\",\"mode\\u006c\":\"m\"," + MESSAGES + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", " ", "null", "1", "\"x\"", "[]", "{", "{}x", "{} {}", "{\"model\"}", "{'model':'m'}",
        "{\"model\":\"m\",}", "{\"model\":\"m\"} 1", "{\"model\":\"\\x\"}", "{\"model\":\"a\nb\"}",
        "{\"model\":NaN}", "{\"n\":+1}", "{\"n\":01}", "{\"n\":.5}", "/*c*/{}", "\uFEFF{}",
        "{\"model\":\"m", "{\"n\":1"
    })
    void refusesWhatIsNoJsonObject(String body) {
        assertEquals(400, refusedChat(body).status());
    }

    @Test
    void refusesTrailingBytesAfterACompleteRequest() {
        refusedChat("{\"model\":\"m\"," + MESSAGES + "}{}");
        refusedChat("{\"model\":\"m\"," + MESSAGES + "}]");
        refusedChat("{\"model\":\"m\"," + MESSAGES + "}\0");
    }

    @Test
    void refusesLoneSurrogates() {
        for (String text : List.of("\\ud800", "\\udc00", "\\ud800x", "\\udc00\\ud800", "a\\ud83d")) {
            RequestException e = assertThrows(RequestException.class,
                    () -> InferenceRequestTest.completion("{\"model\":\"m\",\"prompt\":\"" + text + "\"}"));
            assertEquals(Optional.of("prompt"), e.param());
        }
    }

    @Test
    void refusesBadUtf8() {
        byte[] good = InferenceRequestTest.bytes("{\"model\":\"m\",\"prompt\":\"x\"}");
        byte[][] bad = {{(byte) 0xff}, {(byte) 0xc0, (byte) 0xaf}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
            {(byte) 0xc3}, {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80}};
        for (byte[] sequence : bad) {
            byte[] body = new byte[good.length - 1 + sequence.length];
            int at = good.length - 3;
            System.arraycopy(good, 0, body, 0, at);
            System.arraycopy(sequence, 0, body, at, sequence.length);
            System.arraycopy(good, at + 1, body, at + sequence.length, 2);
            assertThrows(RequestException.class, () -> InferenceRequest.parse(
                    InferenceRequest.COMPLETION, body, RequestDefaults.standard()),
                    Arrays.toString(sequence));
        }
    }

    @Test
    void refusesOtherUnicodeEncodings() {
        byte[] body = "{\"model\":\"m\",\"prompt\":\"x\"}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE);
        assertThrows(RequestException.class, () -> InferenceRequest.parse(
                InferenceRequest.COMPLETION, body, RequestDefaults.standard()));
    }

    @Test
    void refusesABodyOverTheLimitWith413() {
        byte[] body = new byte[InferenceRequest.BODY_BYTES_MAX + 1];
        Arrays.fill(body, (byte) ' ');
        RequestException e = assertThrows(RequestException.class, () -> InferenceRequest.parse(
                InferenceRequest.CHAT, body, RequestDefaults.standard()));
        assertEquals(413, e.status());
    }

    @Test
    void acceptsABodyAtTheLimit() throws RequestException {
        String frame = "{\"model\":\"m\",\"prompt\":\"\"}";
        String body = frame.replace("\"\"", "\""
                + "x".repeat(InferenceRequest.BODY_BYTES_MAX - frame.length()) + "\"");
        assertEquals(InferenceRequest.BODY_BYTES_MAX, body.length());
        InferenceRequestTest.completion(body);
    }

    @Test
    void refusesDeepNesting() {
        refusedChat("{\"model\":\"m\",\"stop\":" + "[".repeat(100_000));
        refusedChat("{\"x\":".repeat(100_000));
    }

    @Test
    void neverThrowsAnythingElseOnDamagedBodies() {
        long seed = 20260101;
        Random random = new Random(seed);
        byte[] good = InferenceRequestTest.bytes("{\"model\":\"m\"," + MESSAGES
                + ",\"temperature\":0.5,\"stop\":[\"a\"],\"seed\":12,\"stream\":false}");
        for (int round = 0; round < 20_000; round++) {
            byte[] body = good.clone();
            for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = Arrays.copyOf(body, random.nextInt(body.length + 1));
            try {
                InferenceRequest.parse(InferenceRequest.CHAT, cut, RequestDefaults.standard());
            } catch (RequestException e) {
                assertEquals(400, e.status(), "seed " + seed + ", round " + round);
            }
        }
    }

    @Test
    void refusesToWriteANumberThatIsNone() {
        for (String number : List.of("", "x", ".5", "1.", "+1", "1e3", "01", "NaN", "1,\"n\":2")) {
            Optional<String> wrong = Optional.of(number);
            Optional<String> unset = Optional.empty();
            OptionalInt all = OptionalInt.empty();
            TreeMap<Integer, String> flat = new TreeMap<>();
            for (SamplingSettings sampling : List.of(
                    SamplingSettings.ofTemperature(number),
                    new SamplingSettings(unset, all, wrong, unset, unset, unset, unset, flat),
                    new SamplingSettings(unset, all, unset, wrong, unset, unset, unset, flat),
                    new SamplingSettings(unset, all, unset, unset, wrong, unset, unset, flat),
                    new SamplingSettings(unset, all, unset, unset, unset, wrong, unset, flat),
                    new SamplingSettings(unset, all, unset, unset, unset, unset, wrong, flat),
                    new SamplingSettings(unset, all, unset, unset, unset, unset, unset,
                            new TreeMap<>(Map.of(3, number))))) {
                RequestSettings settings = new RequestSettings(sampling, OptionalInt.empty(),
                        OptionalLong.empty(), List.of(), false, Optional.empty());
                assertThrows(RequestException.class,
                        () -> InferenceRequest.completionBody("m", "p", settings), number);
            }
        }
    }

    @Test
    void refusesToWriteHalfASurrogatePair() {
        assertThrows(RequestException.class, () -> InferenceRequest.completionBody(
                "m", "a\ud83d", RequestSettings.none()));
        assertThrows(RequestException.class, () -> InferenceRequest.completionBody(
                "m", "a\udc00b", RequestSettings.none()));
    }
}
