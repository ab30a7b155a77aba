package plumbline.node;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// The folder that holds everything a node keeps, held by one process at a time.
///
/// ```
/// key         the node's Ed25519 seed, 0600
/// node.db     receipts, private parts, names of models (SQLite)
/// log/        checkpoint and tiles, as they are served
/// models/     blobs/sha256-<hex>: model files, read-only
/// trust/      pinned keys and remembered checkpoints
/// node.json   where the running node is, 0600; only while one runs
/// lock        locked by the process that holds the folder
/// ```
///
/// The folder itself is 0700. Source: spec/api.md section "The data folder".
public final class DataFolder implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DataFolder.class.getName());
    private static final Set<String> FILES = Set.of("key", "key.next", "node.db", "node.db-wal", "node.db-shm",
            "log", "logs", "models", "trust", RunningNode.FILE, "lock", "begun", "hand-overs", "heads", "proxy",
            "plumb.lock", ".plumb.lock.turn", "plumb.keys", "set-aside", ".set-aside.turn");
    private static final int ATTEMPTS = 3;
    private static final long PAUSE_NANOS = 50_000_000;

    private final Path home;
    private final DurableFiles files;
    private final FileChannel lockFile;

    private DataFolder(Path home, FileChannel lockFile, DurableFiles files) {
        this.home = home;
        this.files = files;
        this.lockFile = lockFile;
    }

    /// Takes the folder for this process, and creates it if it isn't there.
    ///
    /// @throws NodeException if another process holds it, or it can't be written
    public static DataFolder open(Path home) throws NodeException {
        return open(home, DurableFiles.real());
    }

    static DataFolder open(Path home, DurableFiles files) throws NodeException {
        try {
            files.createFolders(home);
            tighten(home);
            Optional<FileChannel> lock = lock(home);
            // A command that only looks whether a node runs holds the lock for a moment, too.
            for (int attempt = 1; lock.isEmpty() && attempt < ATTEMPTS; attempt++) {
                LockSupport.parkNanos(PAUSE_NANOS);
                lock = lock(home);
            }
            if (lock.isEmpty()) {
                throw new NodeException(inUse(home));
            }
            // Whoever wrote it is gone, or we would not have got the lock.
            Files.deleteIfExists(home.resolve(RunningNode.FILE));
            return new DataFolder(home, lock.get(), files);
        } catch (IOException e) {
            throw new NodeException("the data folder " + home + " can't be used: " + e
                    + ". Give another one with --data DIR or PLUMB_HOME", e);
        }
    }

    // A folder that was there before may be open to others. If it is ours alone it is closed to them; one in
    // which other things lie is left as it is, unless others could put their files in place of ours.
    private static void tighten(Path home) throws IOException, NodeException {
        Set<PosixFilePermission> found = Files.getPosixFilePermissions(home);
        if (DurableFiles.FOLDER.containsAll(found)) {
            return;
        }
        if (isOurs(home)) {
            Files.setPosixFilePermissions(home, DurableFiles.FOLDER);
            LOG.log(System.Logger.Level.WARNING, "the data folder " + home + " was open to others ("
                    + PosixFilePermissions.toString(found) + "); it is 0700 now");
        } else if (found.contains(PosixFilePermission.GROUP_WRITE)
                || found.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new NodeException("others may write in the data folder " + home + " ("
                    + PosixFilePermissions.toString(found) + "), so they could put a key of theirs there: run"
                    + " `chmod go-w " + home + "`, or name another folder with --data DIR");
        } else {
            LOG.log(System.Logger.Level.WARNING, "others can look into the data folder " + home
                    + ", in which other things lie, too; its key and receipts they can't read");
        }
    }

    private static boolean isOurs(Path home) throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.map(file -> file.getFileName().toString()).allMatch(FILES::contains);
        }
    }

    /// The node that holds the folder, if one does and has said where it is.
    public static Optional<RunningNode> runningNode(Path home) throws NodeException {
        if (!Files.exists(home.resolve(RunningNode.FILE))) {
            return Optional.empty();
        }
        try {
            Optional<FileChannel> lock = lock(home);
            if (lock.isPresent()) {
                lock.get().close();
                return Optional.empty();
            }
            return RunningNode.read(home);
        } catch (IOException e) {
            throw new NodeException("the data folder " + home + " can't be read: " + e, e);
        }
    }

    private static Optional<FileChannel> lock(Path home) throws IOException {
        return LockFile.take(home.resolve("lock"));
    }

    private static String inUse(Path home) throws IOException {
        String who = RunningNode.read(home)
                .map(node -> "by the node at " + node.url() + " (process " + node.pid() + "): set PLUMB_NODE="
                        + node.url() + " to go through it, or stop it")
                .orElse("by another plumb command: wait until it's done");
        return "the data folder " + home + " is in use " + who + ", or use another with --data DIR";
    }

    /// Says where the node is that this process runs.
    void announce(RunningNode node) throws NodeException {
        try {
            files.write(
                    home.resolve(RunningNode.FILE), node.encode(), DurableFiles.OWNER_ONLY);
        } catch (IOException e) {
            throw new NodeException("can't write " + home.resolve(RunningNode.FILE) + ": " + e, e);
        }
    }

    /// The folder.
    public Path home() {
        return home;
    }

    Path database() {
        return home.resolve("node.db");
    }

    Path key() {
        return home.resolve("key");
    }

    Path log() {
        return home.resolve("log");
    }

    Path blobs() {
        return home.resolve("models").resolve("blobs");
    }

    /// Gives the folder up.
    @Override
    public void close() throws NodeException {
        try (lockFile) {
            Files.deleteIfExists(home.resolve(RunningNode.FILE));
        } catch (IOException e) {
            throw new NodeException("the data folder " + home + " can't be given up: " + e, e);
        }
    }
}
