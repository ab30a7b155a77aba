package plumbline.node;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.HandOver;
import plumbline.verify.SignedNote;
import plumbline.verify.VerifierKey;

/// The last checkpoint of a log, kept outside its data folder, so that a disk that was set back is
/// noticed although everything on it agrees. Beside it lie a lock, which a copy of the data folder doesn't
/// get while the first is in use, and the hand-over of a key that signs no more.
///
/// ```
/// HEX.checkpoint   signed note; HEX is the SHA-256 of the public key
/// HEX.handed-over  the key's hand-over, if it made one
/// HEX.lock         locked by the process that signs with the key
/// ```
///
/// Source: spec/log.md L73, spec/key.md K23, K24.
final class HighWaterMark {

    private final VerifierKey key;
    private final Optional<Path> file;
    private final DurableFiles files;

    /// Where marks are kept: `$PLUMB_STATE/marks`, else `$XDG_STATE_HOME/plumbline/marks`, else
    /// `~/.local/state/plumbline/marks`; nowhere if `PLUMB_STATE` is `none`. The system property
    /// `plumbline.state` stands for a `PLUMB_STATE` that isn't set.
    static Optional<Path> folder(Map<String, String> environment) {
        String given = environment.getOrDefault("PLUMB_STATE", System.getProperty("plumbline.state", ""));
        if (given.equals("none")) {
            return Optional.empty();
        }
        String xdg = environment.getOrDefault("XDG_STATE_HOME", "");
        Path state = !given.isEmpty() ? Path.of(given)
                : !xdg.isEmpty() ? Path.of(xdg, "plumbline")
                : Path.of(System.getProperty("user.home"), ".local", "state", "plumbline");
        return Optional.of(state.resolve("marks"));
    }

    /// @param folder where marks are kept; empty keeps none
    HighWaterMark(Optional<Path> folder, VerifierKey key, DurableFiles files) throws NodeException {
        this.key = key;
        this.files = files;
        try {
            if (folder.isPresent()) {
                files.createFolders(folder.get());
            }
        } catch (IOException e) {
            throw failed(folder.get(), e);
        }
        file = folder.map(marks -> marks.resolve(
                Digest.sha256(key.publicKey()).hex() + ".checkpoint"));
    }

    /// Where another file of this key lies, beside its mark.
    private Path beside(String ending) {
        String name = file.orElseThrow().getFileName().toString();
        return file.get().resolveSibling(name.substring(0, name.lastIndexOf('.')) + ending);
    }

    /// Keeps the key for this process until the result is closed.
    ///
    /// @throws NodeException if another process signs with it on this machine, or it was handed over
    Closeable hold() throws NodeException {
        if (file.isEmpty()) {
            return () -> { };
        }
        Path handedOver = beside(".handed-over");
        if (Files.exists(handedOver)) {
            throw new NodeException("the key " + key + " was given up on this machine (" + handedOver + " names the"
                    + " one after it), so the data folder was set back to before that. Put the newer one back; if"
                    + " it is lost, this key must not sign any more: start with an empty data folder (--data DIR)");
        }
        Path lock = beside(".lock");
        try {
            return LockFile.take(lock).orElseThrow(() -> new NodeException("another process on this machine signs"
                    + " with the key " + key + " (it holds " + lock + "): the data folder was copied. Two that sign"
                    + " would fork the log: stop the other one, or start with an empty data folder (--data DIR)"));
        } catch (IOException e) {
            throw failed(lock, e);
        }
    }

    /// Says for ever that the key signs no more; durable on return.
    void retire(HandOver handOver) throws NodeException {
        if (file.isPresent()) {
            try {
                files.write(beside(".handed-over"), handOver.encode(), DurableFiles.OWNER_ONLY);
            } catch (IOException e) {
                throw failed(beside(".handed-over"), e);
            }
        }
    }

    /// The mark as it was left; empty if there is none.
    Optional<byte[]> read() throws NodeException {
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readAllBytes(file.get()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed(file.get(), e);
        }
    }

    /// Sets the mark to a checkpoint; durable on return.
    void raise(SignedNote note) throws NodeException {
        if (file.isPresent()) {
            try {
                files.write(file.get(), note.encode(), DurableFiles.OWNER_ONLY);
            } catch (IOException e) {
                throw failed(file.get(), e);
            }
        }
    }

    private static NodeException failed(Path file, IOException e) {
        return new NodeException("the log's high-water mark " + file + " can't be used: " + e
                + ". Name a folder for it with PLUMB_STATE=DIR, or do without with PLUMB_STATE=none: then a disk"
                + " that was set back isn't noticed", e);
    }

    /// What to tell who finds the log behind its mark.
    String behind(Checkpoint mark, long size) {
        return "this log had " + mark.size() + " receipts on this machine (" + file.orElseThrow()
                + "), but the data folder holds " + size + ": it was set back to an older state, such as an old"
                + " backup. Put the newer one back; signing on would fork the log. If the newer one is lost,"
                + " this key must not sign any more: start with an empty data folder (--data DIR)";
    }
}
