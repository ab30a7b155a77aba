package plumbline.node.api;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import plumbline.engine.Answer;
import plumbline.engine.request.InferenceRequest;
import plumbline.node.api.AnswerEvent.Finished;
import tools.jackson.databind.node.ObjectNode;

/// An answer as Ollama has it: one JSON object, or one for each piece of text and one at the end.
/// Source: spec/api.md A77.
final class OllamaPresentation implements Presentation {

    private final String name;
    private final boolean isChat;
    private final AnswerEvent.Started started;
    private final String created;
    private final ToolCallReader reader;
    private final boolean wantsLogprobs;
    // Those of tokens that no line has had yet.
    private final List<DrawnToken.Logprobs> unsaid = new ArrayList<>();

    OllamaPresentation(InferenceRequest request, String name, boolean isChat, AnswerEvent.Started started,
            String created) {
        this.name = name;
        this.isChat = isChat;
        this.started = started;
        this.created = created;
        this.reader = new ToolCallReader(request.options());
        this.wantsLogprobs = request.options().topLogprobs().isPresent();
    }

    private ObjectNode line(List<AnswerPart> parts, boolean done) {
        ObjectNode json = Json.object().put("model", name).put("created_at", created);
        StringBuilder text = new StringBuilder();
        List<AnswerPart.Call> calls = new ArrayList<>();
        for (AnswerPart part : parts) {
            switch (part) {
                case AnswerPart.Text(String piece) -> text.append(piece);
                case AnswerPart.Call call -> calls.add(call);
            }
        }
        if (!isChat) {
            json.put("response", text.toString());
        } else {
            ObjectNode message = json.putObject("message").put("role", "assistant").put("content", text.toString());
            for (AnswerPart.Call call : calls) {
                ObjectNode function =
                        message.withArray("tool_calls").addObject().putObject("function").put("name", call.name());
                function.set("arguments", Json.mapper().readTree(call.arguments()));
            }
        }
        if (wantsLogprobs && !unsaid.isEmpty()) {
            LogprobsJson.content(json.putArray("logprobs"), unsaid);
            unsaid.clear();
        }
        return json.put("done", done);
    }

    private void end(ObjectNode json, Finished finished) {
        json.put("done_reason", switch (finished.receipt().stop()) {
            case END, STRING -> "stop";
            case LENGTH, CANCELLED -> "length";
        });
        Answer.Timings timings =
                finished.computed().map(AnswerEvent.Computed::timings).orElse(new Answer.Timings(0, 0));
        json.put("total_duration", timings.prefillNanos() + timings.decodeNanos())
                .put("load_duration", 0)
                .put("prompt_eval_count", finished.receipt().prompt().count())
                .put("prompt_eval_duration", timings.prefillNanos())
                .put("eval_count", finished.receipt().output().count())
                .put("eval_duration", timings.decodeNanos());
        ObjectNode plumbline = json.putObject("plumbline")
                .put("receipt", started.receipts().getFirst().id().hex())
                .put("fingerprint", started.fingerprint());
        if (!finished.facts().isEmpty()) {
            finished.facts().forEach(plumbline.putArray("facts")::add);
        }
    }

    @Override
    public ObjectNode whole(Whole answer) {
        Finished finished = answer.choices().getFirst();
        List<AnswerPart> parts = new ArrayList<>(reader.add(finished.text()));
        parts.addAll(reader.finish());
        score(answer.tokens().getFirst());
        ObjectNode json = line(parts, true);
        end(json, finished);
        return json;
    }

    @Override
    public String streamType() {
        return NDJSON;
    }

    @Override
    public void started(Frames out) {
        // The first line has the first text.
    }

    @Override
    public void piece(AnswerEvent.Piece piece, Frames out) throws IOException {
        score(piece.tokens());
        send(reader.add(piece.text()), out);
    }

    private void score(List<DrawnToken> tokens) {
        tokens.forEach(token -> token.logprobs().ifPresent(unsaid::add));
    }

    private void send(List<AnswerPart> parts, Frames out) throws IOException {
        if (!parts.isEmpty()) {
            out.line(line(parts, false));
        }
    }

    @Override
    public void finished(Finished finished, Frames out) throws IOException {
        send(reader.finish(), out);
        ObjectNode json = line(List.of(), true);
        end(json, finished);
        out.line(json);
    }

    @Override
    public void done(Frames out) {
        // The line with `done` was the last.
    }

    @Override
    public void failed(ApiError error, Frames out) throws IOException {
        out.line(OllamaDialect.errorJson(error));
    }

    @Override
    public void heartbeat(Frames out) throws IOException {
        out.line(line(List.of(), false));
    }
}
