package plumbline.sdk;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import plumbline.engine.Model;
import plumbline.engine.ModelText;
import plumbline.engine.PromptException;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.Message;
import plumbline.engine.request.RequestException;
import plumbline.engine.request.RequestSettings;
import plumbline.engine.request.SamplingSettings;
import plumbline.verify.ModelId;
import plumbline.verify.Policy;

/// A client of nodes that gives no answer that doesn't hold.
///
/// ```
/// try (Plumbline plumbline = Plumbline.connect("http://127.0.0.1:8080", "http://127.0.0.1:8081")) {
///     VerifiedAnswer answer = plumbline.ask("hub/smollm2", "What is the sea?", System.out::print);
///     answer.facts().forEach(fact -> System.out.println(fact.text()));
/// }
/// ```
///
/// It draws the nonces, renders and tokenizes prompts from the model's own template, holds each receipt against all
/// that, the pinned key and the log as it remembers it, goes on at another node when one is lost, and re-executes a
/// share of the answers. Safe for use by many threads. Source: spec/proxy.md.
public final class Plumbline implements AutoCloseable {

    /// How a client goes about it. Immutable; the `with` methods make changed copies.
    ///
    /// @param folder       keeps pinned keys, remembered checkpoints and heads of models
    /// @param lock         the file of pinned names
    /// @param sharePercent of answers that are computed again: 0 to 100; at 100 each token before it is passed on
    /// @param policy       logs and witnesses that must vouch
    /// @param stallMillis  without a token, after which another node is asked too
    /// @param notices      hears what a person should know, such as what is pinned at first use
    /// @param keyFile      API keys for nodes
    /// @param keys         further ones, which count before those in the file
    public record Settings(
            Path folder, Path lock, double sharePercent, Optional<Policy> policy, long stallMillis,
            Consumer<String> notices, Path keyFile, AccessKeys keys) {

        private static final long STALL_MILLIS = 20_000;
        private static final double SHARE_PERCENT = 2;

        /// What `plumb` uses: the data folder, 2 percent, no policy, no notices.
        public static Settings usual() {
            String home = System.getenv("PLUMB_HOME");
            return in(home == null || home.isEmpty()
                    ? Path.of(System.getProperty("user.home"), ".plumbline") : Path.of(home));
        }

        /// The same in another data folder.
        public static Settings in(Path folder) {
            return new Settings(folder, folder.resolve("plumb.lock"), SHARE_PERCENT, Optional.empty(), STALL_MILLIS,
                    _ -> { }, folder.resolve(AccessKeys.FILE), AccessKeys.none());
        }

        /// With another file of pinned names.
        public Settings withLock(Path file) {
            return new Settings(folder, file, sharePercent, policy, stallMillis, notices, keyFile, keys);
        }

        /// With another share.
        public Settings withShare(double percent) {
            return new Settings(folder, lock, percent, policy, stallMillis, notices, keyFile, keys);
        }

        /// With a policy.
        public Settings withPolicy(Policy trusted) {
            return new Settings(folder, lock, sharePercent, Optional.of(trusted), stallMillis, notices, keyFile, keys);
        }

        /// With another patience.
        public Settings withStall(long millis) {
            return new Settings(folder, lock, sharePercent, policy, millis, notices, keyFile, keys);
        }

        /// With somebody who listens.
        public Settings withNotices(Consumer<String> listener) {
            return new Settings(folder, lock, sharePercent, policy, stallMillis, listener, keyFile, keys);
        }

        /// With another file of API keys.
        public Settings withKeys(Path file) {
            return new Settings(folder, lock, sharePercent, policy, stallMillis, notices, file, keys);
        }

        /// With API keys beside those in the file.
        public Settings withKeys(AccessKeys more) {
            return new Settings(folder, lock, sharePercent, policy, stallMillis, notices, keyFile, keys.and(more));
        }

        /// With an API key for one node.
        ///
        /// @throws PlumblineException if it is no key, or the address is none
        public Settings withKey(String url, String key) throws PlumblineException {
            return withKeys(AccessKeys.none().with(url, key));
        }
    }

    private final Settings settings;
    private final Connections connections;
    private final LockFile lock;
    private final Nodes nodes;
    private final ReceiptChecks checks;
    private final ModelTexts texts;
    private final LocalModels here;
    private final Map<ModelId, LocalExecution> executions = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();

    private Plumbline(List<NodeAddress> addresses, Settings settings, LocalModels here)
            throws PlumblineException {
        this.settings = settings;
        this.connections = new Connections();
        this.lock = LockFile.open(settings.lock());
        AccessKeys keys = AccessKeys.read(settings.keyFile()).and(settings.keys());
        this.nodes = new Nodes(addresses, keys, lock, setAside(settings.folder()), connections, settings.notices());
        this.checks = new ReceiptChecks(
                nodes, new TrustStore(settings.folder().resolve("trust")), settings.policy());
        this.texts = new ModelTexts(settings.folder().resolve("heads"));
        this.here = here;
    }

