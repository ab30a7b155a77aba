package plumbline.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;

/// Which model a file was when it was hashed last, so that a question to a file needn't wait for its SHA-256 again.
///
/// A file counts as the one that was hashed while path, device, inode, size and the times of its last write and last
/// change of status are the same, to the nanosecond; no program can set the last of these. Whoever deceives the file
/// system all the same gets an answer of the old content, and its receipt says so: what computes is the copy in the
/// cache, whose digest is the receipt's model id, never the file itself.
public final class KnownFiles {

    /// A file written so shortly before it is hashed could be written again within the same tick of the clock that
    /// stamps it; it isn't remembered.
    private static final Duration YOUNG = Duration.ofSeconds(2);

    private final Database database;
    private final ModelStore models;
    private final InstantSource clock;

    KnownFiles(Database database, ModelStore models, InstantSource clock) {
        this.database = database;
        this.models = models;
        this.clock = clock;
    }

    /// A file as it was before it was hashed.
    ///
    /// @param stamp empty where the file system says too little, or the file is young
    public record Seen(Path file, Optional<String> stamp) {}

    /// What the file system says about a file now.
    public Seen look(Path file) {
        try {
            Path path = file.toRealPath();
            Map<String, Object> all = Files.readAttributes(path, "unix:dev,ino,size,ctime,lastModifiedTime");
            FileTime changed = (FileTime) all.get("ctime");
            FileTime written = (FileTime) all.get("lastModifiedTime");
            FileTime young = FileTime.from(clock.instant().minus(YOUNG));
            return new Seen(path, changed.compareTo(young) < 0 && written.compareTo(young) < 0
                    ? Optional.of(all.get("dev") + " " + all.get("ino") + " " + all.get("size") + " "
                            + written.toInstant() + " " + changed.toInstant())
                    : Optional.empty());
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return new Seen(file, Optional.empty()); // then it is hashed each time
        }
    }

    /// The model in the cache that the file was when it was hashed, if it is the same file still.
    public Optional<StoredModel> find(Seen seen) throws NodeException {
        Optional<String> id = seen.stamp().isEmpty() ? Optional.empty() : database.first(
                "SELECT model FROM files WHERE path = ? AND stamp = ?", row -> row.getString(1),
                seen.file().toString(), seen.stamp().get());
        try {
            return id.isEmpty() ? Optional.empty() : models.byId(ModelId.parse(id.get()));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /// Keeps that the file, which was `before` when its hashing began, had this content, which is in the cache;
    /// nothing is kept of one that has changed since.
    public void remember(Seen before, ModelId id) throws NodeException {
        if (before.stamp().isEmpty() || !look(before.file()).equals(before)) {
            return;
        }
        database.write(c -> {
            Database.execute(c, "INSERT INTO files (path, stamp, model) VALUES (?, ?, ?)"
                            + " ON CONFLICT (path) DO UPDATE SET stamp = excluded.stamp, model = excluded.model",
                    before.file().toString(), before.stamp().get(), id.toString());
            return null;
        });
    }
}
