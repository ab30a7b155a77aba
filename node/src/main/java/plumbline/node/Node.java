package plumbline.node;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import plumbline.verify.ReceiptId;

/// A node without its HTTP server: data folder, key, log, models, answers. Commands in process use it
/// as it is; [NodeServer] puts the endpoints before it. Closing it writes what waits and gives the
/// folder up.
public final class Node implements AutoCloseable {

    /// How long an upstream server may say nothing: a long prompt takes its time there.
    private static final int UPSTREAM_SILENCE_MILLIS = 120_000;

    private final DataFolder folder;
    private final NodeKey key;
    private final Database database;
    private final ReceiptStore receipts;
    private final Closeable keyLock;
    private final LogWriter log;
    private final ModelStore models;
    private final KnownFiles knownFiles;
    private final LoadedModels loadedModels;
    private final Answers answers;
    private final Retention retention;
    private final Quota quota;
    private final BegunAnswers begun;
    private final ApiKeys apiKeys;

    private Node(DataFolder folder, NodeKey key, Database database, ModelLoader loader,
            Surroundings surroundings, DurableFiles files) throws NodeException {
        this.folder = folder;
        this.key = key;
        this.database = database;
        receipts = new ReceiptStore(database);
        quota = new Quota(folder.home());
        models = new ModelStore(database, folder.blobs(), files, quota);
        knownFiles = new KnownFiles(database, models, surroundings.clock());
        loadedModels = new LoadedModels(models, orUpstream(loader), MemoryLimits.system());
        HighWaterMark mark = new HighWaterMark(surroundings.marks(), key.verifierKey(), files);
        LogWriter.Parts parts = new LogWriter.Parts(
                receipts, new LogFolder(folder.log(), files), key, mark, files);
        begun = BegunAnswers.open(folder.home().resolve("begun"), database, files);
        apiKeys = new ApiKeys(database, surroundings.clock(), surroundings.random());
        // Last, because it starts a thread, which a failure further down would leave behind.
        keyLock = mark.hold();
        log = opened(parts, keyLock);
        retention = new Retention(database, surroundings.clock());
        answers = new Answers(
                key.verifierKey(), receipts, log, begun, quota, surroundings.clock(), surroundings.random());
    }

    private static LogWriter opened(LogWriter.Parts parts, Closeable keyLock) throws NodeException {
        try {
            return LogWriter.open(parts);
        } catch (NodeException | RuntimeException e) {
            letGo(keyLock);
            throw e;
        }
    }

    private static void letGo(Closeable keyLock) throws NodeException {
        try {
            keyLock.close();
        } catch (IOException e) {
            throw new NodeException("the key can't be given up: " + e, e);
        }
    }

    private static ModelLoader orUpstream(ModelLoader loader) {
        return stored -> Upstream.isOne(stored.file())
                ? new UpstreamModel(stored, UPSTREAM_SILENCE_MILLIS) : loader.load(stored);
    }

    /// What a node takes from outside: the time, randomness, and a folder beyond its own.
    ///
    /// @param random makes keys, nonces, ids and secrets
    /// @param marks where the log's high-water mark is kept, best on another disk; empty keeps none
    public record Surroundings(InstantSource clock, SecureRandom random, Optional<Path> marks) {

        /// The machine's clock and its generator, and marks where [HighWaterMark#folder] says.
        public static Surroundings system() {
            return new Surroundings(
                    InstantSource.system(), new SecureRandom(), HighWaterMark.folder(System.getenv()));
        }

        /// The same, with a folder for the log's high-water mark.
        public Surroundings withMarks(Path folder) {
            return new Surroundings(clock, random, Optional.of(folder));
        }
    }

    /// Takes the data folder `home`, creating what is missing, and brings its log up to date.
    ///
    /// @throws NodeException if another process holds the folder, or what it holds doesn't agree
    public static Node open(Path home, ModelLoader loader, Surroundings surroundings)
            throws NodeException {
        return open(home, loader, surroundings, DurableFiles.real());
    }

    static Node open(Path home, ModelLoader loader, Surroundings surroundings, DurableFiles files)
            throws NodeException {
        DataFolder folder = DataFolder.open(home, files);
        Database database = null;
        try {
            if (Files.exists(folder.database()) && Files.notExists(folder.key())) {
                throw new NodeException("the folder " + home + " has a log but its key file is gone:"
                        + " put your backup of " + folder.key() + " back, or start with an empty folder");
            }
            if (Files.exists(folder.database())) {
                database = Database.open(folder.database(), files);
                KeyRotation.finish(folder, new ReceiptStore(database), surroundings.marks(), files);
            }
            NodeKey key = NodeKey.loadOrCreate(folder.key(), surroundings.random(), files);
            if (database == null) {
                database = Database.open(folder.database(), files);
            }
            Node node = new Node(folder, key, database, loader, surroundings, files);
            database = null;
            folder = null;
            return node;
        } finally {
            if (database != null) {
                database.close();
            }
            if (folder != null) {
                folder.close();
            }
        }
    }

    /// Puts native libraries that a node needs into `folder`, so that a launcher can name it with
    /// `-Dorg.sqlite.lib.path` and every start is a little earlier.
    public static void unpackLibraries(Path folder) throws IOException {
        Database.unpackDriver(folder);
    }

    /// The folder that this node holds.
    public DataFolder folder() {
        return folder;
    }

    /// The key that signs the log.
    public NodeKey key() {
        return key;
    }

    /// The receipts.
    public ReceiptStore receipts() {
        return receipts;
    }

    /// The writer of the log.
    public LogWriter log() {
        return log;
    }

    /// The model files.
    public ModelStore models() {
        return models;
    }

    /// Which of the models files elsewhere were when they were hashed.
    public KnownFiles knownFiles() {
        return knownFiles;
    }

    /// The models in memory.
    public LoadedModels loadedModels() {
        return loadedModels;
    }

    /// The answers that the last stop cut off: they have no receipt, and their nonces are free.
    public List<ReceiptId> cut() {
        return begun.cut();
    }

    BegunAnswers begun() {
        return begun;
    }

    /// The keys that callers from elsewhere need.
    public ApiKeys apiKeys() {
        return apiKeys;
    }

    /// How much the folder may hold.
    public Quota quota() {
        return quota;
    }

    /// Deletes contents of receipts that are old.
    public Retention retention() {
        return retention;
    }

    /// Finds and frees space that nothing needs.
    public Cleanup cleanup() {
        return new Cleanup(database, models, retention);
    }

    /// Answers requests.
    public Answers answers() {
        return answers;
    }

    /// Writes what waits, then lets go of everything. No answer may be under way.
    @Override
    public void close() throws NodeException {
        retention.close();
        log.close();
        loadedModels.close();
        try {
            database.close();
            letGo(keyLock);
        } finally {
            folder.close();
        }
    }
}
