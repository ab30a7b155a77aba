package plumbline.node;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/// A file that says by its lock which process has something; the system lets go of it when the process ends.
final class LockFile {

    private LockFile() {}

    /// The lock, held until the channel is closed; empty if a process has it, this one or another.
    static Optional<FileChannel> take(Path file) throws IOException {
        FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY));
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return Optional.of(channel);
            }
            channel.close();
        } catch (OverlappingFileLockException heldByThisProcess) {
            // Closing any descriptor of a file gives up all locks that the process has on it (POSIX),
            // so this one stays open on purpose: the holder must keep its lock.
            return Optional.empty();
        }
        return Optional.empty();
    }
}
