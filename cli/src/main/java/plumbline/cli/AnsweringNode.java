package plumbline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import plumbline.node.FileIdentity;
import plumbline.node.NodeException;
import plumbline.verify.Bundle;
import plumbline.verify.MalformedException;
import plumbline.verify.Secret;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Answers through a node, over HTTP.
final class AnsweringNode implements Answering {
    private static final int BODY_BYTES_MAX = 64 << 20;
    private static final int CANCELLED_TRIES = 20;
    private static final int CANCELLED_WAIT_MILLIS = 250;
    private static final String DATA = "data: ";

    private final NodeApi node;

    AnsweringNode(NodeApi node) {
        this.node = node;
    }

    @Override
    public String modelName(String operand, Terminal terminal) throws Failure {
        if (!ModelNames.isFile(operand)) {
            return operand;
        }
        Path file = ModelPath.existing(Path.of(operand));
        try {
            String id = FileIdentity.of(file, (done, total) -> {}).id().toString();
            if (!node.node().token().isEmpty() && !has(id)) {
                String name = nameFor(file);
                terminal.say("publishing " + file + " to the running node as " + name);
                node.publish(file, name);
            }
            return id;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    private boolean has(String id) {
        try {
            node.modelId(id);
            return true;
        } catch (Failure e) {
            return false; // published next, which says what is wrong if something is
        }
    }

    /// `local/` and what of the file's name may stand in a model's name.
    static String nameFor(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT)
                .replaceAll("\\.gguf$", "")
                .replaceAll("[^a-z0-9._-]", "-")
                .replaceAll("^[^a-z0-9]+", "");
        String short64 = name.substring(0, Math.min(64, name.length()));
        return "local/" + (name.isEmpty() ? "model" : short64);
    }

    @Override
    public Optional<Answered> ask(Question question, Listener listener)
            throws Failure, UsageException {
        try (Http.Response response = node.ask(question)) {
            if (response.status() != 200) {
                throw refused(response);
            }
            String id = response.headers().getOrDefault("plumb-receipt", "");
            Optional<Secret> secret = secret(response);
            JsonNode last = question.streams()
                    ? stream(response, listener)
                    : node.json(response.bytes(BODY_BYTES_MAX));
            if (last.isMissingNode()) {
                response.hangUp(); // the node notices, ends the answer and logs it
                return cancelled(id, secret);
            }
            Answered answered = answered(node.bundle(id, secret), last);
            if (!question.streams()) {
                listener.text().accept(answered.bundle().exchange().text());
            }
            return Optional.of(answered);
        } catch (IOException e) {
            throw node.unreachable(e);
        }
    }

    private static Optional<Secret> secret(Http.Response response) {
        try {
            String hex = response.headers().get("plumb-receipt-secret");
            return hex == null ? Optional.empty() : Optional.of(Secret.parseHex(hex));
        } catch (MalformedException e) {
            return Optional.empty(); // the bundle is then refused, and that is said
        }
    }

    /// Passes the text on; the last chunk, or a missing node if the listener ended it.
    private JsonNode stream(Http.Response response, Listener listener) throws IOException, Failure {
        BufferedReader lines = new BufferedReader(
                new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        JsonNode last = NodeApi.JSON.missingNode();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.equals(DATA + "[DONE]")) {
                return last;
            }
            if (line.startsWith(DATA)) {
                last = chunk(line.substring(DATA.length()));
                String text = text(last);
                if (!text.isEmpty()) {
                    listener.text().accept(text);
                }
            }
            if (!listener.goesOn().getAsBoolean()) {
                return NodeApi.JSON.missingNode();
            }
        }
        throw new Failure("the node at " + node.node().url()
                + " broke off in the middle of the answer", "");
    }

    private static JsonNode chunk(String json) throws Failure {
        try {
            JsonNode chunk = NodeApi.JSON.readTree(json);
            if (chunk.has("error")) {
                throw new Failure("the node failed: "
                        + chunk.path("error").path("message").asString(""), "");
            }
            return chunk;
        } catch (JacksonException e) {
            throw new Failure("the node sent a chunk that is no JSON", "");
        }
    }

    private static String text(JsonNode chunk) {
        JsonNode choice = chunk.path("choices").path(0);
        return choice.path("delta").path("content").asString("") + choice.path("text").asString("");
    }

    private Answered answered(byte[] encoded, JsonNode last) throws Failure {
        try {
            JsonNode timings = last.path("timings");
            return new Answered(encoded, Bundle.parse(encoded), last.path("kernel").asString(""),
                    timings.path("prefill_ms").asLong(0) * 1_000_000,
                    timings.path("decode_ms").asLong(0) * 1_000_000);
        } catch (MalformedException e) {
            throw new Failure("the node's bundle is malformed: " + e.getMessage(), "");
        }
    }

    // The node logs a cancelled answer a moment after it noticed that nobody listens.
    private Optional<Answered> cancelled(String id, Optional<Secret> secret) {
        for (int i = 0; i < CANCELLED_TRIES; i++) {
            try {
                Thread.sleep(CANCELLED_WAIT_MILLIS);
                return Optional.of(
                        answered(node.bundle(id, secret), NodeApi.JSON.createObjectNode()));
            } catch (Failure e) {
                continue; // not yet
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private Failure refused(Http.Response response) throws IOException, UsageException, Failure {
        byte[] body = response.bytes(BODY_BYTES_MAX);
        String param = "";
        try {
            param = NodeApi.JSON.readTree(body).path("error").path("param").asString("");
        } catch (JacksonException e) {
            // No JSON, no field at fault: the message below shows what came.
        }
        return Refusal.of(response.status(), param, NodeApi.message(body));
    }

    @Override
    public void close() {
        // Each call has its own connection.
    }
}
