package plumbline.verify;

/// Where the hash tiles of a log come from: files, an HTTP server, memory.
///
/// What it returns is not trusted; whoever builds a proof or a tree from it checks the result
/// against a root.
@FunctionalInterface
public interface TileReader {
    /// The bytes of a hash tile, exactly 32 for each of its hashes; or of an entry bundle, which
    /// [TileAppender#resume] alone asks for. A reader may serve a partial tile from the full one by
    /// cutting it. A tile that is not there is malformed; a failure of the disk or the network
    /// passes through unchecked, as the reader's own.
    byte[] tile(TilePath path) throws MalformedException;
}
