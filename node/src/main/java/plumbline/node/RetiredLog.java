package plumbline.node;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.InclusionProof;
import plumbline.verify.MalformedException;
import plumbline.verify.SignedNote;
import plumbline.verify.TilePath;
import plumbline.verify.TlogProof;
import plumbline.verify.VerifierKey;

/// A log that ended with a hand-over: read, never written. Its last checkpoint is signed by a key whose seed
/// is gone. Source: spec/key.md K15.
final class RetiredLog {

    private static final int NAME_DIGITS = 12;

    private final Path path;

    RetiredLog(LogFolder current, VerifierKey key) {
        this(current.retired(key));
    }

    private RetiredLog(Path path) {
        this.path = path;
    }

    /// What the log is called in folders and URLs: what follows `plumbline/` in its origin.
    static String name(VerifierKey key) {
        return Digest.sha256(key.publicKey()).hex().substring(0, NAME_DIGITS);
    }

    /// The log of this name, if the node has it.
    static Optional<RetiredLog> named(DataFolder folder, String name) {
        Path path = folder.home().resolve("logs").resolve(name);
        return name.matches("[0-9a-f]{" + NAME_DIGITS + "}") && Files.isDirectory(path)
                ? Optional.of(new RetiredLog(path)) : Optional.empty();
    }

    /// Its last checkpoint.
    SignedNote checkpoint() throws NodeException {
        try {
            return SignedNote.parse(folder().checkpoint().orElseThrow(
                    () -> new NodeException("the log " + path + " has no checkpoint: put a backup back")));
        } catch (MalformedException e) {
            throw damaged(e);
        }
    }

    Optional<byte[]> tile(TilePath tile) throws NodeException {
        return folder().read(tile);
    }

    /// Proof that an entry is in it.
    TlogProof prove(long index) throws NodeException {
        SignedNote note = checkpoint();
        try {
            Checkpoint last = Checkpoint.parse(note.text());
            return new TlogProof(index,
                    InclusionProof.of(folder(), index, last.size(), last.root()), note);
        } catch (MalformedException e) {
            throw damaged(e);
        } catch (LogFolder.UnreadableTile e) {
            throw new NodeException(e.getMessage(), e);
        }
    }

    private LogFolder folder() throws NodeException {
        if (!Files.isDirectory(path)) {
            throw new NodeException("the log " + path + " of an older key is gone: put a backup back");
        }
        return LogFolder.existing(path);
    }

    private NodeException damaged(MalformedException e) {
        return new NodeException("the log " + path + " of an older key is damaged (" + e.getMessage()
                + "): put a backup back", e);
    }
}
