package plumbline.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/// How much a data folder may hold. Beyond it no model is taken in and no answer begun; what is under way
/// gets its receipt. Safe for use by several threads. Source: spec/api.md A107.
public final class Quota {

    private static final long LOOK_NANOS = 5_000_000_000L;

    private final Path home;
    private volatile long bytesMax = Long.MAX_VALUE;
    private long seenBytes;
    private long seenNanos = System.nanoTime() - LOOK_NANOS;

    Quota(Path home) {
        this.home = home;
    }

    /// Sets the limit; there is none before.
    public void limit(long bytes) {
        bytesMax = bytes;
    }

    /// @param moreBytes what is to be added
    /// @throws LogStoppedException if that would be too much
    void check(long moreBytes) throws NodeException {
        if (bytesMax == Long.MAX_VALUE) {
            return;
        }
        long used = used(moreBytes > 0);
        if (used > bytesMax - moreBytes) {
            throw new LogStoppedException("the data folder " + home + " holds " + (used >> 20) + " MB"
                    + (moreBytes > 0 ? ", with " + (moreBytes >> 20) + " MB more" : "") + ", and may hold "
                    + (bytesMax >> 20) + " MB (--quota-mb): see what can go with `plumb gc`, or raise the quota");
        }
    }

    private synchronized long used(boolean looksAnew) throws NodeException {
        if (!looksAnew && System.nanoTime() - seenNanos < LOOK_NANOS) {
            return seenBytes;
        }
        try (Stream<Path> files = Files.walk(home)) {
            seenBytes = files.mapToLong(Quota::size).sum();
            seenNanos = System.nanoTime();
            return seenBytes;
        } catch (IOException | UncheckedIOException e) {
            throw new NodeException("the data folder " + home + " can't be measured: " + e, e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (NoSuchFileException e) {
            // Renamed or deleted meanwhile.
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
