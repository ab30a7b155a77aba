package plumbline.node.api;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import plumbline.engine.request.InferenceRequest;
import plumbline.node.api.AnswerEvent.Finished;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// An answer as Anthropic's messages have it. Source: spec/api.md A74.
final class AnthropicPresentation implements Presentation {

    private final InferenceRequest request;
    private final AnswerEvent.Started started;
    private final ToolCallReader reader;
    private int blocks;
    private int calls;
    private boolean textOpen;

    AnthropicPresentation(InferenceRequest request, AnswerEvent.Started started) {
        this.request = request;
        this.started = started;
        this.reader = new ToolCallReader(request.options());
    }

    private ObjectNode message() {
        ObjectNode json = Json.object()
                .put("id", "msg_" + receipt())
                .put("type", "message")
                .put("role", "assistant")
                .put("model", request.model());
        json.putArray("content");
        json.putNull("stop_reason").putNull("stop_sequence");
        json.putObject("usage").put("input_tokens", started.promptTokens()).put("output_tokens", 0);
        json.putObject("plumbline").put("receipt", receipt()).put("fingerprint", started.fingerprint());
        return json;
    }

    private String receipt() {
        return started.receipts().getFirst().id().hex();
    }

    @Override
    public ObjectNode whole(Whole answer) {
        Finished finished = answer.choices().getFirst();
        ObjectNode json = message();
        ArrayNode content = (ArrayNode) json.get("content");
        List<AnswerPart> parts = new ArrayList<>(reader.add(finished.text()));
        parts.addAll(reader.finish());
        for (AnswerPart part : parts) {
            switch (part) {
                case AnswerPart.Text(String text) -> content.addObject().put("type", "text").put("text", text);
                case AnswerPart.Call call -> {
                    ObjectNode block = call(call);
                    block.set("input", object(call.arguments()));
                    content.add(block);
                }
            }
        }
        end(json, finished);
        ((ObjectNode) json.get("usage")).put("output_tokens", finished.receipt().output().count());
        facts((ObjectNode) json.get("plumbline"), finished);
        return json;
    }

    private ObjectNode call(AnswerPart.Call call) {
        ObjectNode block = Json.object().put("type", "tool_use")
                .put("id", OpenAiPresentation.callId("toolu_", receipt(), calls++))
                .put("name", call.name());
        block.putObject("input");
        return block;
    }

    private static JsonNode object(String json) {
        try {
            return Json.mapper().readTree(json);
        } catch (JacksonException e) {
            return Json.object();
        }
    }

    private static void facts(ObjectNode plumbline, Finished finished) {
        if (!finished.facts().isEmpty()) {
            finished.facts().forEach(plumbline.putArray("facts")::add);
        }
    }

    /// Why it ended. Which of several stop sequences it was isn't said: the text ends before it.
    private void end(ObjectNode json, Finished finished) {
        List<String> stops = request.stops();
        String reason = switch (finished.receipt().stop()) {
            case END -> calls > 0 ? "tool_use" : "end_turn";
            case STRING -> "stop_sequence";
            case LENGTH, CANCELLED -> "max_tokens";
        };
        boolean isOne = reason.equals("stop_sequence") && stops.size() == 1;
        json.put("stop_reason", reason).put("stop_sequence", isOne ? stops.getFirst() : null);
    }

    @Override
    public String streamType() {
        return SSE;
    }

    @Override
    public void started(Frames out) throws IOException {
        ObjectNode json = event("message_start");
        json.set("message", message());
        out.event("message_start", json);
        out.event("ping", event("ping"));
    }

    @Override
    public void piece(AnswerEvent.Piece piece, Frames out) throws IOException {
        send(reader.add(piece.text()), out);
    }

    private void send(List<AnswerPart> parts, Frames out) throws IOException {
        for (AnswerPart part : parts) {
            switch (part) {
                case AnswerPart.Text(String text) -> {
                    if (!textOpen) {
                        open(Json.object().put("type", "text").put("text", ""), out);
                        textOpen = true;
                    }
                    delta(Json.object().put("type", "text_delta").put("text", text), out);
                }
                case AnswerPart.Call call -> {
                    closeText(out);
                    open(call(call), out);
                    delta(Json.object().put("type", "input_json_delta").put("partial_json", call.arguments()), out);
                    close(out);
                }
            }
        }
    }

    private void open(ObjectNode block, Frames out) throws IOException {
        ObjectNode json = event("content_block_start").put("index", blocks);
        json.set("content_block", block);
        out.event("content_block_start", json);
    }

    private void delta(ObjectNode delta, Frames out) throws IOException {
        ObjectNode json = event("content_block_delta").put("index", blocks);
        json.set("delta", delta);
        out.event("content_block_delta", json);
    }

    private void close(Frames out) throws IOException {
        out.event("content_block_stop", event("content_block_stop").put("index", blocks++));
    }

    private void closeText(Frames out) throws IOException {
        if (textOpen) {
            textOpen = false;
            close(out);
        }
    }

    @Override
    public void finished(Finished finished, Frames out) throws IOException {
        send(reader.finish(), out);
        closeText(out);
        ObjectNode json = event("message_delta");
        end(json.putObject("delta"), finished);
        json.putObject("usage").put("output_tokens", finished.receipt().output().count());
        facts(json.putObject("plumbline").put("receipt", receipt()), finished);
        out.event("message_delta", json);
    }

    @Override
    public void done(Frames out) throws IOException {
        out.event("message_stop", event("message_stop"));
    }

    @Override
    public void failed(ApiError error, Frames out) throws IOException {
        out.event("error", AnthropicDialect.errorJson(error));
    }

    @Override
    public void heartbeat(Frames out) throws IOException {
        out.event("ping", event("ping"));
    }

    private static ObjectNode event(String type) {
        return Json.object().put("type", type);
    }
}
