package plumbline.node.api;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.node.api.AnswerEvent.Finished;
import plumbline.verify.Sampling;
import plumbline.verify.StopReason;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// An answer as OpenAI's responses have it: items of output, and an event for each step on the way.
/// Source: spec/api.md A82, A83.
final class ResponsesPresentation implements Presentation {

    private final InferenceRequest request;
    private final ObjectNode echo;
    private final AnswerEvent.Started started;
    private final long createdSeconds;
    private final ToolCallReader reader;
    // Finished items; the one that is under way isn't among them.
    private final List<ObjectNode> items = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final List<DrawnToken.Logprobs> scored = new ArrayList<>();
    // Those of tokens whose text hasn't come yet.
    private final List<DrawnToken.Logprobs> unsaid = new ArrayList<>();
    private Optional<Finished> ended = Optional.empty();
    private boolean textOpen;
    private int sequence;

    /// @param echo what of the request the response repeats
    ResponsesPresentation(
            InferenceRequest request, ObjectNode echo, AnswerEvent.Started started, long createdSeconds) {
        this.request = request;
        this.echo = echo;
        this.started = started;
        this.createdSeconds = createdSeconds;
        this.reader = new ToolCallReader(request.options());
    }

    private String receipt() {
        return started.receipts().getFirst().id().hex();
    }

    private ObjectNode response(String status) {
        ObjectNode json = Json.object()
                .put("id", "resp_" + receipt())
                .put("object", "response")
                .put("created_at", createdSeconds)
                .put("status", status)
                .putNull("error")
                .put("model", request.model());
        json.putNull("incomplete_details");
        if (status.equals("incomplete")) {
            json.putObject("incomplete_details").put("reason", "max_output_tokens");
        }
        json.putNull("user");
        json.setAll(echo);
        ArrayNode output = json.putArray("output");
        items.forEach(output::add);
        json.put("max_output_tokens", request.maxTokensGiven() ? request.maxTokens() : null);
        json.put("temperature", decimal(request.sampling().temperatureQ16()));
        json.put("top_p", decimal(request.sampling().topPQ16()));
        json.put("top_logprobs", request.options().topLogprobs().orElse(0));
        json.put("truncation", "disabled").put("store", false).put("background", false)
                .put("service_tier", "default").putNull("previous_response_id");
        json.putNull("usage");
        ended.ifPresent(finished -> usage(json.putObject("usage"), finished));
        ObjectNode plumbline = json.putObject("plumbline")
                .put("receipt", receipt()).put("fingerprint", started.fingerprint());
        ended.map(Finished::facts).filter(facts -> !facts.isEmpty())
                .ifPresent(facts -> facts.forEach(plumbline.putArray("facts")::add));
        return json;
    }

    private static double decimal(int q16) {
        return (double) q16 / Sampling.ONE;
    }

    private static void usage(ObjectNode json, Finished finished) {
        int input = finished.receipt().prompt().count();
        int output = finished.receipt().output().count();
        json.put("input_tokens", input);
        json.putObject("input_tokens_details")
                .put("cached_tokens", finished.reusedTokens()).put("cache_write_tokens", 0);
        json.put("output_tokens", output);
        json.putObject("output_tokens_details").put("reasoning_tokens", 0);
        json.put("total_tokens", input + output);
    }

    private String status(Finished finished) {
        StopReason stop = finished.receipt().stop();
        return stop == StopReason.END || stop == StopReason.STRING ? "completed" : "incomplete";
    }

    @Override
    public ObjectNode whole(Whole answer) {
        Finished finished = answer.choices().getFirst();
        List<AnswerPart> parts = new ArrayList<>(reader.add(finished.text()));
        parts.addAll(reader.finish());
        answer.tokens().getFirst().forEach(token -> token.logprobs().ifPresent(scored::add));
        for (AnswerPart part : parts) {
            switch (part) {
                case AnswerPart.Text(String piece) -> text.append(piece);
                case AnswerPart.Call call -> {
                    addText();
                    items.add(call(call, "completed"));
                }
            }
        }
        ended = Optional.of(finished);
        addText();
        if (items.isEmpty()) {
            items.add(message(messageStatus()));
        }
        return response(status(finished));
    }

    // What was cut is the text that the answer ended with; one that a call follows is whole.
    private String messageStatus() {
        return ended.map(this::status).orElse("completed");
    }

    private void addText() {
        if (!text.isEmpty()) {
            items.add(message(messageStatus()));
            text.setLength(0);
            scored.clear();
        }
    }

    private ObjectNode message(String status) {
        ObjectNode item = Json.object()
                .put("type", "message")
                .put("id", "msg_" + receipt().substring(0, 24) + items.size())
                .put("status", status)
                .put("role", "assistant");
        ArrayNode content = item.putArray("content");
        if (!status.equals("in_progress")) {
            content.add(part());
        }
        return item;
    }