    /// Connects with the usual settings, and the API key in `PLUMB_API_KEY` if there is one. Nothing is asked yet.
    public static Plumbline connect(String... urls) throws PlumblineException {
        List<NodeAddress> addresses = addresses(List.of(urls));
        return new Plumbline(addresses, Settings.usual().withKeys(AccessKeys.of(System.getenv(), addresses)),
                LocalModels.none());
    }

    /// Connects to nodes, at least one.
    public static Plumbline connect(List<String> urls, Settings settings) throws PlumblineException {
        return new Plumbline(addresses(urls), settings, LocalModels.none());
    }

    /// The same, with models on this machine that re-execute answers.
    public static Plumbline connect(List<String> urls, Settings settings, LocalModels here)
            throws PlumblineException {
        return new Plumbline(addresses(urls), settings, here);
    }

    /// Lets a node be asked again that was found wrong and set aside.
    ///
    /// @param folder of the settings
    /// @return whether it was set aside
    public static boolean forgive(Path folder, String url) throws PlumblineException {
        return setAside(folder).forgive(NodeAddress.parse(url));
    }

    private static SetAside setAside(Path folder) {
        return new SetAside(folder.resolve("set-aside"), InstantSource.system());
    }

    /// The nodes at these addresses, each once.
    public static List<NodeAddress> addresses(List<String> urls) throws PlumblineException {
        List<NodeAddress> addresses = new ArrayList<>();
        for (String url : urls) {
            NodeAddress address = NodeAddress.parse(url);
            if (!addresses.contains(address)) {
                addresses.add(address);
            }
        }
        if (addresses.isEmpty()) {
            throw new PlumblineException("no node is named", "Name at least one, such as http://127.0.0.1:8080");
        }
        return addresses;
    }

    /// One question to a chat model, the likeliest token each time.
    ///
    /// @param text hears the answer while it comes
    public VerifiedAnswer ask(String model, String question, Consumer<String> text) throws PlumblineException {
        RequestSettings greedy = new RequestSettings(SamplingSettings.ofTemperature("0"), OptionalInt.empty(),
                OptionalLong.empty(), List.of(), false, Optional.empty());
        try {
            byte[] body = InferenceRequest.chatBody(
                    model, List.of(new Message(Message.Role.USER, question)), greedy);
            return ask(Question.of(InferenceRequest.CHAT, body), (_, piece) -> {
                text.accept(piece);
                return true;
            }).orElseThrow();
        } catch (RequestException e) {
            throw new RefusedException(e.status(), e.param().orElse(""), e.code().orElse(""), e.getMessage());
        }
    }

    /// Asks, and returns when every check holds.
    ///
    /// @return empty if the listener ended the answer
    /// @throws RefusedException   if the request is at fault
    /// @throws PlumblineException if no node gave an answer that holds
    public Optional<VerifiedAnswer> ask(Question question, AnswerListener listener) throws PlumblineException {
        refuseWhatCannotGoOn(question);
        LockFile.Model model = model(question.request().model());
        AnswerPlan.ReExecution how = AnswerPlan.ReExecution.NONE;
        Optional<LocalExecution> local = Optional.empty();
        if (random.nextDouble() * 100 < settings.sharePercent()) {
            local = execution(model.id());
            how = reExecution(local.isPresent());
        }
        if (question.request().options().topLogprobs().isPresent()
                && how != AnswerPlan.ReExecution.EACH_TOKEN_HERE) {
            throw new RefusedException(400, "logprobs", "", "`logprobs` can't be had here, since no receipt covers"
                    + " them. They are computed on this machine where it has the model and each token is re-executed:"
                    + " `plumb publish` the model here and take --share 100, or ask a node itself");
        }
        AnswerPlan.Parts parts =
                new AnswerPlan.Parts(nodes, checks, lock, local, settings.stallMillis() * 1_000_000);
        try {
            AnswerPlan plan = AnswerPlan.of(parts, question, model, text(model), how, random);
            return new AnswerWait(plan, nodes, listener).get();
        } catch (NodeFailedException e) {
            throw e.kind() == NodeFailedException.Kind.LACKING ? changed(question.request().model(), model, e) : e;
        }
    }

