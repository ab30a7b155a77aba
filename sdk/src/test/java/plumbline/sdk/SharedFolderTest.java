package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;
import plumbline.verify.VerifierKey;

/// Several programs with one data folder forget nothing of what the others have pinned, set aside or remembered (F37).
final class SharedFolderTest {

    private static final int EACH = 20;
    private static final LockFile.Model ONE = model('1');
    private static final LockFile.Model OTHER = model('2');

    @TempDir
    Path folder;

    private static LockFile.Model model(char digit) {
        try {
            String hex = String.valueOf(digit).repeat(64);
            return new LockFile.Model(ModelId.parse("sha256:" + hex), Digest.parseHex(hex));
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    /// What the programs of the test below do.
    static void main(String[] arguments) throws PlumblineException {
        Path folder = Path.of(arguments[0]);
        LockFile lock = LockFile.open(folder.resolve("plumb.lock"));
        SetAside setAside = new SetAside(folder.resolve("set-aside"), InstantSource.system());
        for (int i = 0; i < EACH; i++) {
            lock.pin("test/" + arguments[1] + i, ONE);
            setAside.add(NodeAddress.parse("http://" + arguments[1] + i), "it lied");
        }
    }

    private static String classPath() {
        return Stream.of(SharedFolderTest.class, LockFile.class, ModelId.class)
                .map(type -> type.getProtectionDomain().getCodeSource().getLocation().getPath())
                .distinct().collect(Collectors.joining(File.pathSeparator));
    }

    @Test
    void whatThreeProgramsPinAndSetAsideAtOnceIsAllThereAfterwards() throws Exception {
        List<Process> programs = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            programs.add(new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1", "-cp", classPath(),
                    SharedFolderTest.class.getName(), folder.toString(), name).inheritIO().start());
        }
        for (Process program : programs) {
            assertEquals(0, program.waitFor());
        }
        LockFile lock = LockFile.open(folder.resolve("plumb.lock"));
        SetAside setAside = new SetAside(folder.resolve("set-aside"), InstantSource.system());
        for (String name : List.of("a", "b", "c")) {
            for (int i = 0; i < EACH; i++) {
                assertEquals(Optional.of(ONE), lock.model("test/" + name + i));
                assertTrue(setAside.of(NodeAddress.parse("http://" + name + i)).isPresent());
            }
        }
    }

    @Test
    void whatAnotherProgramHasPinnedMeanwhileCounts() throws Exception {
        Path file = folder.resolve("plumb.lock");
        LockFile early = LockFile.open(file);
        LockFile late = LockFile.open(file);
        assertEquals(ONE, early.pin("test/tiny", ONE));
        assertEquals(ONE, late.pin("test/tiny", OTHER));
        assertEquals(Optional.of(ONE), late.model("test/tiny"));
        assertEquals(Optional.of(ONE), LockFile.open(file).model("test/tiny"));
    }

    /// A folder that is a file stands for a disk that is full: what isn't on the disk isn't relied on.
    @Test
    void whatCannotBeWrittenIsNotPinned() throws Exception {
        Path none = Files.createFile(folder.resolve("none"));
        LockFile lock = LockFile.open(none.resolve("plumb.lock"));
        PlumblineException e = assertThrows(PlumblineException.class, () -> lock.pin("test/tiny", ONE));
        assertTrue(e.getMessage().contains("can't write") && !e.cure().isEmpty(), e.getMessage());
        assertEquals(Optional.empty(), lock.model("test/tiny"));
    }

    @Test
    void whatAnotherProgramHasSeenOfALogIsNotOverwritten() throws Exception {
        String name = "plumbline/1f0c9a27b3d4";
        VerifierKey key = VerifierKey.ed25519(name, new byte[32]);
        TrustStore store = new TrustStore(folder.resolve("trust"));
        TrustStore.Entry pinned = TrustStore.Entry.empty().withPinned(key);
        assertFalse(store.replace(name, pinned, pinned), "nothing is known yet");
        assertTrue(store.replace(name, TrustStore.Entry.empty(), pinned));
        assertFalse(store.replace(name, TrustStore.Entry.empty(), pinned));
        assertEquals(pinned, new TrustStore(folder.resolve("trust")).load(name));
    }

    @Test
    void aWriteThatFailsLeavesNothingBehind() throws Exception {
        Path file = Files.createDirectories(folder.resolve("whole/is-a-folder").resolve("in-it")).getParent();
        assertThrows(PlumblineException.class, () -> WholeFile.replace(file, new byte[10]));
        try (Stream<Path> left = Files.list(file.getParent())) {
            assertEquals(List.of(file), left.toList());
        }
    }
}
