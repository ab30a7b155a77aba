package plumbline.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;

/// Which answers are under way, so that a node that was killed can say which ones it cut off: a small file
/// for each, named by the receipt's id, gone when the answer is done. A start takes those that were left,
/// and have no receipt, into the database.
///
/// Not forced to the disk: that would cost each answer an fsync to tell about a power cut what the caller
/// has noticed anyway. Source: spec/api.md A106.
final class BegunAnswers {

    private static final System.Logger LOG = System.getLogger(BegunAnswers.class.getName());

    private final Path folder;
    private final Database database;
    private final List<ReceiptId> cut;

    private BegunAnswers(Path folder, Database database, List<ReceiptId> cut) {
        this.folder = folder;
        this.database = database;
        this.cut = cut;
    }

    /// Finds what the last process left.
    static BegunAnswers open(Path folder, Database database, DurableFiles files) throws NodeException {
        List<ReceiptId> cut = new ArrayList<>();
        try {
            files.createFolders(folder);
            List<Path> left;
            try (Stream<Path> found = Files.list(folder)) {
                left = found.toList();
            }
            for (Path file : left) {
                take(file, database).ifPresent(cut::add);
                files.deleteSoon(file);
            }
        } catch (IOException e) {
            throw new NodeException("the folder " + folder + " can't be used: " + e, e);
        }
        return new BegunAnswers(folder, database, List.copyOf(cut));
    }

    private static Optional<ReceiptId> take(Path file, Database database) throws NodeException, IOException {
        ReceiptId id;
        Digest secretHash;
        try {
            id = ReceiptId.parse(file.getFileName().toString());
            secretHash = Digest.parseHex(Files.size(file) > Digest.BYTES * 2 ? "" : Files.readString(file));
        } catch (MalformedException cutWhileItWasWritten) {
            return Optional.empty();
        }
        boolean isDone = database.first(
                "SELECT 1 FROM receipts WHERE id = ?", row -> 1, id.hex()).isPresent();
        if (isDone) {
            return Optional.empty();
        }
        long begunMillis = Files.getLastModifiedTime(file).toMillis();
        database.write(c -> {
            Database.execute(c, "INSERT INTO cut (id, secret_hash, begun_millis) VALUES (?, ?, ?)"
                    + " ON CONFLICT DO NOTHING", id.hex(), secretHash.bytes(), begunMillis);
            return null;
        });
        return Optional.of(id);
    }

    /// The answers that the stop before this start cut off.
    List<ReceiptId> cut() {
        return cut;
    }

    /// SHA-256 of the secret of an answer that was cut off; empty if none has this id.
    Optional<Digest> cutSecretHash(ReceiptId id) throws NodeException {
        return database.first("SELECT secret_hash FROM cut WHERE id = ?",
                row -> Digest.of(row.getBytes(1)), id.hex());
    }

    void begin(ReceiptId id, Secret secret) {
        byte[] hash = Digest.sha256(HexFormat.of().parseHex(secret.hex())).hex()
                .getBytes(StandardCharsets.US_ASCII);
        try {
            Files.write(folder.resolve(id.hex()), hash);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "can't note that the answer " + id.hex() + " was begun: " + e);
        }
    }

    void end(ReceiptId id) {
        try {
            Files.deleteIfExists(folder.resolve(id.hex()));
        } catch (IOException e) {
            // The next start finds that it has a receipt, or says that it was cut, which is what happened.
            LOG.log(System.Logger.Level.WARNING, "can't note that the answer " + id.hex() + " is done: " + e);
        }
    }
}
