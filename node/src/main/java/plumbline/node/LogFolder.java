package plumbline.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import plumbline.verify.MalformedException;
import plumbline.verify.TilePath;
import plumbline.verify.TileReader;
import plumbline.verify.VerifierKey;

/// The log as files, laid out as C2SP tlog-tiles serves them: `checkpoint` and `tile/...`.
///
/// A tile is written once and never changed; partial tiles go when the full one is there. [LogWriter]
/// writes, anybody reads. Source: spec/log.md.
final class LogFolder implements TileReader {

    private static final String PARTIAL = ".p";

    private final Path folder;
    private final DurableFiles files;

    LogFolder(Path folder, DurableFiles files) throws NodeException {
        this.folder = folder;
        this.files = files;
        try {
            files.createFolders(folder);
        } catch (IOException e) {
            throw failed(folder, e);
        }
    }

    /// The folder of the log that an older key of this node has closed, whether or not there is one.
    Path retired(VerifierKey key) {
        return retired(folder, key);
    }

    static Path retired(Path log, VerifierKey key) {
        return log.resolveSibling("logs").resolve(RetiredLog.name(key));
    }

    /// As it lies there; nothing is created.
    static LogFolder existing(Path folder) throws NodeException {
        return new LogFolder(folder, DurableFiles.real());
    }

    /// Writes tiles, all of them durable on return. What is there is replaced, even by the same: it
    /// may be there for this process only.
    void writeTiles(Map<TilePath, byte[]> tiles) throws NodeException {
        SequencedMap<Path, byte[]> byFile = new LinkedHashMap<>();
        tiles.forEach((path, bytes) -> byFile.put(file(path), bytes));
        try {
            files.writeAll(byFile, DurableFiles.READABLE);
            for (TilePath path : tiles.keySet()) {
                if (path.isFull()) {
                    deletePartials(file(path));
                }
            }
        } catch (IOException e) {
            throw failed(folder, e);
        }
    }

    /// Whether exactly these bytes lie there.
    boolean holds(TilePath path, byte[] bytes) throws NodeException {
        try {
            return Arrays.equals(Files.readAllBytes(file(path)), bytes);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw failed(file(path), e);
        }
    }

    private Path file(TilePath path) {
        return folder.resolve(path.path());
    }

    private void deletePartials(Path full) throws IOException {
        Path partials = full.resolveSibling(full.getFileName() + PARTIAL);
        if (Files.isDirectory(partials)) {
            try (Stream<Path> narrow = Files.list(partials)) {
                for (Path file : narrow.toList()) {
                    files.deleteSoon(file);
                }
            }
            files.deleteSoon(partials);
        }
    }

    void writeCheckpoint(byte[] note) throws NodeException {
        Path file = folder.resolve("checkpoint");
        try {
            files.write(file, note, DurableFiles.READABLE);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /// The published checkpoint; empty before the first start.
    Optional<byte[]> checkpoint() throws NodeException {
        Path file = folder.resolve("checkpoint");
        try {
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /// The bytes of a tile or entry bundle, cut from a wider one if need be; empty if the log has no
    /// such tile yet.
    Optional<byte[]> read(TilePath path) throws NodeException {
        Path file = file(path);
        try {
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException narrowFormIsGone) {
            // A tile grows and loses its narrow forms; while it does, the wider one is there already.
            return readWider(path);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private Optional<byte[]> readWider(TilePath path) throws NodeException {
        TilePath full = new TilePath(path.level(), path.index(), TilePath.FULL);
        Path file = file(full);
        try {
            return Optional.of(cut(Files.readAllBytes(file), path));
        } catch (NoSuchFileException notFullYet) {
            return readFirstWider(file.resolveSibling(file.getFileName() + PARTIAL), path);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static Optional<byte[]> readFirstWider(Path partials, TilePath path)
            throws NodeException {
        for (int width = path.width() + 1; width < TilePath.FULL && Files.exists(partials); width++) {
            try {
                return Optional.of(cut(Files.readAllBytes(partials.resolve("" + width)), path));
            } catch (NoSuchFileException absent) {
                continue;
            } catch (IOException e) {
                throw failed(partials, e);
            }
        }
        return Optional.empty();
    }

    // Every entry of our log has 32 bytes, so entries lie as evenly as hashes do.
    private static byte[] cut(byte[] bytes, TilePath path) {
        int itemBytes = path.isEntries() ? 34 : 32;
        return Arrays.copyOf(bytes, Math.min(bytes.length, itemBytes * path.width()));
    }

    /// As [#read]; for the provers.
    @Override
    public byte[] tile(TilePath path) throws MalformedException {
        try {
            return read(path).orElseThrow(
                    () -> new MalformedException("tiles", path + " isn't there"));
        } catch (NodeException e) {
            throw new UnreadableTile(e);
        }
    }

    /// Carries a disk failure through a prover.
    static final class UnreadableTile extends RuntimeException {
        UnreadableTile(NodeException cause) {
            super(cause);
        }
    }

    private static NodeException failed(Path file, IOException e) {
        return new NodeException("the log's file " + file + " can't be used: " + e
                + ". Is the disk full or failing?", e);
    }
}
