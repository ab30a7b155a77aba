package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.MerkleTree;
import plumbline.verify.TileAppender;
import plumbline.verify.TilePath;

/// A log with tiles on three levels, made anew from its database (spec/log.md L52, L93).
class LongLogTest {

    /// More than a page of the recovery behind the last full tile of level 1, so that the tile of level 2 was
    /// last changed some pages before the end.
    private static final int SIZE = 65_536 + 20_000;

    @TempDir(factory = FolderInMemory.class)
    Path home;

    private final NodeKey key = NodeKey.ofSeed(new byte[32]);

    @Test
    void makesTheTilesOfThreeLevelsAnew() throws Exception {
        try (Database database = TestNode.database(home)) {
            ReceiptStore store = new ReceiptStore(database);
            database.write(c -> {
                Database.execute(c, "INSERT INTO receipts (position, id, nonce, entry) WITH RECURSIVE n(i) AS"
                        + " (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " + (SIZE - 1)
                        + ") SELECT i, printf('%032x', i), randomblob(32), randomblob(32) FROM n");
                return null;
            });
            List<Digest> leaves = store.entries(0, SIZE).stream()
                    .map(entry -> MerkleTree.leafHash(entry.bytes())).toList();
            Digest root = MerkleTree.root(leaves);
            database.write(c -> {
                Database.execute(c, "INSERT INTO checkpoints (size, root) VALUES (?, ?)", SIZE, root.bytes());
                return null;
            });
            try (LogWriter log = LogWriter.open(TestNode.log(home, database, key))) {
                for (TilePath path : TilePath.added(0, SIZE).toList()) {
                    assertTrue(Files.exists(home.resolve("log").resolve(path.path())), path.path());
                }
                assertEquals(root, Checkpoint.parse(log.checkpoint().text()).root());
                assertTrue(log.prove(70_000).includes(leaves.get(70_000)));
                assertTrue(log.prove(3).includes(leaves.get(3)));
            }
            TileAppender.resume(TestNode.folder(home), SIZE, root);
            new LogReader(home, key.verifierKey()).read();
        }
    }
}
