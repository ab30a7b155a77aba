package plumbline.sdk;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import plumbline.verify.Checkpoint;
import plumbline.verify.ConsistencyProof;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
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
        return new LogTiles(path -> node.find("/" + path.path(), Digest.BYTES * TilePath.FULL));
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
                        Arrays.copyOf(bytes, Math.min(bytes.length, Digest.BYTES * path.width())));
            }
        }
        return Optional.empty();
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
