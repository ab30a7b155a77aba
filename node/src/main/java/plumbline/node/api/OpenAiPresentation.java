package plumbline.node.api;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.node.api.AnswerEvent.Finished;
import plumbline.verify.Receipt;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// An answer as OpenAI's chat completions or completions have it. Source: spec/api.md A20-A24.
final class OpenAiPresentation implements Presentation {

    private final InferenceRequest request;
    private final AnswerEvent.Started started;
    private final long createdSeconds;
    private final List<Receipt> receipts = new ArrayList<>();
    private int reusedTokens;
    private final List<ToolCallReader> readers = new ArrayList<>();
    // How many calls each choice has made so far.
    private final int[] calls;
    // Characters of each choice's tokens so far, for the logprobs of a completion.
    private final int[] offsets;

    OpenAiPresentation(InferenceRequest request, AnswerEvent.Started started, long createdSeconds) {
        this.request = request;
        this.started = started;
        this.createdSeconds = createdSeconds;
        calls = new int[started.receipts().size()];
        offsets = new int[calls.length];
        for (int i = 0; i < calls.length; i++) {
            readers.add(new ToolCallReader(request.options()));
        }
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
                message(choice.putObject("message"), finished);
            } else {
                choice.put("text", finished.text());
            }
            List<DrawnToken> tokens = answer.tokens().get(finished.choice());
            addLogprobs(choice, tokens);
            choice.put("finish_reason", finishReason(finished));
            addTokens(choice, tokens, finished.text());
            if (answer.choices().size() > 1) {
                choice.put("receipt", finished.receipt().id().hex());
            }
            ended(finished);
        }
        json.set("usage", usage());
        addReceipt(json, answer.choices().getFirst());
        return json;
    }

    private void message(ObjectNode message, Finished finished) {
        ToolCallReader reader = readers.get(finished.choice());
        List<AnswerPart> parts = new ArrayList<>(reader.add(finished.text()));
        parts.addAll(reader.finish());
        StringBuilder text = new StringBuilder();
        List<ObjectNode> called = new ArrayList<>();
        for (AnswerPart part : parts) {
            switch (part) {
                case AnswerPart.Text(String piece) -> text.append(piece);
                case AnswerPart.Call call -> called.add(call(finished.choice(), call));
            }
        }
        message.put("role", "assistant");
        if (called.isEmpty() || !text.isEmpty()) {
            message.put("content", text.toString());
        } else {
            message.putNull("content");
        }
        message.putNull("refusal");
        if (!called.isEmpty()) {
            called.forEach(message.putArray("tool_calls")::add);
        }
    }

    private ObjectNode call(int choice, AnswerPart.Call call) {
        ObjectNode json = Json.object()
                .put("id", callId("call_", started.receipts().get(choice).id().hex(), calls[choice]++))
                .put("type", "function");
        json.putObject("function").put("name", call.name()).put("arguments", call.arguments());
        return json;
    }

    /// The same for a call in every dialect that is asked about the answer again.
    static String callId(String prefix, String receipt, int index) {
        return prefix + receipt.substring(0, 24) + index;
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
            choice.putNull("logprobs").putNull("finish_reason");
            out.data(json);
        }
    }

    @Override
    public void piece(AnswerEvent.Piece piece, Frames out) throws IOException {
        if (!isChat()) {
            if (!piece.text().isEmpty() || wantsTokens()) {
                ObjectNode json = head(true);
                ObjectNode choice = choice(json, piece.choice());
                choice.put("text", piece.text());
                send(json, choice, piece, out);
            }
            return;
        }
        List<AnswerPart> parts = readers.get(piece.choice()).add(piece.text());
        if (parts.isEmpty() && wantsTokens()) {
            parts = List.of(new AnswerPart.Text(""));
        }
        send(parts, piece, out);
    }

    private boolean wantsTokens() {
        return request.options().tokens() || request.options().topLogprobs().isPresent();
    }

    /// One chunk for each part; the tokens go with the first.
    private void send(List<AnswerPart> parts, AnswerEvent.Piece piece, Frames out) throws IOException {
        AnswerEvent.Piece beside = piece;
        for (AnswerPart part : parts) {
            ObjectNode json = head(true);
            ObjectNode choice = choice(json, piece.choice());
            ObjectNode delta = choice.putObject("delta");
            switch (part) {
                case AnswerPart.Text(String text) -> delta.put("content", text);
                case AnswerPart.Call call -> {
                    ObjectNode made = delta.putArray("tool_calls").addObject().put("index", calls[piece.choice()]);
                    made.setAll(call(piece.choice(), call));
                }
            }
            send(json, choice, beside, out);
            beside = new AnswerEvent.Piece(piece.choice(), "", List.of());
        }
    }

    private void send(ObjectNode json, ObjectNode choice, AnswerEvent.Piece piece, Frames out) throws IOException {
        addLogprobs(choice, piece.tokens());
        choice.putNull("finish_reason");
        addTokens(choice, piece.tokens(), piece.text());
        out.data(json);
    }

    /// `logprobs` of a choice: null unless they are wanted (A85).
    private void addLogprobs(ObjectNode choice, List<DrawnToken> tokens) {
        List<DrawnToken.Logprobs> scored =
                tokens.stream().flatMap(token -> token.logprobs().stream()).toList();
        if (request.options().topLogprobs().isEmpty() || scored.isEmpty()) {
            choice.putNull("logprobs");
            return;
        }
        ObjectNode json = choice.putObject("logprobs");
        if (isChat()) {
            LogprobsJson.chat(json, scored);
        } else {
            int index = choice.get("index").asInt();
            offsets[index] = LogprobsJson.completion(json, scored, offsets[index]);
        }
    }

    /// What the extension `plumbline.tokens` asks for: what the model said, not what it is taken to mean (A27).
    private void addTokens(ObjectNode choice, List<DrawnToken> tokens, String text) {
        if (request.options().tokens()) {
            ObjectNode plumbline = choice.putObject("plumbline");
            ArrayNode ids = plumbline.putArray("tokens");
            tokens.forEach(token -> ids.add(token.id()));
            plumbline.put("text", text);
        }
    }

    @Override
    public void finished(Finished finished, Frames out) throws IOException {
        if (isChat()) {
            send(readers.get(finished.choice()).finish(),
                    new AnswerEvent.Piece(finished.choice(), "", List.of()), out);
        }
        ObjectNode json = head(true);
        ObjectNode choice = choice(json, finished.choice());
        if (isChat()) {
            choice.putObject("delta");
        } else {
            choice.put("text", "");
        }
        choice.putNull("logprobs").put("finish_reason", finishReason(finished));
        addReceipt(json, finished);
        out.data(json);
        ended(finished);
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
        return json.putArray("choices").addObject().put("index", index);
    }

    /// The choice's receipt, and what people want to know: how it was computed, what was checked.
    private void addReceipt(ObjectNode json, Finished finished) {
        json.put("receipt", finished.receipt().id().hex());
        if (!finished.facts().isEmpty()) {
            finished.facts().forEach(json.putArray("facts")::add);
        }
        Optional<AnswerEvent.Computed> computed = finished.computed();
        computed.ifPresent(how -> json.put("kernel", how.kernel()).putObject("timings")
                .put("prefill_ms", how.timings().prefillNanos() / 1_000_000)
                .put("decode_ms", how.timings().decodeNanos() / 1_000_000));
    }

    private void ended(Finished finished) {
        receipts.add(finished.receipt());
        // The other choices have the first one's prompt in common, which counts once.
        reusedTokens = finished.choice() == 0 ? finished.reusedTokens() : reusedTokens;
    }

    /// The prompt counts once, however many choices there are.
    private ObjectNode usage() {
        int prompt = receipts.getFirst().prompt().count();
        int output = receipts.stream().mapToInt(receipt -> receipt.output().count()).sum();
        ObjectNode json = Json.object()
                .put("prompt_tokens", prompt)
                .put("completion_tokens", output)
                .put("total_tokens", prompt + output);
        json.putObject("prompt_tokens_details").put("cached_tokens", reusedTokens);
        json.putObject("completion_tokens_details").put("reasoning_tokens", 0);
        return json;
    }

    /// A cancelled answer is one that was cut.
    private String finishReason(Finished finished) {
        return switch (finished.receipt().stop()) {
            case END, STRING -> calls[finished.choice()] > 0 ? "tool_calls" : "stop";
            case LENGTH, CANCELLED -> "length";
        };
    }
}
