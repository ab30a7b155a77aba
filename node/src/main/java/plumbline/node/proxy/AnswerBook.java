package plumbline.node.proxy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import plumbline.node.NodeException;
import plumbline.node.api.Json;
import plumbline.sdk.Evidence;
import plumbline.sdk.LostPart;
import plumbline.sdk.Question;
import plumbline.sdk.Step;
import plumbline.sdk.VerifiedAnswer;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What became of each answer that went through the proxy: for the page, for `plumb receipts`, and the bundles for
/// whoever wants to verify them. Evidence against nodes is kept for good.
///
/// ```
/// proxy/ID.json      one answer: what happened, checks, facts
/// proxy/ID.bundle    its receipt's bundle
/// proxy/evidence-TIME-PROCESS-N.json, .bundle
/// ```
///
/// Safe for threads.
final class AnswerBook {

    private static final System.Logger LOG = System.getLogger(AnswerBook.class.getName());
    private static final int SHOWN_MAX = 200;
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final int TEXT_CHARS_MAX = 20_000;

    /// One answer, while it comes and after.
    final class Page {
        private final ObjectNode json;
        private final StringBuilder text = new StringBuilder();

        private Page(ObjectNode json) {
            this.json = json;
        }

        void text(String piece) {
            synchronized (AnswerBook.this) {
                if (text.length() < TEXT_CHARS_MAX) {
                    text.append(piece);
                }
            }
        }

        /// Not copied: for use under the book's lock.
        private ObjectNode json() {
            return text.isEmpty() ? json : json.put("text", text.toString());
        }

        void step(Step step) {
            synchronized (AnswerBook.this) {
                json.withArray("steps").addObject()
                        .put("ms", step.millis())
                        .put("node", step.node())
                        .put("what", step.what().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                        .put("token", step.token())
                        .put("at", text.length())
                        .put("detail", step.detail());
            }
        }
    }

    private final Path folder;
    private final InstantSource clock;
    private final Deque<Page> pages = new ArrayDeque<>();
    private final Deque<ObjectNode> evidence = new ArrayDeque<>();
    private int count;

    /// @param folder made where there is none; what is in it already is shown too
    AnswerBook(Path folder, InstantSource clock) throws NodeException {
        this.folder = folder;
        this.clock = clock;
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder, OWNER_ONLY);
            }
        } catch (IOException e) {
            throw new NodeException("answers can't be kept in " + folder + ": " + e
                    + ". Give another data folder with --data DIR or PLUMB_HOME", e);
        }
        KeptAnswers kept = KeptAnswers.read(folder, SHOWN_MAX);
        kept.answers().forEach(json -> pages.addLast(new Page(json)));
        evidence.addAll(kept.evidence());
    }

    synchronized Page begin(Question question) {
        ObjectNode json = Json.object()
                .put("time", clock.instant().toString())
                .put("model", question.request().model())
                .put("endpoint", question.request().endpoint())
                .put("state", "under way")
                .put("text", "");
        if (question.request().options().choices() > 1) {
            json.put("choice", question.choice()).put("choices", question.request().options().choices());
        }
        json.putArray("steps");
        Page page = new Page(json);
        pages.addFirst(page);
        if (pages.size() > SHOWN_MAX) {
            pages.removeLast();
        }
        return page;
    }

    void finished(Page page, VerifiedAnswer answer) {
        byte[] json;
        synchronized (this) {
            page.json.put("state", "verified");
            describe(answer, page.json);
            json = Json.bytes(page.json());
        }
        String id = answer.receipt().receipt().id().hex();
        write(id + ".bundle", answer.bundle());
        write(id + ".json", json);
    }

    /// The receipt of a node that was lost on the way to the answer.
    void linked(Page page, LostPart part, byte[] bundle) {
        byte[] json;
        synchronized (this) {
            page.json.withArray("lost").addObject()
                    .put("node", part.url())
                    .put("receipt", part.receipt().hex())
                    .put("tokens", part.tokens().size());
            json = Json.bytes(page.json());
        }
        write(part.receipt().hex() + ".bundle", bundle);
        write(page.json.path("receipt").asString() + ".json", json);
    }

    synchronized void failed(Page page, String why) {
        page.json.put("state", "failed: " + why);
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
            // Another proxy may have the same folder.
            name = String.format(Locale.ROOT, "evidence-%d-%d-%d", clock.instant().toEpochMilli(),
                    ProcessHandle.current().pid(), count++);
            json.put("file", folder.resolve(name + ".json").toString());
        }
        write(name + ".json", Json.bytes(json));
        found.bundle().ifPresent(bundle -> write(name + ".bundle", bundle));
    }

    private void write(String name, byte[] bytes) {
        try {
            Path part = Files.createTempFile(folder, "part-", "");
            try {
                Files.write(part, bytes);
                Files.move(part, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
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
        pages.forEach(page -> answers.add(page.json().deepCopy()));
        ArrayNode found = json.putArray("evidence");
        evidence.forEach(found::add);
        return json;
    }

    /// The receipts in the form of a node's list, with what was shown of each answer.
    synchronized ObjectNode receipts() {
        return KeptAnswers.receipts(pages.stream().map(page -> page.json).toList(), List.copyOf(evidence));
    }

    private static void describe(VerifiedAnswer answer, ObjectNode json) {
        Receipt receipt = answer.receipt().receipt();
        json.put("receipt", receipt.id().hex())
                .put("model_id", receipt.model().toString())
                .put("prompt_tokens", receipt.prompt().count())
                .put("tokens", receipt.output().count())
                .put("stop", receipt.stop().word())
                .put("signed", receipt.time().toString())
                .put("prefix", receipt.prefix().map(prefix -> prefix.count()).orElse(0))
                .put("node", answer.node());
        ArrayNode facts = json.putArray("facts");
        answer.facts().forEach(fact -> facts.addObject().put("name", fact.name()).put("shown", fact.shown())
                .put("text", fact.text()));
        ArrayNode checks = json.putArray("checks");
        answer.checks().forEach(check -> checks.addObject().put("name", check.name())
                .put("result", check.result().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .put("detail", check.detail()));
    }
}
