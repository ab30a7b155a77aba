package plumbline.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// What the node asks of a file system: one call for each thing that can fail by itself.
///
/// [#REAL] is the machine's; tests put one with faults in its place. [DurableFiles] is the only user.
interface Disk {

    Disk REAL = new Real();

    /// A file that is being written. It stays open until it is forced: who opens it anew might not be
    /// told that writing back what came before has failed.
    interface Out extends AutoCloseable {
        void write(byte[] bytes) throws IOException;

        void force() throws IOException;

        @Override
        void close() throws IOException;
    }

    /// Creates a file that isn't there yet.
    Out create(Path file, Set<PosixFilePermission> permissions) throws IOException;

    /// Renames in one step, over what is there.
    void rename(Path from, Path to) throws IOException;

    void forceFolder(Path folder) throws IOException;

    /// Creates one folder in one that is there.
    void createFolder(Path folder, Set<PosixFilePermission> permissions) throws IOException;

    void deleteIfExists(Path file) throws IOException;

    /// The machine's file system.
    final class Real implements Disk {

        @Override
        public Out create(Path file, Set<PosixFilePermission> permissions) throws IOException {
            FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(permissions));
            return new Out() {
                @Override
                public void write(byte[] bytes) throws IOException {
                    ByteBuffer all = ByteBuffer.wrap(bytes);
                    while (all.hasRemaining()) {
                        channel.write(all);
                    }
                }

                @Override
                public void force() throws IOException {
                    channel.force(true);
                }

                @Override
                public void close() throws IOException {
                    channel.close();
                }
            };
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public void forceFolder(Path folder) throws IOException {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }

        @Override
        public void createFolder(Path folder, Set<PosixFilePermission> permissions)
                throws IOException {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(permissions));
        }

        @Override
        public void deleteIfExists(Path file) throws IOException {
            Files.deleteIfExists(file);
        }
    }
}
