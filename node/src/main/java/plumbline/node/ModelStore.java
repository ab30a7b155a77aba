package plumbline.node;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;

/// Model files under the digest of their content, read-only, and the names that people give them.
///
/// A file is copied (sharing its blocks where the file system can) and never linked: what the user
/// does to his file later can't change a running model. What is hashed is the copy, so a file under
/// a digest has that digest whatever happened to the original meanwhile.
///
/// Names are `namespace/name`, each part 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit.
public final class ModelStore {

    private static final Pattern NAME =
            Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}/[a-z0-9][a-z0-9._-]{0,63}");
    private static final String UNFINISHED = ".part";
    private static final long CHUNK_BYTES = 4L << 20;

    private final Database database;
    private final Path blobs;
    private final DurableFiles files;
    private final Quota quota;

    ModelStore(Database database, Path blobs, DurableFiles files, Quota quota) throws NodeException {
        this.quota = quota;
        this.database = database;
        this.blobs = blobs;
        this.files = files;
        try {
            files.createFolders(blobs);
            deleteUnfinished();
        } catch (IOException e) {
            throw new NodeException("the folder " + blobs + " can't be used: " + e, e);
        }
    }

    // Copies that a crash left. This process holds the data folder, so nobody is writing them.
    private void deleteUnfinished() throws IOException {
        try (Stream<Path> found = Files.list(blobs)) {
            for (Path file : found.filter(f -> f.toString().endsWith(UNFINISHED)).toList()) {
                Files.delete(file);
            }
        }
    }

    /// Whether a text has the form of a name.
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /// Takes a file into the cache. The same content again gives the same entry.
    public StoredModel add(Path source, Progress progress) throws NodeException {
        quota.check(source.toFile().length());
        Path part = blobs.resolve(UUID.randomUUID() + UNFINISHED);
        try {
            FileIdentity identity = copy(source, part, progress);
            Path file = blob(identity.id());
            if (Files.exists(file)) {
                Files.delete(part);
            } else {
                Files.setPosixFilePermissions(part, DurableFiles.READ_ONLY);
                files.move(part, file);
            }
            // The file first, then its record: a crash between them leaves a file that is found again.
            database.write(c -> {
                Database.execute(c, "INSERT INTO models (id, size_bytes, weights_root, checked)"
                                + " VALUES (?, ?, ?, 0) ON CONFLICT (id) DO NOTHING",
                        identity.id().toString(), identity.sizeBytes(),
                        identity.weightsRoot().bytes());
                return null;
            });
            return byId(identity.id()).orElseThrow();
        } catch (NoSuchFileException e) {
            throw new NodeException("there is no file " + source + ": check the path", e);
        } catch (IOException e) {
            throw new NodeException("the model file " + source + " can't be taken into " + blobs
                    + ": " + e + ". Is the disk full?", e);
        } finally {
            part.toFile().delete();
        }
    }

    private FileIdentity copy(Path source, Path part, Progress progress) throws IOException {
        if (!Files.isRegularFile(source)) {
            throw new NoSuchFileException(source.toString());
        }
        Files.createFile(part, PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY));
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        part, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            FileIdentity.Hashing hashing = new FileIdentity.Hashing();
            long size = in.size();
            while (hashing.doneBytes < size) {
                long end = Math.min(size, hashing.doneBytes + CHUNK_BYTES);
                for (long at = hashing.doneBytes; at < end;) {
                    // In the kernel, sharing blocks where it can (copy_file_range).
                    long copied = in.transferTo(at, end - at, out.position(at));
                    if (copied <= 0) {
                        throw new IOException("the file ended at " + at + " bytes while it was copied");
                    }
                    at += copied;
                }
                hashing.read(out, end);
                progress.at(hashing.doneBytes, size);
            }
            out.force(true);
            return hashing.identity();
        }
    }

    /// Gives a model a name, or gives the name to another model.
    public void name(String name, ModelId id) throws NodeException {
        if (!isName(name)) {
            throw new NodeException("`" + name + "` is no model name: use NAMESPACE/NAME, each of at"
                    + " most 64 of a-z 0-9 . _ - and beginning with a letter or digit");
        }
        if (byId(id).isEmpty()) {
            throw new NodeException("there is no model " + id + " here: publish its file first");
        }
        database.write(c -> {
            Database.execute(c, "INSERT INTO names (name, model) VALUES (?, ?)"
                    + " ON CONFLICT (name) DO UPDATE SET model = excluded.model", name, id.toString());
            return null;
        });
    }

    /// Notes that an engine loaded the model and found every bound kept.
    public void markChecked(ModelId id) throws NodeException {
        database.write(c -> {
            Database.execute(c, "UPDATE models SET checked = 1 WHERE id = ?", id.toString());
            return null;
        });
    }

    /// The model with this id.
    public Optional<StoredModel> byId(ModelId id) throws NodeException {
        Optional<StoredModel> model = database.first(
                "SELECT size_bytes, weights_root, checked FROM models WHERE id = ?",
                row -> new StoredModel(id, Digest.of(row.getBytes(2)), row.getLong(1), blob(id),
                        row.getInt(3) == 1),
                id.toString());
        return model.filter(m -> Files.isRegularFile(m.file()));
    }

    /// The model that a name, an id, or `name@sha256:...` stands for; empty if there is none, or if
    /// the name now stands for another id than the one behind the @.
    public Optional<StoredModel> resolve(String text) throws NodeException {
        int at = text.indexOf('@');
        if (at >= 0) {
            Optional<StoredModel> named = resolve(text.substring(0, at));
            return named.filter(model -> model.id().toString().equals(text.substring(at + 1)));
        }
        try {
            if (text.startsWith("sha256:")) {
                return byId(ModelId.parse(text));
            }
            Optional<String> id = isName(text)
                    ? database.first("SELECT model FROM names WHERE name = ?", r -> r.getString(1), text)
                    : Optional.empty();
            return id.isEmpty() ? Optional.empty() : byId(ModelId.parse(id.get()));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /// All names with their models, in the order of the names.
    public SortedMap<String, StoredModel> names() throws NodeException {
        List<String> names = database.all("SELECT name FROM names", row -> row.getString(1));
        SortedMap<String, StoredModel> models = new TreeMap<>();
        for (String name : names) {
            resolve(name).ifPresent(model -> models.put(name, model));
        }
        return models;
    }

    /// Models that no name stands for.
    List<StoredModel> nameless() throws NodeException {
        List<StoredModel> nameless = new ArrayList<>();
        for (String id : database.all("SELECT id FROM models WHERE id NOT IN (SELECT model FROM names)"
                + " ORDER BY id", row -> row.getString(1))) {
            try {
                byId(ModelId.parse(id)).ifPresent(nameless::add);
            } catch (MalformedException e) {
                throw new NodeException("the database holds the model " + id + ", which is no id", e);
            }
        }
        return nameless;
    }

    /// Deletes a model that no name stands for. The record first: a crash leaves a file that the next
    /// [#add] of the same content finds.
    void delete(StoredModel model) throws NodeException {
        database.write(c -> {
            Database.execute(c, "DELETE FROM models WHERE id = ?", model.id().toString());
            return null;
        });
        try {
            files.delete(model.file());
        } catch (IOException e) {
            throw new NodeException("the model file " + model.file() + " can't be deleted: " + e, e);
        }
    }

    private Path blob(ModelId id) {
        return blobs.resolve("sha256-" + id.digest().hex());
    }
}
