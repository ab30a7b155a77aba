package plumbline.node.api;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.node.api.AnswerEvent.Finished;
import plumbline.verify.Receipt;
import plumbline.verify.StopReason;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// An answer as OpenAI's chat completions or completions have it. Source: spec/api.md A20-A24.
final class OpenAiPresentation implements Presentation {

    private final InferenceRequest request;
    private final AnswerEvent.Started started;
    private final long createdSeconds;
    private final List<Receipt> receipts = new ArrayList<>();

    OpenAiPresentation(InferenceRequest request, AnswerEvent.Started started, long createdSeconds) {
        this.request = request;
        this.started = started;
        this.createdSeconds = createdSeconds;
    }

    private boolean isChat() {
        return request.endpoint().equals(InferenceRequest.CHAT);
    }

    private String id() {
        return started.receipts().getFirst().id().hex();
    }

    private ObjectNode head(boolean isChunk) {
        String object = !isChat() ? "text_completion"
                : isChunk ? "chat.completion.chunk" : "chat.completion";
        return Json.object()
                .put("id", (isChat() ? "chatcmpl-" : "cmpl-") + id())
                .put("object", object)
                .put("created", createdSeconds)
                .put("model", request.model())
                .put("system_fingerprint", started.fingerprint());
    }

    @Override
    public ObjectNode whole(Whole answer) {
        ObjectNode json = head(false);
        ArrayNode choices = json.putArray("choices");
        for (Finished finished : answer.choices()) {
            ObjectNode choice = choices.addObject().put("index", finished.choice());
            if (isChat()) {
                choice.putObject("message")
                        .put("role", "assistant")
                        .put("content", finished.text())
                        .putNull("refusal");
            } else {
                choice.put("text", finished.text());
            }
            choice.putNull("logprobs").put("finish_reason", finishReason(finished.receipt().stop()));
            addTokens(choice, answer.tokens().get(finished.choice()), finished.text());
            receipts.add(finished.receipt());
        }
        json.set("usage", usage());
        addReceipt(json, answer.choices().getFirst());
        return json;
    }

    @Override
    public String streamType() {
        return SSE;
    }

    @Override
    public void started(Frames out) throws IOException {
        if (!isChat()) {
            return;
        }
        for (int index = 0; index < started.receipts().size(); index++) {
            ObjectNode json = head(true);
            ObjectNode choice = choice(json, index);
            choice.putObject("delta").put("role", "assistant").put("content", "");
            choice.putNull("finish_reason");
            out.data(json);
        }
    }

    @Override
    public void piece(AnswerEvent.Piece piece, Frames out) throws IOException {
        if (piece.text().isEmpty() && !request.includeTokens()) {
            return;
        }
        ObjectNode json = head(true);
        ObjectNode choice = choice(json, piece.choice());
        if (isChat()) {
            choice.putObject("delta").put("content", piece.text());
        } else {
            choice.put("text", piece.text());
        }
        choice.putNull("finish_reason");
        addTokens(choice, piece.tokens(), piece.text());
        out.data(json);
    }

    /// What the extension `plumbline.tokens` asks for: what the model said, not what it is taken to mean (A27).
    private void addTokens(ObjectNode choice, List<DrawnToken> tokens, String text) {
        if (request.includeTokens()) {
            ObjectNode plumbline = choice.putObject("plumbline");
            ArrayNode ids = plumbline.putArray("tokens");
            tokens.forEach(token -> ids.add(token.id()));
            plumbline.put("text", text);
        }
    }

    @Override
    public void finished(Finished finished, Frames out) throws IOException {
        ObjectNode json = head(true);
        ObjectNode choice = choice(json, finished.choice());
        if (isChat()) {
            choice.putObject("delta");
        } else {
            choice.put("text", "");
        }
        choice.put("finish_reason", finishReason(finished.receipt().stop()));
        addReceipt(json, finished);
        out.data(json);
        receipts.add(finished.receipt());
    }

    @Override
    public void done(Frames out) throws IOException {
        if (request.includeUsage()) {
            ObjectNode json = head(true);
            json.putArray("choices");
            json.set("usage", usage());
            out.data(json.put("receipt", id()));
        }
        out.done();
    }

    @Override
    public void failed(ApiError error, Frames out) throws IOException {
        out.data(Json.error(error));
    }

    @Override
    public void heartbeat(Frames out) throws IOException {
        out.comment();
    }

    private static ObjectNode choice(ObjectNode json, int index) {
        return json.putArray("choices").addObject().put("index", index).putNull("logprobs");
    }

    /// The choice's receipt, and what people want to know: how it was computed, what was checked.
    private void addReceipt(ObjectNode json, Finished finished) {
        json.put("receipt", started.receipts().get(finished.choice()).id().hex());
        if (!finished.facts().isEmpty()) {
            finished.facts().forEach(json.putArray("facts")::add);
        }
        Optional<AnswerEvent.Computed> computed = finished.computed();
        computed.ifPresent(how -> json.put("kernel", how.kernel()).putObject("timings")
                .put("prefill_ms", how.timings().prefillNanos() / 1_000_000)
                .put("decode_ms", how.timings().decodeNanos() / 1_000_000));
    }

    /// The prompt counts once, however many choices there are.
    private ObjectNode usage() {
        int prompt = receipts.getFirst().prompt().count();
        int output = receipts.stream().mapToInt(receipt -> receipt.output().count()).sum();
        return Json.object()
                .put("prompt_tokens", prompt)
                .put("completion_tokens", output)
                .put("total_tokens", prompt + output);
    }

    /// `stop` or `length`; a cancelled answer is one that was cut.
    static String finishReason(StopReason stop) {
        return switch (stop) {
            case END, STRING -> "stop";
            case LENGTH, CANCELLED -> "length";
        };
    }
}
