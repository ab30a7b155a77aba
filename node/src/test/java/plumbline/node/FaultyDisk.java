package plumbline.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// The machine's file system, on which one call goes wrong, or on which the power goes at one.
///
/// Calls are counted from 0. Until the power goes, it remembers what nobody has forced to the disk;
/// then part of that is lost: the end of files that were not forced, and renames, new files and
/// deletions in folders that were not.
final class FaultyDisk implements Disk {

    enum Fault {
        /// The call fails; half of what was to be written may have been.
        FULL,
        /// The call that forces something fails; others go through.
        UNSYNCED,
        /// Nothing works any more, and what was not forced is lost, more or less.
        POWER
    }

    /// How to take back what one unforced call did.
    private record Undo(Path folder, Taking taking) {}

    private interface Taking {
        void back() throws IOException;
    }

    private final Fault fault;
    private final long at;
    private final Random random;
    private final List<Undo> unforced = new ArrayList<>();
    private long calls;
    private boolean off;
    boolean happened;

    /// @param at the number of the call that goes wrong
    FaultyDisk(Fault fault, long at, Random random) {
        this.fault = fault;
        this.at = at;
        this.random = random;
    }

    /// Counts calls and lets them through.
    static FaultyDisk counting() {
        return new FaultyDisk(Fault.FULL, Long.MAX_VALUE, new Random(0));
    }

    synchronized long calls() {
        return calls;
    }

    private synchronized boolean fails(boolean isForce) throws IOException {
        if (off) {
            throw new IOException("no power");
        }
        boolean now = fault == Fault.UNSYNCED ? calls >= at && isForce && !happened : calls == at;
        calls++;
        if (now) {
            happened = true;
            if (fault == Fault.POWER) {
                off = true;
                loseUnforced();
                throw new IOException("the power went");
            }
        }
        return now;
    }

    // Newest first, each with an even chance; one that depends on an older one that stayed stays undone.
    private void loseUnforced() throws IOException {
        for (Undo undo : unforced.reversed()) {
            if (random.nextBoolean()) {
                undo.taking().back();
            }
        }
    }

    private synchronized void done(Path folder, Taking taking) {
        unforced.add(new Undo(folder, taking));
    }

    private synchronized void forced(Path what) {
        unforced.removeIf(undo -> undo.folder().equals(what));
    }

    private static IOException full() {
        return new IOException("No space left on device");
    }

    private static IOException unsynced() {
        return new IOException("Input/output error");
    }

    @Override
    public Out create(Path file, Set<PosixFilePermission> permissions) throws IOException {
        if (fails(false)) {
            throw full();
        }
        Out out = Disk.REAL.create(file, permissions);
        done(file.getParent(), () -> Files.deleteIfExists(file));
        return new Out() {
            @Override
            public void write(byte[] bytes) throws IOException {
                if (fails(false)) {
                    out.write(Arrays.copyOf(bytes, bytes.length / 2));
                    throw full();
                }
                out.write(bytes);
                done(file, () -> cut(file));
            }

            @Override
            public void force() throws IOException {
                if (fails(true)) {
                    throw fault == Fault.UNSYNCED ? unsynced() : full();
                }
                out.force();
                forced(file);
            }

            @Override
            public void close() throws IOException {
                out.close();
            }
        };
    }

    private void cut(Path file) throws IOException {
        if (Files.exists(file)) {
            byte[] bytes = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        if (fails(false)) {
            throw full();
        }
        byte[] before = Files.exists(to) ? Files.readAllBytes(to) : null;
        Disk.REAL.rename(from, to);
        done(to.getParent(), () -> {
            if (Files.exists(to)) {
                Files.move(to, from);
            }
            if (before != null) {
                Files.write(to, before);
            }
        });
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        if (fails(true)) {
            throw fault == Fault.UNSYNCED ? unsynced() : full();
        }
        Disk.REAL.forceFolder(folder);
        forced(folder);
    }

    @Override
    public void createFolder(Path folder, Set<PosixFilePermission> permissions) throws IOException {
        if (fails(false)) {
            throw full();
        }
        Disk.REAL.createFolder(folder, permissions);
        done(folder.getParent(), () -> deleteRecursively(folder));
    }

    private static void deleteRecursively(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (var files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Override
    public void deleteIfExists(Path file) throws IOException {
        if (fails(false)) {
            throw full();
        }
        byte[] before = Files.isRegularFile(file) ? Files.readAllBytes(file) : null;
        Disk.REAL.deleteIfExists(file);
        if (before != null) {
            done(file.getParent(), () -> {
                if (Files.isDirectory(file.getParent())) {
                    Files.write(file, before);
                }
            });
        }
    }
}
