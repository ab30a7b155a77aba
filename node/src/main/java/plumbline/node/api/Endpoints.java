package plumbline.node.api;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.HttpException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.node.ObjectNode;

/// The endpoints that answer, over HTTP, whoever the [Answerer] is: a node serves its engine with them, a proxy
/// other nodes.
///
/// The receipts' ids and secrets are in the headers before the first token. Source: spec/api.md A1-A26, A70.
public final class Endpoints {

    private static final System.Logger LOG = System.getLogger(Endpoints.class.getName());
    // It keeps proxies from giving up, and finds out whether the caller is there.
    private static final int HEARTBEAT_MILLIS = 5_000;
    private static final String OLLAMA_PATHS = "/api/";
    private static final String FORM = "application/x-www-form-urlencoded";

    private static final Dialect OPEN_AI = new OpenAiDialect();
    private static final Dialect RESPONSES = new ResponsesDialect();
    private static final Dialect ANTHROPIC = new AnthropicDialect();
    private static final Dialect OLLAMA = new OllamaDialect();

    private final Answerer answerer;
    private final Access access;
    private final RequestDefaults defaults;
    private final InstantSource clock;
    private final ModelCatalogue catalogue;

    /// @param access who may ask
    /// @param clock for the `created` of answers
    public Endpoints(Answerer answerer, Access access, RequestDefaults defaults, InstantSource clock) {
        this.answerer = answerer;
        this.access = access;
        this.defaults = defaults;
        this.clock = clock;
        this.catalogue = new ModelCatalogue(answerer);
    }

    /// Answers if the path is one of these endpoints; else false, and nothing is sent.
    public boolean handle(ServerRequest request, ServerResponse response) {
        String path = request.prologue().uriPath().rawPath();
        String method = request.prologue().method().text();
        boolean isAsked = dialect(path).isPresent() || path.equals(ModelCatalogue.SHOW);
        boolean isPing = path.equals("/") && method.equals("HEAD");
        boolean isOurs = isAsked || isPing || ModelCatalogue.has(path);
        if (!isOurs && ModelCatalogue.missing(path).isEmpty() && errorShape(path) == OPEN_AI) {
            return false;
        }
        ApiError error;
        try {
            if (!isOurs && ModelCatalogue.missing(path).isEmpty()) {
                throw ApiError.notFound().thrown();
            }
            Optional<Reply> reply = isPing ? Optional.of(Reply.text("")) : route(path, method, request, response);
            reply.ifPresent(whole -> whole.send(response));
            return true;
        } catch (RequestException e) {
            error = ApiError.of(e);
        } catch (ApiException e) {
            error = e.error();
        } catch (CloseConnectionException | io.helidon.http.RequestException | HttpException unreadable) {
            throw unreadable; // the web server closes, or answers as BrokenRequests says
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a request failed", e);
            error = ApiError.internal();
        }
        Reply.error(error, errorShape(errorPath(path, request)).error(error)).send(response);
        return true;
    }

    /// Empty if the answer has been sent already.
    private Optional<Reply> route(String path, String method, ServerRequest request, ServerResponse response)
            throws RequestException, ApiException {
        Optional<ApiError> missing = ModelCatalogue.missing(path);
        if (missing.isPresent()) {
            throw missing.get().thrown();
        }
        String allowed = ModelCatalogue.has(path) ? "GET" : "POST";
        if (!method.equals(allowed)) {
            ApiError wrong = ApiError.wrongMethod(path, allowed, method);
            return Optional.of(Reply.error(wrong, errorShape(path).error(wrong)).with("Allow", allowed));
        }
        Caller caller = new Caller(request);
        Access.Entry entry = access.enter(caller, Scope.RUN);
        if (ModelCatalogue.has(path)) {
            return Optional.of(catalogue.get(path, caller));
        }
        if (!(path.startsWith(OLLAMA_PATHS) && isUntypedProgram(caller))) {
            requireJson(caller);
        }
        byte[] body = body(request, caller);
        if (path.equals(ModelCatalogue.SHOW)) {
            return Optional.of(catalogue.show(body));
        }
        Optional<String> loads = path.startsWith(OLLAMA_PATHS) ? OllamaDialect.loads(path, body) : Optional.empty();
        if (loads.isPresent()) {
            String name = OllamaDialect.model(Fields.of(body));
            return Optional.of(
                    catalogue.loads(name, path.equals(OllamaDialect.CHAT), loads.get(), clock.instant()));
        }
        Dialect.Asked asked = dialect(path).orElseThrow().read(path, body, defaults);
        if (path.equals(AnthropicDialect.COUNT)) {
            return Optional.of(Reply.json(Json.object().put("input_tokens", count(asked))));
        }
        return answer(asked, entry, response);
    }

