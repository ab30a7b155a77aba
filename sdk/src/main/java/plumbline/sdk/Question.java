package plumbline.sdk;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Set;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// A request for an answer, as somebody asked it: the body of `/v1/chat/completions` or `/v1/completions`.
public final class Question {

    /// Fields that are the client's own business, written anew for each node.
    private static final Set<String> OURS = Set.of("model", "nonce", "seed", "stream", "stream_options",
            "plumbline", "n", "logprobs", "top_logprobs");

    private static final JsonFactory FACTORY = new JsonFactory();

    private final InferenceRequest request;
    private final byte[] body;
    private final int choice;

    private Question(InferenceRequest request, byte[] body, int choice) {
        this.request = request;
        this.body = body;
        this.choice = choice;
    }

    /// Reads a body.
    ///
    /// @param endpoint [InferenceRequest#CHAT] or [InferenceRequest#COMPLETION]
    public static Question of(String endpoint, byte[] body) throws RefusedException {
        try {
            return of(InferenceRequest.parse(endpoint, body, RequestDefaults.standard()), body);
        } catch (RequestException e) {
            throw new RefusedException(e.status(), e.param().orElse(""), e.code().orElse(""), e.getMessage());
        }
    }

    /// A body that was read already.
    public static Question of(InferenceRequest request, byte[] body) {
        return new Question(request, body.clone(), 0);
    }

    /// Of a request for several answers (`n`) the one with this index, from 0: what is asked is always one answer.
    public Question choice(int index) {
        return new Question(request, body, index);
    }

    /// Which answer to the request this asks for; 0 unless it was said.
    public int choice() {
        return choice;
    }

    /// What the body says.
    public InferenceRequest request() {
        return request;
    }

    /// What one node is asked: the same, for a model by its digest, as a stream with token ids.
    ///
    /// @param seed   what stands for it in the body
    /// @param prefix output tokens that the answer goes on after
    byte[] bodyFor(ModelId model, Digest nonce, SeedChoice seed, List<Integer> prefix) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + 512);
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), body);
                JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            in.nextToken();
            json.writeStartObject();
            json.writeStringProperty("model", model.toString());
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = in.currentName();
                in.nextToken();
                if (OURS.contains(name)) {
                    in.skipChildren();
                } else {
                    json.writeName(name);
                    copy(in, json);
                }
            }
            if (seed instanceof SeedChoice.InBody(long value)) {
                json.writeNumberProperty("seed", value);
            }
            json.writeStringProperty("nonce", nonce.hex());
            json.writeBooleanProperty("stream", true);
            extension(json, prefix);
            json.writeEndObject();
        } catch (JacksonException e) {
            throw new IllegalStateException("a body that was read can't be copied", e);
        }
        return out.toByteArray();
    }

    private void extension(JsonGenerator json, List<Integer> prefix) {
        json.writeObjectPropertyStart("plumbline");
        json.writeBooleanProperty("tokens", true);
        json.writeNumberProperty("heartbeat_ms", NodeSource.HEARTBEAT_MILLIS);
        if (choice > 0) {
            json.writeNumberProperty("choice", choice);
        }
        if (!prefix.isEmpty()) {
            json.writeArrayPropertyStart("continue");
            prefix.forEach(json::writeNumber);
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    // Numbers are copied as they stand: 0.7 is never turned into binary.
    private static void copy(JsonParser in, JsonGenerator json) {
        switch (in.currentToken()) {
            case START_OBJECT -> {
                json.writeStartObject();
                while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                    json.writeName(in.currentName());
                    in.nextToken();
                    copy(in, json);
                }
                json.writeEndObject();
            }
            case START_ARRAY -> {
                json.writeStartArray();
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    copy(in, json);
                }
                json.writeEndArray();
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.writeNumber(in.getString());
            default -> json.copyCurrentEvent(in);
        }
    }
}
