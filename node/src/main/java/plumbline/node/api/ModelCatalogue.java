package plumbline.node.api;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Which models there are, in the shapes of the three APIs, and what else their clients ask before they ask a model.
/// Source: spec/api.md A7, A75, A79.
final class ModelCatalogue {

    static final String SHOW = "/api/show";

    private static final String MODELS = "/v1/models";
    /// The version of Ollama whose API this follows.
    private static final String OLLAMA_VERSION = "0.17.4";

    private final Answerer answerer;

    ModelCatalogue(Answerer answerer) {
        this.answerer = answerer;
    }

    /// Whether a path is one of these.
    static boolean has(String path) {
        return switch (path) {
            case MODELS, "/api/tags", "/api/ps", "/api/version" -> true;
            default -> path.startsWith(MODELS + "/");
        };
    }

    /// What is behind a path that [#has] knows.
    Reply get(String path, Caller caller) throws ApiException {
        boolean isAnthropic = caller.header("anthropic-version").isPresent();
        return switch (path) {
            case MODELS -> Reply.json(isAnthropic ? anthropicList() : openAiList());
            case "/api/tags" -> Reply.json(tags(answerer.models()));
            case "/api/ps" -> Reply.json(tags(answerer.loaded()));
            case "/api/version" -> Reply.json(Json.object().put("version", OLLAMA_VERSION));
            default -> one(path.substring(MODELS.length() + 1), isAnthropic);
        };
    }

    private Reply one(String encoded, boolean isAnthropic) throws ApiException {
        try {
            ServedModel model = answerer.model(URLDecoder.decode(encoded, StandardCharsets.UTF_8));
            return Reply.json(isAnthropic ? anthropic(model) : openAi(model));
        } catch (IllegalArgumentException badEscape) {
            return Reply.notFound();
        }
    }

    private ObjectNode openAiList() throws ApiException {
        ObjectNode list = Json.object().put("object", "list");
        ArrayNode data = list.putArray("data");
        answerer.models().forEach(model -> data.add(openAi(model)));
        return list;
    }

    /// A model as OpenAI's clients see it, and what names it here.
    static ObjectNode openAi(ServedModel model) {
        String name = model.name();
        return Json.object()
                .put("id", name)
                .put("object", "model")
                .put("created", model.createdSeconds())
                .put("owned_by", name.contains("/") ? name.substring(0, name.indexOf('/')) : "")
                .put("model_id", model.id().toString())
                .put("weights_root", model.weightsRoot().hex())
                .put("size_bytes", model.sizeBytes());
    }

    private ObjectNode anthropicList() throws ApiException {
        List<ServedModel> models = answerer.models();
        ObjectNode list = Json.object();
        ArrayNode data = list.putArray("data");
        models.forEach(model -> data.add(anthropic(model)));
        return list.put("has_more", false)
                .put("first_id", models.isEmpty() ? null : models.getFirst().name())
                .put("last_id", models.isEmpty() ? null : models.getLast().name());
    }

    private static ObjectNode anthropic(ServedModel model) {
        return Json.object()
                .put("type", "model")
                .put("id", model.name())
                .put("display_name", model.name())
                .put("created_at", Instant.ofEpochSecond(model.createdSeconds()).toString())
                .put("model_id", model.id().toString());
    }

    private ObjectNode tags(List<ServedModel> models) throws ApiException {
        ObjectNode list = Json.object();
        ArrayNode data = list.putArray("models");
        for (ServedModel model : models) {
            ObjectNode entry = data.addObject()
                    .put("name", model.name())
                    .put("model", model.name())
                    .put("modified_at", Instant.ofEpochSecond(model.createdSeconds()).toString())
                    .put("size", model.sizeBytes())
                    .put("size_vram", 0)
                    .put("expires_at", "9999-12-31T23:59:59Z")
                    .put("digest", model.id().digest().hex());
            details(entry.putObject("details"), answerer.facts(model));
        }
        return list;
    }

    private static void details(ObjectNode details, ModelFacts facts) {
        details.put("parent_model", "").put("format", "gguf").put("family", facts.family());
        ArrayNode families = details.putArray("families");
        if (!facts.family().isEmpty()) {
            families.add(facts.family());
        }
        double millions = facts.weights() / 1e6;
        details.put("parameter_size", facts.weights() == 0 ? "" : millions < 1000
                        ? String.format(Locale.ROOT, "%.1fM", millions)
                        : String.format(Locale.ROOT, "%.1fB", millions / 1000))
                .put("quantization_level", facts.precision());
    }

    /// The answer to `/api/show`.
    Reply show(byte[] body) throws RequestException, ApiException {
        Fields fields = Fields.of(body);
        ServedModel model = answerer.model(OllamaDialect.withoutTag(OllamaDialect.model(fields)));
        fields.bool("verbose");
        fields.text("system");
        fields.text("template");
        fields.take("options");
        fields.done();
        ModelFacts facts = answerer.facts(model);
        ObjectNode json = Json.object().put("license", facts.licence().orElse(""))
                .put("modelfile", "").put("parameters", "").put("template", "")
                .put("modified_at", Instant.ofEpochSecond(model.createdSeconds()).toString());
        details(json.putObject("details"), facts);
        ObjectNode info = json.putObject("model_info");
        if (!facts.family().isEmpty()) {
            info.put("general.architecture", facts.family())
                    .put("general.parameter_count", facts.weights())
                    .put(facts.family() + ".context_length", facts.contextLength());
        }
        info
                .put("plumbline.model_id", model.id().toString())
                .put("plumbline.weights_root", model.weightsRoot().hex());
        json.putArray("capabilities").add("completion").add("tools");
        return Reply.json(json);
    }

    /// The answer to a request that only loads a model: they load when they are asked (A78).
    Reply loads(String name, boolean isChat, String reason, Instant now) throws ApiException {
        answerer.model(OllamaDialect.withoutTag(name));
        ObjectNode json = Json.object().put("model", name).put("created_at", now.toString());
        if (isChat) {
            json.putObject("message").put("role", "assistant").put("content", "");
        } else {
            json.put("response", "");
        }
        return Reply.json(json.put("done", true).put("done_reason", reason));
    }

    /// What clients may ask for and isn't here, with a sentence why.
    static Optional<ApiError> missing(String path) {
        String what = switch (path) {
            case "/v1/embeddings", "/api/embed", "/api/embeddings" ->
                    "embeddings can't be had here: a node runs models that write text, none that make embeddings; send"
                            + " this to another server";
            case "/v1/moderations" -> "moderations can't be had here: send this to another server";
            case "/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete" ->
                    "models can't be changed over HTTP: plumb publish takes one in on the node's machine";
            default -> path.startsWith("/v1/images/") ? "images can't be had here: send this to another server"
                    : path.startsWith("/v1/audio/") ? "audio can't be had here: send this to another server"
                    : path.startsWith("/v1/responses/")
                            ? "responses aren't stored: send the whole conversation to /v1/responses" : "";
        };
        return what.isEmpty() ? Optional.empty() : Optional.of(ApiError.of(404, "", "not_supported", what));
    }
}
