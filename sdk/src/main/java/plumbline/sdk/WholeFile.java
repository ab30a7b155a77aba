package plumbline.sdk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/// Small files that are replaced as a whole: after a crash there is the old one or the new one. Several programs may
/// have the same file: each change is made to what the one before left. Source: spec/proxy.md F37.
final class WholeFile {

    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final long TURN_NANOS = 10_000_000_000L;
    private static final long PAUSE_NANOS = 2_000_000L;

    // The system's locks are for whole processes.
    private static final Map<Path, Object> TURNS = new ConcurrentHashMap<>();

    /// What is done in turn.
    @FunctionalInterface
    interface Change<T> {
        T make() throws PlumblineException;
    }

    private WholeFile() {}

    /// Makes a change while no other program on this machine makes one to the same file: reads it anew, and replaces
    /// it.
    static <T> T change(Path file, Change<T> change) throws PlumblineException {
        Path whole = file.toAbsolutePath().normalize();
        synchronized (TURNS.computeIfAbsent(whole, _ -> new Object())) {
            Path turn = whole.resolveSibling("." + whole.getFileName() + ".turn");
            try {
                makeFolder(whole.getParent());
                try (FileChannel channel = FileChannel.open(
                        turn, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                    await(channel, whole);
                    return change.make();
                }
            } catch (IOException e) {
                throw unwritable(file, e);
            }
        }
    }

    /// Gives the lock back when the channel is closed.
    private static void await(FileChannel channel, Path file) throws IOException, PlumblineException {
        long start = System.nanoTime();
        for (FileLock lock = channel.tryLock(); lock == null; lock = channel.tryLock()) {
            if (System.nanoTime() - start > TURN_NANOS) {
                throw new PlumblineException("another program has been changing " + file + " for 10 seconds",
                        "Is one stopped that uses the same data folder? End it.");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /// Returns when it is on the disk. The file's folder is made where there is none.
    static void replace(Path file, byte[] content) throws PlumblineException {
        try {
            Path folder = file.toAbsolutePath().getParent();
            makeFolder(folder);
            Path part = Files.createTempFile(folder, "part-", "");
            try {
                try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                    ByteBuffer bytes = ByteBuffer.wrap(content);
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                    channel.force(true);
                }
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
            try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
                directory.force(true);
            }
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /// Closed to others where it isn't there yet, as a data folder is.
    static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, OWNER_ONLY);
        }
    }

    private static PlumblineException unwritable(Path file, IOException why) {
        return new PlumblineException("can't write " + file + ": " + why.getMessage(),
                "Is there room on the disk, and may this program write there?");
    }
}