    /// Where no node has what a name is pinned to: what they say of the name now.
    private PlumblineException changed(String name, LockFile.Model pinned, NodeFailedException why)
            throws PlumblineException {
        String bare = name.contains("@") ? name.substring(0, name.indexOf('@')) : name;
        for (Survey.Reply<NodeModel> reply : Survey.all(nodes.trusted(), node -> nodes.client(node).model(bare))) {
            Optional<ModelId> now = reply.said().map(NodeModel::id).filter(id -> !id.equals(pinned.id()));
            if (now.isPresent()) {
                return new RefusedException(409, "model", "model_changed", bare + " is pinned to " + pinned.id()
                        + " in " + settings.lock() + ", which no node has that answers; the one at "
                        + nodes.client(reply.node()).address().shown() + " says that it is " + now.get()
                        + " now. If you want that one, delete the line");
            }
        }
        return why;
    }

    /// Each of several answers is a request of its own to a node, which answers a nonce once.
    private static void refuseWhatCannotGoOn(Question question) throws RefusedException {
        InferenceRequest request = question.request();
        if (request.options().choices() > 1 && request.nonce().isPresent()) {
            throw new RefusedException(400, "nonce", "", "`nonce` can't be had with `n` above 1 here: each answer is"
                    + " asked for under a nonce of its own. Take a `seed` for answers that can be asked for again");
        }
        if (question.choice() < 0 || question.choice() >= request.options().choices()) {
            throw new RefusedException(400, "n", "", "the request asks for " + request.options().choices()
                    + " answers, counted from 0, not for number " + question.choice());
        }
        if (request.relay().choice() > 0 || request.relay().prefix().isPresent()) {
            throw new RefusedException(400, "plumbline", "", "`plumbline.continue` and `plumbline.choice` are between"
                    + " this client and its nodes: leave them out");
        }
    }

    /// How many tokens a request's prompt has, as it is rendered here.
    public int promptTokens(Question question) throws PlumblineException {
        try {
            return text(model(question.request().model())).promptIds(question.request().input()).length;
        } catch (PromptException e) {
            throw new RefusedException(400, e.fieldOr("messages"), "prompt_refused", e.getMessage());
        }
    }

    private Optional<LocalExecution> execution(ModelId id) throws PlumblineException {
        LocalExecution known = executions.get(id);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<Model> model = here.get(id);
        return model.isEmpty() ? Optional.empty()
                : Optional.of(executions.computeIfAbsent(id, _ -> new LocalExecution(model.get())));
    }

    private AnswerPlan.ReExecution reExecution(boolean isHere) throws PlumblineException {
        if (settings.sharePercent() < 100) {
            // With one node there is nobody else: the answer then says that it wasn't re-executed.
            return isHere ? AnswerPlan.ReExecution.HERE
                    : nodes.count() > 1 ? AnswerPlan.ReExecution.ELSEWHERE : AnswerPlan.ReExecution.NONE;
        }
        if (!isHere && nodes.count() < 2) {
            throw new PlumblineException("each token is to be re-executed before it is passed on, and there is"
                    + " neither the model on this machine nor a second node",
                    "Name another --node, publish the model here, or lower --share.");
        }
        return isHere ? AnswerPlan.ReExecution.EACH_TOKEN_HERE : AnswerPlan.ReExecution.EACH_TOKEN_ELSEWHERE;
    }

    /// The model that a name stands for: the pinned one; at first use what the nodes say, which is pinned then.
    ///
    /// @param name `sha256:...`, `ns/name`, or both with an `@` between
    public LockFile.Model model(String name) throws PlumblineException {
        int at = name.indexOf('@');
        String bare = at < 0 ? name : name.substring(0, at);
        Optional<LockFile.Model> pinned = lock.model(bare);
        LockFile.Model model = pinned.isPresent() ? pinned.get() : stated(bare);
        String digest = at >= 0 ? name.substring(at + 1) : bare.startsWith("sha256:") ? bare : model.id().toString();
        if (!digest.equals(model.id().toString())) {
            throw standsFor(bare, model, pinned.isPresent(), digest);
        }
        if (pinned.isEmpty()) {
            pin(bare, model, digest);
        }
        return model;
    }

    /// Several questions may be the first one at once: it is pinned, and said, once.
    private void pin(String name, LockFile.Model model, String digest) throws PlumblineException {
        synchronized (lock) {
            boolean isNew = lock.model(name).isEmpty();
            LockFile.Model kept = lock.pin(name, model);
            if (!kept.equals(model)) {
                throw standsFor(name, kept, true, digest);
            }
            if (isNew) {
                settings.notices().accept("pinned at first use: " + name + " = " + model.id() + ", weights root "
                        + model.weightsRoot().hex());
            }
        }
    }

    private RefusedException standsFor(String name, LockFile.Model model, boolean isPinned, String other) {
        return new RefusedException(404, "model", "model_not_found", "the name " + name + " stands for " + model.id()
                + (isPinned ? ", which is pinned in " + settings.lock() : "") + ", not for " + other);
    }