    private ObjectNode part() {
        ObjectNode part = Json.object().put("type", "output_text").put("text", text.toString());
        part.putArray("annotations");
        LogprobsJson.content(part.putArray("logprobs"), scored);
        return part;
    }

    private ObjectNode call(AnswerPart.Call call, String status) {
        return Json.object()
                .put("type", "function_call")
                .put("id", OpenAiPresentation.callId("fc_", receipt(), items.size()))
                .put("call_id", OpenAiPresentation.callId("call_", receipt(), items.size()))
                .put("name", call.name())
                .put("arguments", status.equals("completed") ? call.arguments() : "")
                .put("status", status);
    }

    @Override
    public String streamType() {
        return SSE;
    }

    private void send(Frames out, String type, ObjectNode fields) throws IOException {
        ObjectNode json = Json.object().put("type", type);
        json.setAll(fields);
        out.event(type, json.put("sequence_number", sequence++));
    }

    private ObjectNode at(String item) {
        return Json.object().put("item_id", item).put("output_index", items.size());
    }

    @Override
    public void started(Frames out) throws IOException {
        send(out, "response.created", Json.object().set("response", response("in_progress")));
        send(out, "response.in_progress", Json.object().set("response", response("in_progress")));
    }

    @Override
    public void piece(AnswerEvent.Piece piece, Frames out) throws IOException {
        List<DrawnToken.Logprobs> now = piece.tokens().stream().flatMap(t -> t.logprobs().stream()).toList();
        scored.addAll(now);
        unsaid.addAll(now);
        send(reader.add(piece.text()), out);
    }

    private void send(List<AnswerPart> parts, Frames out) throws IOException {
        for (AnswerPart part : parts) {
            switch (part) {
                case AnswerPart.Text(String piece) -> text(piece, out);
                case AnswerPart.Call call -> {
                    closeText(out);
                    callEvents(call, out);
                }
            }
        }
    }

    private void text(String piece, Frames out) throws IOException {
        ObjectNode item = message("in_progress");
        String id = item.get("id").asString();
        if (!textOpen) {
            textOpen = true;
            send(out, "response.output_item.added",
                    Json.object().put("output_index", items.size()).set("item", item));
            ObjectNode added = at(id).put("content_index", 0);
            ObjectNode empty = added.putObject("part").put("type", "output_text").put("text", "");
            empty.putArray("annotations");
            empty.putArray("logprobs");
            send(out, "response.content_part.added", added);
        }
        text.append(piece);
        ObjectNode delta = at(id).put("content_index", 0).put("delta", piece);
        LogprobsJson.content(delta.putArray("logprobs"), unsaid);
        unsaid.clear();
        send(out, "response.output_text.delta", delta);
    }

    private void closeText(Frames out) throws IOException {
        if (!textOpen) {
            return;
        }
        textOpen = false;
        ObjectNode item = message(messageStatus());
        String id = item.get("id").asString();
        ObjectNode done = at(id).put("content_index", 0).put("text", text.toString());
        LogprobsJson.content(done.putArray("logprobs"), scored);
        send(out, "response.output_text.done", done);
        send(out, "response.content_part.done", at(id).put("content_index", 0).set("part", part()));
        itemDone(item, out);
        text.setLength(0);
        scored.clear();
        unsaid.clear();
    }

    private void callEvents(AnswerPart.Call call, Frames out) throws IOException {
        ObjectNode item = call(call, "completed");
        String id = item.get("id").asString();
        send(out, "response.output_item.added",
                Json.object().put("output_index", items.size()).set("item", call(call, "in_progress")));
        send(out, "response.function_call_arguments.delta", at(id).put("delta", call.arguments()));
        send(out, "response.function_call_arguments.done",
                at(id).put("name", call.name()).put("arguments", call.arguments()));
        itemDone(item, out);
    }

    private void itemDone(ObjectNode item, Frames out) throws IOException {
        send(out, "response.output_item.done", Json.object().put("output_index", items.size()).set("item", item));
        items.add(item);
    }

    @Override
    public void finished(Finished finished, Frames out) throws IOException {
        send(reader.finish(), out);
        if (items.isEmpty() && !textOpen) {
            text("", out);
        }
        ended = Optional.of(finished);
        closeText(out);
    }

    @Override
    public void done(Frames out) throws IOException {
        String status = status(ended.orElseThrow());
        send(out, "response." + status, Json.object().set("response", response(status)));
    }

    @Override
    public void failed(ApiError error, Frames out) throws IOException {
        ObjectNode response = response("failed");
        response.putObject("error").put("code", error.code().orElse("server_error")).put("message", error.message());
        send(out, "response.failed", Json.object().set("response", response));
    }

    @Override
    public void heartbeat(Frames out) throws IOException {
        out.comment();
    }
}
