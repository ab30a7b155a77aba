package plumbline.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.SignedNote;
import plumbline.verify.VerifierKey;

/// The last checkpoint of a log, kept outside its data folder, so that a disk that was set back is
/// noticed although everything on it agrees. One file for each key. Source: spec/log.md L73.
final class HighWaterMark {

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
                + " this key must not sign any more: start with an empty data folder";
    }
}