    private LockFile.Model stated(String name) throws PlumblineException {
        Optional<LockFile.Model> found = Optional.empty();
        Optional<PlumblineException> failure = Optional.empty();
        for (Survey.Reply<NodeModel> reply : Survey.all(nodes.trusted(), node -> nodes.client(node).model(name))) {
            if (reply.said().isEmpty()) {
                failure = reply.why();
                continue;
            }
            LockFile.Model stated = new LockFile.Model(reply.said().get().id(), reply.said().get().weightsRoot());
            if (found.isPresent() && !found.get().equals(stated)) {
                throw new RefusedException(409, "model", "model_disputed", "the nodes don't agree what " + name
                        + " is: " + found.get().id() + " with weights root " + found.get().weightsRoot().hex()
                        + ", or " + stated.id() + " with " + stated.weightsRoot().hex()
                        + ". Ask for it by its digest, or pin it in " + settings.lock());
            }
            found = Optional.of(stated);
        }
        if (found.isPresent()) {
            return found.get();
        }
        if (failure.get() instanceof NodeFailedException why && why.kind() == NodeFailedException.Kind.LACKING) {
            throw new RefusedException(404, "model", "model_not_found", why.getMessage());
        }
        throw failure.get();
    }

    private ModelText text(LockFile.Model model) throws PlumblineException {
        Optional<ModelText> known = texts.get(model);
        return known.isPresent() ? known.get() : Survey.first(nodes.trusted(), node -> {
            try {
                return texts.fetch(model, nodes.client(node));
            } catch (NodeFailedException e) {
                if (e.kind() == NodeFailedException.Kind.LIED) {
                    nodes.setAside(node, e.getMessage(), true);
                }
                throw e;
            }
        });
    }

    /// The models that any node lists now, each name once.
    public List<NodeModel> models() throws PlumblineException {
        List<NodeModel> models = new ArrayList<>();
        Optional<PlumblineException> failure = Optional.empty();
        for (Survey.Reply<List<NodeModel>> reply : Survey.all(nodes.trusted(), node -> nodes.client(node).models())) {
            failure = reply.why().isPresent() ? reply.why() : failure;
            for (NodeModel model : reply.said().orElse(List.of())) {
                if (models.stream().noneMatch(known -> known.name().equals(model.name()))) {
                    models.add(model);
                }
            }
        }
        if (models.isEmpty() && failure.isPresent()) {
            throw failure.get();
        }
        return models;
    }

    /// What is wrong with each of the nodes that can't be asked now, in a sentence; waits a second for the last ones.
    public List<String> troubles() {
        List<String> troubles = new ArrayList<>();
        try {
            List<Integer> asked = new ArrayList<>(nodes.trusted());
            for (Survey.Reply<List<NodeModel>> reply : Survey.all(asked, node -> nodes.client(node).models())) {
                asked.remove((Integer) reply.node());
                reply.why().ifPresent(why -> troubles.add(why.getMessage()
                        + (why.cure().isEmpty() ? "" : ". " + why.cure())));
            }
            asked.forEach(node -> troubles.add("the node at " + nodes.client(node).address().shown()
                    + " hasn't answered yet"));
        } catch (PlumblineException e) {
            troubles.add(e.getMessage() + ". " + e.cure());
        }
        return troubles;
    }

    /// The receipt of a node that was lost on the way to an answer, checked and held against the answer.
    ///
    /// @return its bundle; empty if the node has none, or none yet, or can't be reached
    /// @throws PlumblineException if it is another's, or contradicts the answer: the listener has the evidence then
    public Optional<byte[]> lostReceipt(LostPart part, VerifiedAnswer answer, AnswerListener listener)
            throws PlumblineException {
        try {
            Optional<byte[]> bundle = checks.find(part.node, part.receipt(), part.secret);
            if (bundle.isPresent()) {
                checks.checkPart(new ReceiptChecks.Exchange(part.node, part.body, part.nonce, List.of(),
                        part.tokens()), bundle.get(), answer.receipt().opened());
            }
            return bundle;
        } catch (NodeFailedException e) {
            return Optional.empty();
        } catch (ReceiptChecks.Wrong e) {
            String what = "the receipt " + part.receipt().hex() + " for its part of an answer: " + e.getMessage();
            listener.evidence(new Evidence(part.url(), nodes.signer(part.node).encode(), what, part.body,
                    part.tokens(), Optional.of(e.bundle())));
            throw new PlumblineException("the node at " + part.url() + ": " + what, "");
        }
    }

    /// Ends its connections; answers under way fail.
    @Override
    public void close() {
        connections.close();
    }
}
