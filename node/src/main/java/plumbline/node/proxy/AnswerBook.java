package plumbline.node.proxy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import plumbline.node.api.Json;
import plumbline.sdk.Evidence;
import plumbline.sdk.Question;
import plumbline.sdk.Step;
import plumbline.sdk.VerifiedAnswer;
import plumbline.verify.ReceiptId;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What became of each answer that went through the proxy: for the page, for `plumb receipts`, and the bundles for
/// whoever wants to verify them. Evidence against nodes is kept for good.
///
/// ```
/// proxy/ID.json      one answer: what happened, checks, facts
/// proxy/ID.bundle    its receipt's bundle
/// proxy/evidence-TIME-N.json, .bundle
/// ```
///
/// Safe for threads.
final class AnswerBook {

    private static final System.Logger LOG = System.getLogger(AnswerBook.class.getName());
    private static final int SHOWN_MAX = 200;
    private static final int TEXT_CHARS_MAX = 20_000;

    /// One answer while it comes.
    final class Page {
        private final Instant begun;
        private final String model;
        private final String endpoint;
        private final StringBuilder text = new StringBuilder();
        private final List<Step> steps = new ArrayList<>();
        private String state = "under way";
        private Optional<VerifiedAnswer> answer = Optional.empty();

        private Page(Question question) {
            begun = clock.instant();
            model = question.request().model();
            endpoint = question.request().endpoint();
        }

        void text(String piece) {
            synchronized (AnswerBook.this) {
                if (text.length() < TEXT_CHARS_MAX) {
                    text.append(piece);
                }
            }
        }

        void step(Step step) {
            synchronized (AnswerBook.this) {
                steps.add(step);
            }
        }
    }

    private final Path folder;
    private final InstantSource clock;
    private final Deque<Page> pages = new ArrayDeque<>();
    private final Deque<ObjectNode> evidence = new ArrayDeque<>();
    private int count;

    /// @param folder made when there is something to keep
    AnswerBook(Path folder, InstantSource clock) {
        this.folder = folder;
        this.clock = clock;
    }

    synchronized Page begin(Question question) {
        Page page = new Page(question);
        pages.addFirst(page);
        if (pages.size() > SHOWN_MAX) {
            pages.removeLast();
        }
        return page;
    }

    void finished(Page page, VerifiedAnswer answer) {
        ObjectNode json;
        synchronized (this) {
            page.state = "verified";
            page.answer = Optional.of(answer);
            json = json(page);
        }
        String id = answer.receipt().receipt().id().hex();
        write(id + ".bundle", answer.bundle());
        write(id + ".json", Json.bytes(json));
    }

    synchronized void failed(Page page, String why) {
        page.state = "failed: " + why;
    }

    void keep(Evidence found) {
        ObjectNode json = Json.object()
                .put("time", clock.instant().toString())
                .put("node", found.node())
                .put("signer", found.signer())
                .put("what", found.what())
                .put("request", new String(found.request(), StandardCharsets.UTF_8));
        ArrayNode tokens = json.putArray("tokens");
        found.tokens().forEach(tokens::add);
        String name;
        synchronized (this) {
            evidence.addFirst(json);
            if (evidence.size() > SHOWN_MAX) {
                evidence.removeLast();
            }
            name = String.format(Locale.ROOT, "evidence-%d-%d", clock.instant().toEpochMilli(), count++);
        }
        write(name + ".json", Json.bytes(json));
        found.bundle().ifPresent(bundle -> write(name + ".bundle", bundle));
    }

    private void write(String name, byte[] bytes) {
        try {
            Files.createDirectories(folder);
            Path part = Files.createTempFile(folder, "part-", "");
            Files.write(part, bytes);
            Files.move(part, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "can't keep " + name + " in " + folder + ": " + e);
        }
    }

    /// The bundle of an answer.
    Optional<byte[]> bundle(ReceiptId id) {
        try {
            Path file = folder.resolve(id.hex() + ".bundle");
            return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// All that the page shows, newest first.
    synchronized ObjectNode json() {
        ObjectNode json = Json.object();
        ArrayNode answers = json.putArray("answers");
        pages.forEach(page -> answers.add(json(page)));
        ArrayNode found = json.putArray("evidence");
        evidence.forEach(found::add);
        return json;
    }

    /// The receipts in the form of a node's list.
    synchronized ObjectNode receipts() {
        ObjectNode json = Json.object().put("object", "list");
        ArrayNode data = json.putArray("data");
        for (Page page : pages) {
            page.answer.map(answer -> answer.receipt().receipt()).ifPresent(receipt -> data.addObject()
                    .put("id", receipt.id().hex())
                    .put("object", "receipt")
                    .put("model", receipt.model().toString())
                    .put("endpoint", receipt.endpoint().path())
                    .put("prompt_tokens", receipt.prompt().count())
                    .put("completion_tokens", receipt.output().count())
                    .put("stop", receipt.stop().word())
                    .put("time", receipt.time().toString()));
        }
        return json;
    }

    private static ObjectNode json(Page page) {
        ObjectNode json = Json.object()
                .put("time", page.begun.toString())
                .put("model", page.model)
                .put("endpoint", page.endpoint)
                .put("state", page.state)
                .put("text", page.text.toString());
        ArrayNode steps = json.putArray("steps");
        page.steps.forEach(step -> steps.addObject()
                .put("ms", step.millis())
                .put("node", step.node())
                .put("what", step.what().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .put("token", step.token())
                .put("detail", step.detail()));
        page.answer.ifPresent(answer -> {
            json.put("receipt", answer.receipt().receipt().id().hex())
                    .put("tokens", answer.receipt().receipt().output().count())
                    .put("prefix", answer.receipt().receipt().prefix().map(prefix -> prefix.count()).orElse(0))
                    .put("node", answer.node());
            ArrayNode facts = json.putArray("facts");
            answer.facts().forEach(fact -> facts.addObject().put("name", fact.name()).put("shown", fact.shown())
                    .put("text", fact.text()));
            ArrayNode checks = json.putArray("checks");
            answer.checks().forEach(check -> checks.addObject().put("name", check.name())
                    .put("result", check.result().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                    .put("detail", check.detail()));
        });
        return json;
    }
}