    private int count(Dialect.Asked asked) throws ApiException {
        try {
            return answerer.promptTokens(asked.canonical());
        } catch (ApiException e) {
            throw CanonicalChat.own(e.error(), asked.names()).thrown();
        }
    }

    /// Some of Ollama's clients say no type, and curl says that it is a form. A browser that sends something for a page
    /// says where the page is from.
    private static boolean isUntypedProgram(Caller caller) {
        return Stream.of("origin", "sec-fetch-site").allMatch(name -> caller.header(name).isEmpty())
                && caller.header("content-type").orElse(FORM).equalsIgnoreCase(FORM);
    }

    private Optional<Dialect> dialect(String path) {
        return switch (path) {
            case InferenceRequest.CHAT, InferenceRequest.COMPLETION -> Optional.of(OPEN_AI);
            case ResponsesDialect.RESPONSES -> Optional.of(RESPONSES);
            case AnthropicDialect.MESSAGES, AnthropicDialect.COUNT -> Optional.of(ANTHROPIC);
            case OllamaDialect.CHAT, OllamaDialect.GENERATE -> Optional.of(OLLAMA);
            default -> Optional.empty();
        };
    }

    /// Whose errors are sent from a path, whatever is there.
    static Dialect errorShape(String path) {
        return path.startsWith(OLLAMA_PATHS) ? OLLAMA
                : path.startsWith(AnthropicDialect.MESSAGES) ? ANTHROPIC : OPEN_AI;
    }

    // Two of the APIs list models at the same path.
    private static String errorPath(String path, ServerRequest request) {
        return ModelCatalogue.has(path) && new Caller(request).header("anthropic-version").isPresent()
                ? AnthropicDialect.MESSAGES : path;
    }

    private Optional<Reply> answer(Dialect.Asked asked, Access.Entry entry, ServerResponse response)
            throws RequestException, ApiException {
        long created = clock.instant().getEpochSecond();
        InferenceRequest request = asked.canonical().request();
        try (Access.Room room = access.room(entry, request.options().choices(), request.maxTokens());
                RunningAnswer running = answerer.answer(asked.canonical(), entry, room)) {
            Presence presence = Presence.watch(running::wake);
            AnswerEvent.Started started = started(running, presence);
            Presentation presentation = asked.present(started, created);
            if (request.stream()) {
                stream(running, presence, started, presentation, response,
                        request.relay().heartbeatMillis().orElse(HEARTBEAT_MILLIS));
                return Optional.empty();
            }
            Presentation.Whole whole = whole(running, presence, started.receipts().size());
            ObjectNode json = presentation.whole(whole);
            if (whole.choices().stream().allMatch(choice -> choice.shown().isPresent())) {
                setShownHeaders(whole.choices(), response);
            } else {
                setReceiptHeaders(started, response);
            }
            return Optional.of(Reply.json(json));
        } catch (ApiException e) {
            throw CanonicalChat.own(e.error(), asked.names()).thrown();
        }
    }

    private static AnswerEvent.Started started(RunningAnswer running, Presence presence) throws ApiException {
        AnswerEvent event = next(running, presence);
        return switch (event) {
            case AnswerEvent.Started started -> started;
            case AnswerEvent.Failed(ApiError error) -> throw error.thrown();
            case AnswerEvent.Piece _, AnswerEvent.Finished _ ->
                    throw new IllegalStateException("event before the start: " + event);
        };
    }

    private static Presentation.Whole whole(RunningAnswer running, Presence presence, int choices)
            throws ApiException {
        AnswerEvent.Finished[] finished = new AnswerEvent.Finished[choices];
        List<List<DrawnToken>> tokens = new ArrayList<>();
        for (int i = 0; i < choices; i++) {
            tokens.add(new ArrayList<>());
        }
        for (int left = choices; left > 0;) {
            switch (next(running, presence)) {
                case AnswerEvent.Piece piece -> tokens.get(piece.choice()).addAll(piece.tokens());
                case AnswerEvent.Finished end -> {
                    finished[end.choice()] = end;
                    left--;
                }
                case AnswerEvent.Failed(ApiError error) -> throw error.thrown();
                case AnswerEvent.Started _ -> throw new IllegalStateException("started twice");
            }
        }
        return new Presentation.Whole(List.of(finished), tokens);
    }

    /// What comes next, however long that takes.
    private static AnswerEvent next(RunningAnswer running, Presence presence) {
        Optional<AnswerEvent> event = Optional.empty();
        while (event.isEmpty()) {
            // Not in short rounds: many may wait, and each would take time from those who compute.
            event = running.next(Long.MAX_VALUE);
            presence.require();
        }
        return event.get();
    }

