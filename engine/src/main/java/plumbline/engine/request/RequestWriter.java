package plumbline.engine.request;

import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.regex.Pattern;
import plumbline.engine.request.InferenceRequest.Input;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Writes request bodies: compact JSON, fields in a fixed order, numbers as the person wrote them.
final class RequestWriter {

    private static final JsonFactory FACTORY = new JsonFactory();

    // The number grammar of JSON without an exponent; a number is copied, never converted.
    private static final Pattern DECIMAL = Pattern.compile("-?(0|[1-9][0-9]{0,9})(\\.[0-9]{1,40})?");

    private RequestWriter() {}

    static byte[] write(String model, Input input, RequestSettings settings) throws RequestException {
        checkSampling(settings.sampling());
        for (String stop : settings.stops()) {
            checkWhole("stop", stop);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeStringProperty("model", model);
            writeInput(json, input);
            writeSettings(json, settings);
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private static void writeInput(JsonGenerator json, Input input) throws RequestException {
        switch (input) {
            case Input.Prompt(String text) -> {
                checkWhole("prompt", text);
                json.writeStringProperty("prompt", text);
            }
            case Input.Messages(var messages, var _, var _) -> {
                json.writeArrayPropertyStart("messages");
                for (Message message : messages) {
                    checkWhole("messages", message.content());
                    json.writeStartObject();
                    json.writeStringProperty("role", message.role().wireName());
                    json.writeStringProperty("content", message.content());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
        }
    }

    private static void writeSettings(JsonGenerator json, RequestSettings settings) {
        settings.maxTokens().ifPresent(tokens -> json.writeNumberProperty("max_tokens", tokens));
        writeSampling(json, settings.sampling());
        settings.seed().ifPresent(seed -> json.writeNumberProperty("seed", seed));
        if (!settings.stops().isEmpty()) {
            json.writeArrayPropertyStart("stop");
            settings.stops().forEach(json::writeString);
            json.writeEndArray();
        }
        if (settings.stream()) {
            json.writeBooleanProperty("stream", true);
        }
        settings.nonce().ifPresent(nonce -> json.writeStringProperty("nonce", nonce));
    }

    private static void writeSampling(JsonGenerator json, SamplingSettings sampling) {
        sampling.temperature().ifPresent(text -> writeDecimal(json, "temperature", text));
        sampling.topK().ifPresent(k -> json.writeNumberProperty("top_k", k));
        sampling.topP().ifPresent(text -> writeDecimal(json, "top_p", text));
        sampling.minP().ifPresent(text -> writeDecimal(json, "min_p", text));
        sampling.repetitionPenalty().ifPresent(text -> writeDecimal(json, "repetition_penalty", text));
        sampling.presencePenalty().ifPresent(text -> writeDecimal(json, "presence_penalty", text));
        sampling.frequencyPenalty().ifPresent(text -> writeDecimal(json, "frequency_penalty", text));
        if (!sampling.logitBias().isEmpty()) {
            json.writeObjectPropertyStart("logit_bias");
            sampling.logitBias().forEach((id, text) -> writeDecimal(json, Integer.toString(id), text));
            json.writeEndObject();
        }
    }

    private static void writeDecimal(JsonGenerator json, String name, String text) {
        json.writeName(name);
        json.writeNumber(text);
    }

    private static void checkSampling(SamplingSettings sampling) throws RequestException {
        checkDecimal("temperature", sampling.temperature());
        checkDecimal("top_p", sampling.topP());
        checkDecimal("min_p", sampling.minP());
        checkDecimal("repetition_penalty", sampling.repetitionPenalty());
        checkDecimal("presence_penalty", sampling.presencePenalty());
        checkDecimal("frequency_penalty", sampling.frequencyPenalty());
        for (String bias : sampling.logitBias().values()) {
            checkDecimal("logit_bias", Optional.of(bias));
        }
    }

    private static void checkDecimal(String name, Optional<String> text) throws RequestException {
        if (text.isPresent() && !DECIMAL.matcher(text.get()).matches()) {
            throw new RequestException(
                    400, name, "`" + text.get() + "` is no decimal number: write it like 0.7");
        }
    }

    private static void checkWhole(String name, String text) throws RequestException {
        if (BodyReader.hasHalfPair(text)) {
            throw new RequestException(400, name, "the text of `" + name
                    + "` holds half a surrogate pair: give whole characters");
        }
    }
}
