package plumbline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import plumbline.engine.Replayer;
import plumbline.node.FileIdentity;
import plumbline.node.KeyRotation;
import plumbline.node.NodeException;
import plumbline.sdk.LogTiles;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.TrustStore;
import plumbline.verify.Bundle;
import plumbline.verify.Expectations;
import plumbline.verify.HandOver;
import plumbline.verify.JdkEd25519;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Policy;
import plumbline.verify.ReplayOutcome;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.Verifier;
import plumbline.verify.VerifierKey;

/// `plumb verify FILE|ID|URL|-`: decides whether a bundle shows what it says, prints each check and
/// the facts, and ends with 0 or 3. A bundle file needs neither node nor data folder.
record VerifyCommand(
        String subject,
        Path data,
        Optional<VerifierKey> key,
        Optional<Path> model,
        boolean replay,
        Optional<Path> request,
        Optional<Path> answer,
        Optional<ModelId> modelId,
        OptionalLong seed,
        boolean remember,
        Optional<Path> policy,
        Optional<Path> handOver,
        boolean json)
        implements Command {

    private static final int EXPECTED_BYTES_MAX = 64 << 20;
    private static final int HAND_OVER_BYTES_MAX = HandOver.CHAIN_MAX * 4096;

    static Syntax syntax() {
        return new Syntax(
                "verify",
                "Checks an answer's receipt: a bundle file (no node needed), the id of a receipt of"
                        + " the node at hand, or a receipt's URL (with its secret behind #), or a bundle from standard"
                        + " input (-).",
                List.of("FILE|ID|URL|-"),
                List.of(
                        Option.value("--key", "KEY", "the verifier key that must have signed;"
                                + " without it the key that is pinned for the log counts"),
                        Option.flag("--replay", "run the request again and compare every token"),
                        Option.value("--model", "FILE", "the model file; its digest must be the"
                                + " receipt's (default for --replay: the cache)"),
                        Option.value("--request", "FILE", "the request must be these bytes"),
                        Option.value("--answer", "FILE", "the answer's text must be these bytes"),
                        Option.value("--model-id", "ID", "the model must be sha256:..."),
                        Option.value("--seed", "S", "the request must have given this seed"),
                        Option.flag("--remember", "pin the signer's key for its log, if none is"
                                + " yet"),
                        Option.value("--policy", "FILE", "logs and witnesses that you trust"
                                + " (C2SP tlog-policy)"),
                        Option.value("--hand-over", "FILE", "hand-overs of the node's keys, oldest first: a key that"
                                + " you know vouches for those before and after it"),
                        Option.JSON,
                        Option.DATA),
                List.of("The key of the node in your data folder is always pinned. The last"
                        + " checkpoint of each log with a pinned key is remembered and a"
                        + " contradiction to it rejected."));
    }

    static VerifyCommand of(Arguments arguments) throws UsageException {
        return new VerifyCommand(
                arguments.operand(0),
                arguments.dataFolder(),
                verifierKey(arguments),
                arguments.path("--model"),
                arguments.has("--replay"),
                arguments.path("--request"),
                arguments.path("--answer"),
                modelId(arguments),
                arguments.integer("--seed", Long.MIN_VALUE, Long.MAX_VALUE),
                arguments.has("--remember"),
                arguments.path("--policy"),
                arguments.path("--hand-over"),
                arguments.json());
    }

    static Optional<VerifierKey> verifierKey(Arguments arguments) throws UsageException {
        Optional<String> text = arguments.text("--key");
        try {
            return text.isPresent()
                    ? Optional.of(VerifierKey.parse(text.get().strip()))
                    : Optional.empty();
        } catch (MalformedException e) {
            throw new UsageException("--key: " + e.getMessage());
        }
    }

    private static Optional<ModelId> modelId(Arguments arguments) throws UsageException {
        Optional<String> text = arguments.text("--model-id");
        try {
            return text.isPresent() ? Optional.of(ModelId.parse(text.get())) : Optional.empty();
        } catch (MalformedException e) {
            throw new UsageException("--model-id: " + e.getMessage());
        }
    }

    /// A replay that could not begin, carried out of the verifier: exit code 1, no verdict.
    private static final class ReplayFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Failure failure;

        ReplayFailure(Failure failure) {
            this.failure = failure;
        }
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        BundleSource source = BundleSource.of(subject, data, terminal);
        byte[] bytes = source.read();
        TrustStore store = new TrustStore(data.resolve("trust"));
        Optional<Bundle> bundle = parsed(bytes);
        TrustStore.Entry known = bundle.isPresent()
                ? withOwnKey(load(store, bundle.get().origin()), bundle.get())
                : TrustStore.Entry.empty();
        boolean pinsNow = remember && known.pinned().isEmpty() && bundle.isPresent();
        TrustStore.Entry used = pinsNow
                ? known.withPinned(key.orElse(bundle.get().receipt().node()))
                : known;
        Trust trust = bundle.isPresent()
                ? withConsistency(withHandOvers(trust(used), bundle.get(), store), bundle.get(), source)
                : Trust.none();
        Verdict verdict = verdict(bytes, trust, terminal);
        if (verdict instanceof Verdict.Accepted accepted) {
            rememberLog(store, used, trust, accepted);
            if (pinsNow) {
                terminal.say("pinned " + accepted.receipt().signer().encode());
            }
        }
        if (json) {
            terminal.print(JsonText.of(VerdictPage.json(verdict)));
        } else {
            VerdictPage.print(verdict, terminal);
        }
        return verdict instanceof Verdict.Accepted ? Exit.DONE : Exit.REJECTED;
    }

    private static Optional<Bundle> parsed(byte[] bytes) {
        try {
            return Optional.of(Bundle.parse(bytes));
        } catch (MalformedException e) {
            return Optional.empty(); // the verifier says what is wrong with it
        }
    }

    static TrustStore.Entry load(TrustStore store, String origin) throws Failure {
        try {
            return store.load(origin);
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        }
    }

    private TrustStore.Entry withOwnKey(TrustStore.Entry entry, Bundle bundle) throws Failure {
        Optional<VerifierKey> own = OwnKey.of(data);
        return own.isPresent() && own.get().name().equals(bundle.origin())
                ? entry.withPinned(own.get())
                : entry;
    }

    /// The hand-overs at hand, and a key of that chain that is pinned, where the signer's own isn't.
    private Trust withHandOvers(Trust trust, Bundle bundle, TrustStore store) throws Failure {
        Path own = data.resolve(KeyRotation.HAND_OVERS);
        Optional<Path> file = handOver.or(() -> Optional.of(own).filter(Files::isRegularFile));
        if (file.isEmpty()) {
            return trust;
        }
        List<HandOver> chain;
        try {
            chain = HandOver.parseChain(read(file.get(), HAND_OVER_BYTES_MAX), new JdkEd25519());
        } catch (MalformedException e) {
            throw new Failure("the hand-overs in " + file.get() + " can't be used: " + e.getMessage(), "");
        }
        Optional<VerifierKey> pinned = trust.pinned();
        for (HandOver each : chain) {
            for (VerifierKey known : List.of(each.from(), each.to())) {
                pinned = pinned.isPresent() ? pinned : pinned(known, store);
            }
        }
        return trust.withHandOvers(pinned, chain);
    }

    private Optional<VerifierKey> pinned(VerifierKey known, TrustStore store) throws Failure {
        Optional<VerifierKey> stored = load(store, known.name()).pinned();
        Optional<VerifierKey> either = stored.isPresent() ? stored : OwnKey.of(data);
        return either.filter(known::equals);
    }

    private static Trust trust(TrustStore.Entry entry) throws Failure {
        try {
            return entry.trust();
        } catch (MalformedException e) {
            throw new Failure("the remembered checkpoint is damaged: " + e.getMessage(), "");
        }
    }

    private Trust withConsistency(Trust trust, Bundle bundle, BundleSource source)
            throws Failure {
        Optional<LogTiles> tiles = source.tiles(bundle.origin());
        if (tiles.isEmpty() && Files.isDirectory(data.resolve("log"))
                && OwnKey.of(data).map(bundle.receipt().node()::equals).orElse(false)) {
            tiles = Optional.of(LogTiles.ofFolder(data.resolve("log")));
        }
        Path retired = data.resolve("logs").resolve(LogTiles.name(bundle.origin()));
        if (tiles.isEmpty() && Files.isDirectory(retired)) {
            tiles = Optional.of(LogTiles.ofFolder(retired));
        }
        if (tiles.isEmpty() || trust.remembered().isEmpty()) {
            return trust;
        }
        return tiles.get()
                .consistency(trust.remembered().get().checkpoint(), bundle.proof().checkpoint())
                .map(trust::withConsistency)
                .orElse(trust);
    }

    private Verdict verdict(byte[] bytes, Trust trust, Terminal terminal) throws Failure {
        Optional<Function<OpenedBundle, ReplayOutcome>> replaying =
                replay ? Optional.of(opened -> replay(opened, terminal)) : Optional.empty();
        try {
            return Verifier.verify(bytes, expectations(terminal), trust, replaying);
        } catch (ReplayFailure e) {
            throw e.failure;
        }
    }

    private Expectations expectations(Terminal terminal) throws Failure {
        Expectations expected = Expectations.none();
        if (key.isPresent()) {
            expected = expected.withKey(key.get());
        }
        if (policy.isPresent()) {
            expected = expected.withPolicy(policy(policy.get()));
        }
        if (modelId.isPresent()) {
            expected = expected.withModel(modelId.get());
        } else if (model.isPresent()) {
            expected = expected.withModel(identity(model.get(), terminal).id());
        }
        if (request.isPresent()) {
            expected = expected.withRequest(read(request.get(), EXPECTED_BYTES_MAX));
        }
        if (answer.isPresent()) {
            expected = expected.withAnswer(read(answer.get(), EXPECTED_BYTES_MAX));
        }
        if (seed.isPresent()) {
            expected = expected.withSeed(seed.getAsLong());
        }
        return expected;
    }

    private static FileIdentity identity(Path file, Terminal terminal) throws Failure {
        ModelPath.existing(file);
        try (ProgressBar bar = new ProgressBar(terminal, "hashing", file.toFile().length())) {
            return FileIdentity.of(file, bar.quietInLogs());
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    private static Policy policy(Path file) throws Failure {
        try {
            return Policy.parse(read(file, Policy.BYTES_MAX));
        } catch (MalformedException e) {
            throw new Failure("the policy " + file + " can't be used: " + e.getMessage(), "");
        }
    }

    private ReplayOutcome replay(OpenedBundle opened, Terminal terminal) {
        int positions = opened.prompt().size() + opened.output().size() - 1;
        try (LocalModel loaded = LocalModel.open(modelFile(opened), terminal);
                ProgressBar bar = new ProgressBar(terminal, "replaying", 0)) {
            return new Replayer(loaded.model(), done -> bar.counted(done, positions)).apply(opened);
        } catch (Failure e) {
            throw new ReplayFailure(e);
        }
    }

    private Path modelFile(OpenedBundle opened) throws Failure {
        if (model.isPresent()) {
            return model.get();
        }
        ModelId id = opened.receipt().model();
        return ModelPath.cached(id, data).orElseThrow(() -> new Failure(
                "the model " + id + " is not in the cache of " + data,
                "Get the file with this SHA-256, then: plumb verify " + subject
                        + " --replay --model FILE"));
    }

    private static void rememberLog(
            TrustStore store, TrustStore.Entry used, Trust trust, Verdict.Accepted accepted)
            throws Failure {
        TrustStore.Entry next = used;
        Trust.Remembered current = new Trust.Remembered(
                accepted.receipt().signer(), accepted.receipt().checkpoint());
        Optional<Trust.Remembered> after = trust.after(accepted.receipt());
        if (after.isPresent() && after.get().equals(current)) {
            next = next.withRemembered(current.key(), accepted.receipt().note());
        }
        String origin = accepted.receipt().receipt().origin();
        if (!next.equals(load(store, origin))) {
            save(store, origin, next);
        }
    }

    static void save(TrustStore store, String origin, TrustStore.Entry entry) throws Failure {
        try {
            store.save(origin, entry);
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        }
    }

    /// At most one byte more than `bytesMax`, so that too much is noticed; from a pipe too.
    static byte[] read(Path file, int bytesMax) throws Failure {
        if (Files.isDirectory(file) || !Files.exists(file)) {
            throw new Failure(Files.exists(file) ? file + " is a folder" : "there is no file " + file, "");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(bytesMax + 1);
        } catch (IOException e) {
            throw new Failure("can't read " + file + ": " + e.getMessage(), "");
        }
    }
}
