package plumbline.node;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/// Files that are there whole or not at all, whenever the power goes.
///
/// After one failed fsync nothing is written any more: the system may have dropped what it could not
/// write and call the rest clean, so what this process reads back says nothing about the disk. Only a
/// new process, which writes anew what isn't surely there, goes on. Safe for use by several threads.
/// Source: spec/log.md L79.
final class DurableFiles {

    static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rw-r--r--");
    static final Set<PosixFilePermission> READ_ONLY = PosixFilePermissions.fromString("r--------");
    static final Set<PosixFilePermission> FOLDER = PosixFilePermissions.fromString("rwx------");

    private static final String UNFINISHED = ".part";

    private final Disk disk;
    private volatile Optional<String> distrust = Optional.empty();

    DurableFiles(Disk disk) {
        this.disk = disk;
    }

    static DurableFiles real() {
        return new DurableFiles(Disk.REAL);
    }

    /// Why what was written may be lost, if an fsync has failed in this process.
    Optional<String> distrust() {
        return distrust;
    }

    /// Ends all writing, because the disk did not confirm what it was given.
    void distrust(String what, Exception why) {
        distrust = Optional.of("the disk did not confirm a write (fsync of " + what + ": "
                + why.getMessage() + "), so what was written last may be lost: check the disk, then"
                + " start the node again. Nothing is written or signed until then");
    }

    /// @throws IOException if an fsync has failed before
    void check() throws IOException {
        if (distrust.isPresent()) {
            throw new IOException(distrust.get());
        }
    }

    /// Makes `file` hold `bytes`: written beside it, fsynced, renamed, and the folder fsynced.
    void write(Path file, byte[] bytes, Set<PosixFilePermission> permissions) throws IOException {
        writeBeside(file, bytes, permissions);
        move(part(file), file);
    }

    /// The same for many files at once: all are fsynced before the first is renamed, and each folder
    /// is fsynced once.
    void writeAll(SequencedMap<Path, byte[]> files, Set<PosixFilePermission> permissions)
            throws IOException {
        Set<Path> folders = new LinkedHashSet<>();
        for (var file : files.entrySet()) {
            createFolders(file.getKey().getParent());
            writeBeside(file.getKey(), file.getValue(), permissions);
            folders.add(file.getKey().getParent());
        }
        for (Path file : files.sequencedKeySet()) {
            disk.rename(part(file), file);
        }
        for (Path folder : folders) {
            forceFolder(folder);
        }
    }

    private static Path part(Path file) {
        return file.resolveSibling(file.getFileName() + UNFINISHED);
    }

    private void writeBeside(Path file, byte[] bytes, Set<PosixFilePermission> permissions)
            throws IOException {
        check();
        Path part = part(file);
        disk.deleteIfExists(part);
        boolean whole = false;
        try (Disk.Out out = disk.create(part, permissions)) {
            out.write(bytes);
            force(part, out);
            whole = true;
        } finally {
            if (!whole) {
                // On a full disk every block counts, and nobody reads half a file.
                disk.deleteIfExists(part);
            }
        }
    }

    private void force(Path file, Disk.Out out) throws IOException {
        try {
            out.force();
        } catch (IOException e) {
            distrust(file.toString(), e);
            throw e;
        }
    }

    /// Renames a finished and fsynced file, so that the rename too survives a power cut.
    void move(Path part, Path file) throws IOException {
        check();
        disk.rename(part, file);
        forceFolder(file.getParent());
    }

    /// Deletes a file durably, if it is there.
    void delete(Path file) throws IOException {
        check();
        disk.deleteIfExists(file);
        forceFolder(file.getParent());
    }

    /// Deletes without waiting for the disk: the file may be there again after a power cut.
    void deleteSoon(Path file) throws IOException {
        check();
        disk.deleteIfExists(file);
    }

    /// Creates a folder that only the owner can enter, and those above it that are missing.
    void createFolders(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath();
        List<Path> missing = new ArrayList<>();
        for (Path at = absolute; at != null && !Files.isDirectory(at); at = at.getParent()) {
            missing.addFirst(at);
        }
        for (Path each : missing) {
            check();
            try {
                disk.createFolder(each, FOLDER);
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(each)) {
                    throw e;
                }
                // Another process was faster.
            }
            forceFolder(each.getParent());
        }
    }

    private void forceFolder(Path folder) throws IOException {
        try {
            disk.forceFolder(folder);
        } catch (IOException e) {
            distrust(folder.toString(), e);
            throw e;
        }
    }
}
