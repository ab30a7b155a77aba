package plumbline.node;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.Receipt;

/// Deletes what people asked and were answered, some time after. The receipts, which say nothing without
/// that, and the log stay as they are. Source: spec/api.md A100 to A103.
public final class Retention implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Retention.class.getName());
    private static final int PAGE = 500;
    private static final long PAUSE_HOURS = 1;

    private final Database database;
    private final InstantSource clock;
    private final CountDownLatch closed = new CountDownLatch(1);

    Retention(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /// What is old enough, and how much space it takes.
    public record Old(long receipts, long bytes) {}

    private record Row(long position, byte[] receipt, byte[] secret, long bytes) {}

    /// What [#delete] would delete.
    public Old look(Duration keep) throws NodeException {
        return each(keep, false);
    }

    /// Deletes the contents of all receipts that are older than `keep`; each page in one transaction.
    public Old delete(Duration keep) throws NodeException {
        return each(keep, true);
    }

    private Old each(Duration keep, boolean deletes) throws NodeException {
        Instant before = clock.instant().minus(keep);
        long receipts = 0;
        long bytes = 0;
        long from = 0;
        while (true) {
            List<Row> page = database.all("SELECT position, receipt, secret, length(request) + length(prompt)"
                    + " + length(output) + length(text) + coalesce(length(prefix), 0) FROM exchanges"
                    + " WHERE position >= ? ORDER BY position LIMIT " + PAGE,
                    row -> new Row(row.getLong(1), row.getBytes(2), row.getBytes(3), row.getLong(4)), from);
            List<Row> old = page.stream().filter(row -> time(row).isBefore(before)).toList();
            // Clocks jump, so one young receipt proves nothing; a page of them does.
            if (old.isEmpty()) {
                return new Old(receipts, bytes);
            }
            if (deletes) {
                delete(old);
            }
            receipts += old.size();
            bytes += old.stream().mapToLong(Row::bytes).sum();
            from = page.getLast().position() + 1;
        }
    }

    private static Instant time(Row row) {
        try {
            return Receipt.parse(row.receipt()).time();
        } catch (MalformedException e) {
            // Damaged: kept, so that whoever looks finds out.
            return Instant.MAX;
        }
    }

    private void delete(List<Row> rows) throws NodeException {
        database.write(c -> {
            for (Row row : rows) {
                Database.execute(c, "INSERT INTO gone (position, receipt, secret_hash) VALUES (?, ?, ?)",
                        row.position(), row.receipt(), Digest.sha256(row.secret()).bytes());
                Database.execute(c, "DELETE FROM exchanges WHERE position = ?", row.position());
            }
            return null;
        });
    }

    /// Deletes now and every hour, until this is closed.
    public void start(Duration keep) {
        Thread.ofVirtual().name("retention").start(() -> {
            boolean goesOn = true;
            while (goesOn) {
                try {
                    Old old = delete(keep);
                    if (old.receipts() > 0) {
                        LOG.log(System.Logger.Level.INFO, "deleted the contents of " + old.receipts()
                                + " receipts older than " + keep.toDays() + " days");
                    }
                    goesOn = !closed.await(PAUSE_HOURS, TimeUnit.HOURS);
                } catch (NodeException e) {
                    LOG.log(System.Logger.Level.ERROR, "old receipts can't be deleted: " + e.getMessage());
                    return;
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
