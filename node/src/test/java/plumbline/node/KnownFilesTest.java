package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file isn't hashed again only where it surely is the one that was.
class KnownFilesTest {

    /// A minute on, so that what a test has just written isn't young.
    private static final InstantSource LATER = () -> Instant.now().plus(Duration.ofMinutes(1));

    @TempDir
    Path folder;

    private Node node;
    private Path file;
    private StoredModel model;

    @BeforeEach
    void hashOnce() throws Exception {
        open(LATER);
        file = Files.write(folder.resolve("model.gguf"), new byte[] {1, 2, 3, 4});
        KnownFiles.Seen seen = node.knownFiles().look(file);
        assertEquals(Optional.empty(), node.knownFiles().find(seen));
        model = node.models().add(file, (done, total) -> { });
        node.knownFiles().remember(seen, model.id());
    }

    @AfterEach
    void close() throws Exception {
        node.close();
    }

    private void open(InstantSource clock) throws Exception {
        node = Node.open(folder.resolve("home"), stored -> {
            throw new IllegalStateException("nothing is loaded here");
        }, new Node.Surroundings(clock, new SecureRandom(), Optional.empty()));
    }

    /// Files are stamped with a clock of some milliseconds: what comes after this has another time than the file.
    private void untilTheClockTicks() throws Exception {
        FileTime before = (FileTime) Files.getAttribute(file, "unix:ctime");
        Path probe = folder.resolve("probe");
        do {
            Files.write(probe, new byte[1]);
        } while (((FileTime) Files.getAttribute(probe, "unix:ctime")).compareTo(before) <= 0);
    }

    private Optional<StoredModel> found() throws NodeException {
        return node.knownFiles().find(node.knownFiles().look(file));
    }

    @Test
    void theSameFileIsKnownAlsoAfterARestartAndByAnotherPath() throws Exception {
        assertEquals(Optional.of(model), found());
        node.close();
        open(LATER);
        assertEquals(Optional.of(model), found());
        file = Files.createSymbolicLink(folder.resolve("link"), file);
        assertEquals(Optional.of(model), found());
    }

    @Test
    void aFileWrittenAgainIsNotKnownEvenIfItsTimeIsSetBack() throws Exception {
        FileTime time = Files.getLastModifiedTime(file);
        untilTheClockTicks();
        Files.write(file, new byte[] {1, 2, 3, 5});
        Files.setLastModifiedTime(file, time);
        assertEquals(Optional.empty(), found());
    }

    @Test
    void anotherFileInItsPlaceIsNotKnown() throws Exception {
        Path other = Files.write(folder.resolve("other"), new byte[] {4, 3, 2, 1});
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(Optional.empty(), found());
    }

    @Test
    void aFileThatChangedWhileItWasHashedIsNotRemembered() throws Exception {
        KnownFiles.Seen before = node.knownFiles().look(file);
        untilTheClockTicks();
        Files.write(file, new byte[] {9, 9, 9, 9});
        node.knownFiles().remember(before, model.id());
        assertEquals(Optional.empty(), found());
    }

    @Test
    void aYoungFileIsNeitherRememberedNorFound() throws Exception {
        node.close();
        open(InstantSource.system());
        Files.write(file, new byte[] {1, 2, 3, 4});
        assertTrue(node.knownFiles().look(file).stamp().isEmpty());
        node.knownFiles().remember(node.knownFiles().look(file), model.id());
        assertEquals(Optional.empty(), found());
    }

    @Test
    void aDeletedModelIsForgotten() throws Exception {
        node.models().delete(model);
        assertEquals(Optional.empty(), found());
    }
}
