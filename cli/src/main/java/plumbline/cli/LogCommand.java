package plumbline.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.sdk.LogTiles;
import plumbline.sdk.TrustStore;
import plumbline.verify.Checkpoint;
import plumbline.verify.JdkEd25519;
import plumbline.verify.LogAudit;
import plumbline.verify.MalformedException;
import plumbline.verify.SignedNote;
import plumbline.verify.Trust;
import plumbline.verify.VerifierKey;

/// `plumb log check URL|DIR`: re-derives a log from its tiles and holds it against the checkpoint that is
/// remembered of it. Source: spec/log.md L95 to L98.
record LogCommand(String subject, Path data, Optional<VerifierKey> key, boolean json) implements Command {

    private static final int READ_MILLIS = 10_000;

    static Syntax syntax() {
        return new Syntax(
                "log",
                "Checks a whole log: reads every entry and tile, derives the root, and compares it with the"
                        + " one that was signed and the one that you remember.",
                List.of("check", "URL|DIR"),
                List.of(
                        Option.value("--key", "KEY", "the verifier key that must have signed; without it the"
                                + " key that is pinned for the log"),
                        Option.JSON,
                        Option.DATA),
                List.of("DIR is a data folder or its folder log. The checkpoint of a log whose key is known is"
                        + " remembered; a log that doesn't continue it is rejected, with exit code 3."));
    }

    static LogCommand of(Arguments arguments) throws UsageException {
        if (!arguments.operand(0).equals("check")) {
            throw new UsageException("log " + arguments.operand(0) + ": there is only log check");
        }
        return new LogCommand(arguments.operand(1), arguments.dataFolder(),
                VerifyCommand.verifierKey(arguments), arguments.json());
    }

    /// The log's key, and why it is the right one.
    private record Known(VerifierKey key, boolean pinned, String how) {}

    @Override
    public int execute(Terminal terminal) throws Failure {
        boolean isUrl = subject.matches("https?://.*");
        Path folder = isUrl ? Path.of("") : folder(Arguments.operandPath(subject));
        NodeLink link = NodeLink.open(subject.replaceAll("/$", ""));
        byte[] bytes = isUrl ? fetched(link.at("/checkpoint")) : read(folder.resolve("checkpoint"));
        SignedNote note;
        Checkpoint checkpoint;
        try {
            note = SignedNote.parse(bytes);
            checkpoint = Checkpoint.parse(note.text());
        } catch (MalformedException e) {
            return said(terminal, new LogAudit.Broken("checkpoint", e.getMessage()), "");
        }
        TrustStore store = new TrustStore(data.resolve("trust"));
        TrustStore.Entry entry = VerifyCommand.load(store, checkpoint.origin());
        Known known = known(entry, checkpoint.origin(), isUrl ? Optional.of(link) : Optional.empty(), folder);
        if (!known.key().name().equals(checkpoint.origin())
                || !note.isSignedBy(known.key(), new JdkEd25519())) {
            return said(terminal, new LogAudit.Broken("signature", "the checkpoint of " + checkpoint.origin()
                    + " isn't signed by " + known.key().encode() + " (" + known.how() + ")"), "");
        }
        Optional<Checkpoint> before = remembered(entry, known.key());
        LogTiles tiles = isUrl ? LogTiles.ofNode(link.client()) : LogTiles.ofFolder(folder);
        LogAudit.Outcome outcome = LogAudit.run(tiles, checkpoint, before);
        if (outcome instanceof LogAudit.Sound && known.pinned()
                && before.map(seen -> seen.size() < checkpoint.size()).orElse(true)) {
            VerifyCommand.save(store, checkpoint.origin(), entry.withRemembered(known.key(), note));
        }
        return said(terminal, outcome, "signed by " + known.key().encode() + " (" + known.how() + ")");
    }

    private static Path folder(Path given) {
        return Files.isDirectory(given.resolve("log")) ? given.resolve("log") : given;
    }

    private Known known(TrustStore.Entry entry, String origin, Optional<NodeLink> node, Path folder)
            throws Failure {
        if (key.isPresent()) {
            return new Known(key.get(), true, "expected by you");
        }
        if (entry.pinned().isPresent()) {
            return new Known(entry.pinned().get(), true, "pinned");
        }
        Optional<VerifierKey> own = OwnKey.of(data).filter(mine -> mine.name().equals(origin));
        if (own.isPresent()) {
            return new Known(own.get(), true, "your own");
        }
        if (node.isPresent()) {
            return new Known(new NodeApi(node.get()).key(), false, "not pinned: the node's own word");
        }
        Optional<VerifierKey> beside = OwnKey.of(folder.toAbsolutePath().getParent());
        return new Known(beside.orElseThrow(() -> new Failure("the key of the log " + origin
                + " isn't known", "Name it: plumb log check " + subject + " --key KEY")), false,
                "not pinned: the key in the folder");
    }

    private static Optional<Checkpoint> remembered(TrustStore.Entry entry, VerifierKey key) throws Failure {
        try {
            return entry.trust().remembered().filter(seen -> seen.key().equals(key))
                    .map(Trust.Remembered::checkpoint);
        } catch (MalformedException e) {
            throw new Failure("the remembered checkpoint is damaged: " + e.getMessage(), "");
        }
    }

    private static byte[] fetched(URI address) throws Failure {
        try (Http.Response response = Http.get(address, Map.of(), READ_MILLIS)) {
            if (response.status() != 200) {
                throw new Failure(address + " gave status " + response.status() + ": is there a log?", "");
            }
            return response.bytes(SignedNote.BYTES_MAX);
        } catch (IOException e) {
            throw new Failure(address + " can't be read: " + Http.reason(e), "");
        }
    }

    private static byte[] read(Path file) throws Failure {
        if (!Files.isRegularFile(file)) {
            throw new Failure("there is no log here: " + file + " is missing", "");
        }
        return VerifyCommand.read(file, SignedNote.BYTES_MAX);
    }

    private int said(Terminal terminal, LogAudit.Outcome outcome, String signed) {
        Map<String, Object> page = new LinkedHashMap<>();
        int code = switch (outcome) {
            case LogAudit.Sound sound -> {
                page.put("sound", true);
                page.put("size", sound.size());
                page.put("consistent", sound.consistent());
                page.put("signed", signed);
                yield Exit.DONE;
            }
            case LogAudit.Broken broken -> {
                page.put("sound", false);
                page.put("reason", broken.reason());
                page.put("detail", broken.detail());
                yield Exit.REJECTED;
            }
        };
        if (json) {
            terminal.print(JsonText.of(page));
            return code;
        }
        switch (outcome) {
            case LogAudit.Sound sound -> {
                terminal.print(signed);
                terminal.print("entries: " + sound.size() + ", all derived; every tile is the one they give");
                terminal.print(sound.consistent() ? "continues the checkpoint that you remember"
                        : "consistency: not checked, nothing was remembered of it");
                terminal.print("SOUND");
            }
            case LogAudit.Broken broken -> terminal.print("BROKEN: " + broken.reason() + ": " + broken.detail());
        }
        return code;
    }
}