    private static void stream(RunningAnswer running, Presence presence, AnswerEvent.Started started,
            Presentation presentation, ServerResponse response, int heartbeatMillis) {
        response.status(200);
        response.header("Content-Type", presentation.streamType());
        response.header("Cache-Control", "no-cache");
        setReceiptHeaders(started, response);
        try (OutputStream out = response.outputStream()) {
            Frames frames = new Frames(out);
            presentation.started(frames);
            int[] left = {started.receipts().size()};
            running.follow(heartbeatMillis, event -> {
                presence.require();
                left[0] -= event(event, presentation, frames, left[0]);
                return left[0] > 0;
            });
        } catch (IOException e) {
            // The answer is cancelled on the way out; its receipt is kept.
            throw new CloseConnectionException("the caller has gone", e);
        }
    }

    /// Sends what comes next; how many of the `left` choices ended with it.
    private static int event(Optional<AnswerEvent> event, Presentation presentation, Frames out, int left)
            throws IOException {
        if (event.isEmpty()) {
            presentation.heartbeat(out);
            return 0;
        }
        switch (event.get()) {
            case AnswerEvent.Piece piece -> {
                presentation.piece(piece, out);
                return 0;
            }
            case AnswerEvent.Finished finished -> {
                presentation.finished(finished, out);
                if (left == 1) {
                    presentation.done(out);
                }
                return 1;
            }
            case AnswerEvent.Failed(ApiError error) -> {
                presentation.failed(error, out);
                return left;
            }
            case AnswerEvent.Started _ -> throw new IllegalStateException("started twice");
        }
    }

    private static void setReceiptHeaders(AnswerEvent.Started started, ServerResponse response) {
        response.header("plumb-receipt", joined(started.receipts(), handle -> handle.id().hex(), ","));
        response.header("plumb-nonce", started.nonce().value().hex());
        response.header("plumb-receipt-secret", joined(started.receipts(), handle -> handle.secret().hex(), ","));
    }

    /// What was shown of a whole answer, of the receipts that it has in the end (F20).
    private static void setShownHeaders(List<AnswerEvent.Finished> choices, ServerResponse response) {
        response.header("plumb-receipt", joined(choices, choice -> choice.receipt().id().hex(), ","));
        response.header("plumb-nonce", joined(choices, choice -> choice.receipt().nonce().value().hex(), ","));
        response.header("plumb-receipt-secret", joined(choices, choice -> choice.shown().get().secret().hex(), ","));
        response.header("plumb-facts",
                joined(choices, choice -> String.join(", ", choice.shown().get().names()), "; "));
    }

    private static <T> String joined(List<T> all, Function<T, String> word, String between) {
        return all.stream().map(word).collect(Collectors.joining(between));
    }

    /// A model as `/v1/models` lists it.
    public static ObjectNode json(ServedModel model) {
        return ModelCatalogue.openAi(model);
    }

    /// Refuses what a foreign web page could send without asking (A1).
    public static void requireJson(Caller caller) throws RequestException {
        Optional<String> type = caller.header("content-type");
        if (type.isEmpty() || !type.get().split(";", 2)[0].strip().equalsIgnoreCase(Reply.JSON)) {
            throw new RequestException(415, "", "unsupported_media_type",
                    "the body must be JSON: send the header Content-Type: application/json");
        }
    }

    /// The bytes of a body, at most [InferenceRequest#BODY_BYTES_MAX] (A2).
    public static byte[] body(ServerRequest request, Caller caller) throws RequestException {
        int max = InferenceRequest.BODY_BYTES_MAX;
        // Said before reading, where the caller says it.
        long announced = caller.header("content-length").map(Endpoints::length).orElse(0L);
        if (announced > max) {
            throw tooLarge(max);
        }
        try {
            // Not closed: closing reads on, which is what fails where the body can't be read.
            byte[] body = request.content().inputStream().readNBytes(max + 1);
            if (body.length > max) {
                throw tooLarge(max);
            }
            return body;
        } catch (CloseConnectionException | io.helidon.http.RequestException | HttpException e) {
            throw e;
        } catch (IOException | DataReader.InsufficientDataAvailableException e) {
            throw new CloseConnectionException("the caller has gone", e);
        } catch (RuntimeException e) {
            // The web server's reader of chunks throws what its parsers throw, such as NumberFormatException.
            throw io.helidon.http.RequestException.builder().type(DirectHandler.EventType.BAD_REQUEST)
                    .message("the body can't be read").cause(e).setKeepAlive(false).build();
        }
    }

    private static long length(String text) {
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : Long.MAX_VALUE;
    }

    private static RequestException tooLarge(int max) {
        return new RequestException(413, "", "request_too_large",
                "the body has more than " + max + " bytes: send less text");
    }
}
