package plumbline.sdk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import plumbline.verify.Checkpoint;
import plumbline.verify.ConsistencyProof;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.SignedNote;
import plumbline.verify.TilePath;
import plumbline.verify.TileReader;

/// A log's hash tiles, from a node or from its folder, to prove that what the log shows now
/// continues what was remembered of it. Not trusted: a proof made from them is checked against both
/// roots.
public final class LogTiles implements TileReader {
    /// Reads one tile, or nothing where it can't be had.
    @FunctionalInterface
    interface Shelf {
        Optional<byte[]> read(TilePath path) throws IOException;
    }

    private final Shelf shelf;
    private boolean incomplete;

    private LogTiles(Shelf shelf) {
        this.shelf = shelf;
    }

    /// The tiles that a node serves.
    public static LogTiles ofNode(NodeClient node) {
        return new LogTiles(path -> read(node, "/", path));
    }

    /// The tiles of the log with this origin: the node's, or one that an older key of it has closed
    /// (spec/key.md K15).
    public static LogTiles ofNode(NodeClient node, String origin) {
        return new LogTiles(path -> read(
                node, isOf(node, origin) ? "/" : "/logs/" + name(origin) + "/", path));
    }

    private static Optional<byte[]> read(NodeClient node, String prefix, TilePath path)
            throws IOException {
        return node.find(prefix + path.path(), itemBytes(path) * TilePath.FULL);
    }

    private static boolean isOf(NodeClient node, String origin) throws IOException {
        Optional<byte[]> note = node.find("/checkpoint", SignedNote.BYTES_MAX);
        return note.isPresent()
                && new String(note.get(), StandardCharsets.UTF_8).startsWith(origin + "\n");
    }

    /// What a log of an older key is called in folders and URLs.
    public static String name(String origin) {
        String name = origin.substring(origin.indexOf('/') + 1);
        return name.matches("[0-9a-f]{12}") ? name : "none";
    }

    /// The tiles of a log on this machine.
    ///
    /// @param folder the folder `log` of a data folder
    public static LogTiles ofFolder(Path folder) {
        return new LogTiles(path -> fromFolder(folder, path));
    }

    // The log may have grown since: then the tile is the beginning of a wider one.
    private static Optional<byte[]> fromFolder(Path folder, TilePath path) throws IOException {
        for (int width = path.width(); width <= TilePath.FULL; width++) {
            Path file = folder.resolve(new TilePath(path.level(), path.index(), width).path());
            if (Files.isRegularFile(file)) {
                byte[] bytes = Files.readAllBytes(file);
                return Optional.of(
                        Arrays.copyOf(bytes, Math.min(bytes.length, itemBytes(path) * path.width())));
            }
        }
        return Optional.empty();
    }

    // Entries of our logs have 32 bytes, with their length before them (spec/log.md L56, L70).
    private static int itemBytes(TilePath path) {
        return Digest.BYTES + (path.isEntries() ? 2 : 0);
    }

    @Override
    public byte[] tile(TilePath path) throws MalformedException {
        try {
            Optional<byte[]> bytes = shelf.read(path);
            if (bytes.isPresent()) {
                return bytes.get();
            }
        } catch (IOException e) {
            // No answer is the same as no tile: said below, and nothing is shown then.
        }
        incomplete = true;
        throw new MalformedException("tiles", "the tile " + path + " can't be had");
    }

    /// The proof between two checkpoints of this log, the smaller given first.
    ///
    /// @return empty if tiles are missing: nothing is shown then. Where the tiles are there and
    ///     lead elsewhere, a proof that can't hold, so that the verifier says that the log was
    ///     rewritten.
    public Optional<List<Digest>> consistency(Checkpoint one, Checkpoint other) {
        Checkpoint small = one.size() <= other.size() ? one : other;
        Checkpoint large = small == one ? other : one;
        try {
            return Optional.of(ConsistencyProof.of(
                    this, small.size(), small.root(), large.size(), large.root()));
        } catch (MalformedException e) {
            return incomplete ? Optional.empty() : Optional.of(List.of());
        }
    }
}
