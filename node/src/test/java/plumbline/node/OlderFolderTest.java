package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.Model;
import plumbline.engine.Replayer;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.verify.Checkpoint;
import plumbline.verify.ConsistencyProof;
import plumbline.verify.Expectations;
import plumbline.verify.JdkEd25519;
import plumbline.verify.Receipt;
import plumbline.verify.SignedNote;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.Verifier;

/// A data folder that an older program has made, with the first schema and two receipts, is opened by this one:
/// receipts replay, the log goes on (spec/api.md A63, A64). The older program's files lie in `folder-1` of this test's
/// resources; its key is known to everybody.
@Timeout(120)
final class OlderFolderTest {

    @TempDir
    Path folder;

    private final Pool pool = new Pool(1);
    private Kernel kernel;
    private Path home;
    private Path file;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = OlderFolderTest.class.getResourceAsStream("folder-1/" + name)) {
            return in.readAllBytes();
        }
    }

    private static String text(String name) throws IOException {
        return new String(resource(name), StandardCharsets.US_ASCII);
    }

    @BeforeEach
    void asTheOlderProgramLeftIt() throws Exception {
        kernel = Kernels.choose("scalar");
        file = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 2, 64, 2, 1, 32, 64, GgmlType.Q8_0), 7);
        home = Files.createDirectory(folder.resolve("home"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.write(home.resolve("key"), HexFormat.of().parseHex(text("key.hex").strip()));
        Files.setPosixFilePermissions(home.resolve("key"), PosixFilePermissions.fromString("rw-------"));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + home.resolve("node.db"));
                Statement statement = connection.createStatement()) {
            for (String line : text("node.sql").lines().filter(each -> !each.startsWith("--")).toList()) {
                statement.execute(line);
            }
        }
        Path blobs = Files.createDirectories(home.resolve("models/blobs"));
        Files.copy(file, blobs.resolve("sha256-" + FileIdentity.of(file, (_, _) -> { }).id().toString().substring(7)));
        Files.createDirectories(home.resolve("log"));
        Files.write(home.resolve("log/checkpoint"), resource("checkpoint"));
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private Node open() throws NodeException {
        return Node.open(home, EngineModel.loader(kernel, pool), new Node.Surroundings(
                InstantSource.system(), new SecureRandom(), Optional.of(folder.resolve("marks"))));
    }

    private int version() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + home.resolve("node.db"));
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("PRAGMA user_version")) {
            return row.getInt(1);
        }
    }

    @Test
    void itsReceiptsReplayAndItsLogGoesOn() throws Exception {
        Checkpoint before = Checkpoint.parse(SignedNote.parse(resource("checkpoint")).text());
        FileIdentity identity = FileIdentity.of(file, (_, _) -> { });
        for (int start = 0; start < 2; start++) {
            try (Node node = open();
                    Model model = Model.load(file, identity.id(), identity.weightsRoot(), kernel, pool)) {
                List<Receipt> receipts = node.receipts().latest(10);
                assertEquals(2 + start, receipts.size());
                for (Receipt receipt : receipts) {
                    byte[] bundle = node.answers().bundle(node.receipts().byId(receipt.id()).orElseThrow());
                    Verdict verdict = Verifier.verify(bundle, Expectations.none(), Trust.pinned(receipt.node()),
                            Optional.of(new Replayer(model, _ -> { })));
                    assertInstanceOf(Verdict.Accepted.class, verdict, verdict.toString());
                }
                byte[] body = TestNode.chatBody("ping", ",\"max_tokens\":3").clone();
                byte[] ours = new String(body, StandardCharsets.UTF_8).replace(TestNode.MODEL, "test/tiny")
                        .getBytes(StandardCharsets.UTF_8);
                try (PendingAnswer pending = (PendingAnswer) node.answers().begin(
                        TestNode.chat(ours), ours, node.loadedModels()::get)) {
                    assertEquals(2 + start, pending.run((_, _) -> true).stored().index());
                }
                assertTrue(node.log().checkpoint().isSignedBy(node.key().verifierKey(), new JdkEd25519()));
                Checkpoint now = Checkpoint.parse(node.log().checkpoint().text());
                ConsistencyProof.of(TestNode.folder(home), before.size(), before.root(), now.size(), now.root());
                assertEquals(before.origin(), now.origin());
            }
        }
        assertTrue(version() > 1);
    }

    @Test
    void aDatabaseOfANewerProgramIsRefusedAndLeftAsItIs() throws Exception {
        open().close();
        int known = version();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + home.resolve("node.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA user_version = " + (known + 1));
        }
        NodeException e = assertThrows(NodeException.class, this::open);
        assertTrue(e.getMessage().contains("version " + (known + 1)), e.getMessage());
        assertEquals(known + 1, version());
    }
}
