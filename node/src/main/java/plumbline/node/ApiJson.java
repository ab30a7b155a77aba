package plumbline.node;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.Answer;
import plumbline.engine.request.InferenceRequest;
import plumbline.verify.Receipt;
import plumbline.verify.StopReason;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The JSON of the API's answers, in OpenAI's shapes. Source: spec/api.md.
final class ApiJson {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private ApiJson() {}

    static byte[] bytes(ObjectNode json) {
        return MAPPER.writeValueAsBytes(json);
    }

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static JsonMapper mapper() {
        return MAPPER;
    }

    static ObjectNode error(
            int status, Optional<String> param, Optional<String> code, String message) {
        String type = switch (status) {
            case 401 -> "authentication_error";
            case 429 -> "rate_limit_error";
            default -> status < 500 ? "invalid_request_error" : "server_error";
        };
        ObjectNode error = object();
        error.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param.orElse(null))
                .put("code", code.orElse(null));
        return error;
    }

    static ObjectNode models(Map<String, StoredModel> models) {
        ObjectNode list = object().put("object", "list");
        ArrayNode data = list.putArray("data");
        models.forEach((name, model) -> data.add(model(name, model)));
        return list;
    }

    static ObjectNode model(String name, StoredModel model) {
        return object()
                .put("id", name)
                .put("object", "model")
                .put("created", 0)
                .put("owned_by", name.contains("/") ? name.substring(0, name.indexOf('/')) : "")
                .put("model_id", model.id().toString())
                .put("weights_root", model.weightsRoot().hex())
                .put("size_bytes", model.sizeBytes());
    }

    static ObjectNode receipts(List<Receipt> receipts) {
        ObjectNode list = object().put("object", "list");
        ArrayNode data = list.putArray("data");
        for (Receipt receipt : receipts) {
            data.addObject()
                    .put("id", receipt.id().hex())
                    .put("object", "receipt")
                    .put("model", receipt.model().toString())
                    .put("endpoint", receipt.endpoint().path())
                    .put("prompt_tokens", receipt.prompt().count())
                    .put("completion_tokens", receipt.output().count())
                    .put("stop", receipt.stop().word())
                    .put("time", receipt.time().toString());
        }
        return list;
    }

    /// `stop` or `length`; a cancelled answer is one that was cut.
    private static String finishReason(StopReason stop) {
        return switch (stop) {
            case END, STRING -> "stop";
            case LENGTH, CANCELLED -> "length";
        };
    }

    private static ObjectNode usage(Receipt receipt) {
        int prompt = receipt.prompt().count();
        int output = receipt.output().count();
        return object()
                .put("prompt_tokens", prompt)
                .put("completion_tokens", output)
                .put("total_tokens", prompt + output);
    }

    /// The answers to one request, whole or in chunks. What is the same in all of them is kept here.
    ///
    /// @param receiptId names the answer too: `chatcmpl-<id>`, `cmpl-<id>`
    /// @param fingerprint model id and arithmetic, the two that determine an answer
    record Shape(InferenceRequest request, String receiptId, String fingerprint, long createdSeconds) {

        private boolean isChat() {
            return request.endpoint().equals(InferenceRequest.CHAT);
        }

        private ObjectNode head(boolean isChunk) {
            String object = !isChat() ? "text_completion"
                    : isChunk ? "chat.completion.chunk" : "chat.completion";
            return object()
                    .put("id", (isChat() ? "chatcmpl-" : "cmpl-") + receiptId)
                    .put("object", object)
                    .put("created", createdSeconds)
                    .put("model", request.model())
                    .put("system_fingerprint", fingerprint);
        }

        /// The answer that isn't streamed.
        ObjectNode whole(StoredReceipt stored) {
            ObjectNode json = head(false);
            ObjectNode choice = json.putArray("choices").addObject().put("index", 0);
            if (isChat()) {
                choice.putObject("message")
                        .put("role", "assistant")
                        .put("content", stored.exchange().text())
                        .putNull("refusal");
            } else {
                choice.put("text", stored.exchange().text());
            }
            choice.putNull("logprobs").put("finish_reason", finishReason(stored.receipt().stop()));
            json.set("usage", usage(stored.receipt()));
            return json.put("receipt", receiptId);
        }

        /// The chunk that opens a chat stream.
        ObjectNode first() {
            ObjectNode json = head(true);
            ObjectNode choice = choice(json);
            choice.putObject("delta").put("role", "assistant").put("content", "");
            choice.putNull("finish_reason");
            return json;
        }

        /// A chunk with text.
        ObjectNode piece(String text) {
            ObjectNode json = head(true);
            ObjectNode choice = choice(json);
            if (isChat()) {
                choice.putObject("delta").put("content", text);
            } else {
                choice.put("text", text);
            }
            choice.putNull("finish_reason");
            return json;
        }

        /// The chunk that ends the choice.
        ObjectNode last(Receipt receipt) {
            ObjectNode json = head(true);
            ObjectNode choice = choice(json);
            if (isChat()) {
                choice.putObject("delta");
            } else {
                choice.put("text", "");
            }
            choice.put("finish_reason", finishReason(receipt.stop()));
            return json.put("receipt", receiptId);
        }

        /// The chunk with the counts, where they were asked for.
        ObjectNode usageChunk(Receipt receipt) {
            ObjectNode json = head(true);
            json.putArray("choices");
            json.set("usage", usage(receipt));
            return json.put("receipt", receiptId);
        }

        private static ObjectNode choice(ObjectNode json) {
            return json.putArray("choices").addObject().put("index", 0).putNull("logprobs");
        }
    }

    /// Adds how the answer was computed, for people.
    static void addTimings(ObjectNode json, String kernel, Answer.Timings timings) {
        json.put("kernel", kernel);
        json.putObject("timings")
                .put("prefill_ms", timings.prefillNanos() / 1_000_000)
                .put("decode_ms", timings.decodeNanos() / 1_000_000);
    }
}
