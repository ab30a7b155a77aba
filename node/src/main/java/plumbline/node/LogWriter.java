package plumbline.node;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.Exchange;
import plumbline.verify.InclusionProof;
import plumbline.verify.MalformedException;
import plumbline.verify.Receipt;
import plumbline.verify.Secret;
import plumbline.verify.SignedNote;
import plumbline.verify.TileAppender;
import plumbline.verify.TilePath;
import plumbline.verify.TlogProof;

/// The one writer of the node's log. Receipts that wait together go in together:
///
/// ```
/// 1 database   receipts, their index and the new root, one transaction, fsynced
/// 2 tiles      written, fsynced, renamed
/// 3 checkpoint signed, written, fsynced, renamed; the high-water mark raised
/// 4            only now is each receipt acknowledged
/// ```
///
/// A crash after 1 loses nothing: the next start makes 2 and 3 again from the database. The root of a
/// size is durable before it is signed, so no size is ever signed with two roots. When a step fails,
/// nothing is accepted until the writer could start over from what is on the disk, which it tries every
/// second; after a failed fsync only a new process may. Source: spec/log.md.
public final class LogWriter implements AutoCloseable {

    /// Where in the sequence the writer is; tests break it there.
    enum Step {
        COMMITTED,
        TILES,
        CHECKPOINT
    }

    /// What a log is made of.
    ///
    /// @param files says whether what was written can still be trusted to be on the disk
    record Parts(ReceiptStore store, LogFolder folder, NodeKey key, HighWaterMark mark,
            DurableFiles files) {}

    private static final System.Logger LOG = System.getLogger(LogWriter.class.getName());
    private static final int BATCH_MAX = 256;
    private static final int WAIT_MILLIS = 100;
    private static final int LOOK_MILLIS = 50;
    private static final long RETRY_NANOS = 1_000_000_000;

    private final Parts parts;
    private final Distribution appendTimes =
            new Distribution(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5);
    private final Consumer<Step> steps;
    private final long retryNanos;
    private final BlockingQueue<Ticket> waiting = new ArrayBlockingQueue<>(4 * BATCH_MAX);
    private final Thread thread = Thread.ofPlatform().name("log-writer").daemon().unstarted(this::run);

    // Owned by the writer thread once it runs.
    private TileAppender tree;
    private long retryAtNanos;

    // Written by the writer thread, read by all.
    private volatile Published published;
    private volatile Optional<NodeException> broken = Optional.empty();
    private volatile boolean crashed;
    private volatile boolean tilesDamaged;
    private volatile boolean closed;

    /// The checkpoint that readers see.
    private record Published(Checkpoint checkpoint, SignedNote note) {}

    /// Receipts that wait for their places, which are one after the other, and whoever waits for them.
    private static final class Ticket {
        final List<ReceiptStore.Unlogged> receipts;
        final CountDownLatch done = new CountDownLatch(1);
        long index = -1;
        NodeException failure;

        Ticket(List<ReceiptStore.Unlogged> receipts) {
            this.receipts = receipts;
        }
    }

    private LogWriter(Parts parts, Consumer<Step> steps, long retryNanos,
            LogRecovery.Recovered recovered) {
        this.retryNanos = retryNanos;
        this.parts = parts;
        this.steps = steps;
        this.tree = recovered.tree();
        this.published = new Published(recovered.checkpoint(), recovered.note());
    }

    /// Brings tiles and checkpoint up to what the database holds, then starts the writer.
    ///
    /// @throws NodeException if database and published log disagree: nothing is signed then
    static LogWriter open(Parts parts) throws NodeException {
        return open(parts, _ -> {});
    }

    static LogWriter open(Parts parts, Consumer<Step> steps) throws NodeException {
        return open(parts, steps, RETRY_NANOS);
    }

    /// @param retryNanos how long to wait before writing is tried again
    static LogWriter open(Parts parts, Consumer<Step> steps, long retryNanos) throws NodeException {
        LogWriter writer = new LogWriter(parts, steps, retryNanos, LogRecovery.recover(parts));
        writer.thread.start();
        return writer;
    }

    /// Puts a receipt into the log and returns when it is durable, published and signed for.
    ///
    /// @throws NodeException if it can't be; it may then still be in the log after the next start
    public StoredReceipt append(Receipt receipt, Exchange exchange, Secret secret)
            throws NodeException {
        return append(List.of(new ReceiptStore.Unlogged(receipt, exchange, secret))).getFirst();
    }

    /// The same for receipts that go in together or not at all, at least one.
    List<StoredReceipt> append(List<ReceiptStore.Unlogged> receipts) throws NodeException {
        long startNanos = System.nanoTime();
        List<StoredReceipt> stored = appended(receipts);
        appendTimes.add(System.nanoTime() - startNanos);
        return stored;
    }

    private List<StoredReceipt> appended(List<ReceiptStore.Unlogged> receipts) throws NodeException {
        Ticket ticket = new Ticket(List.copyOf(receipts));
        boolean interrupted = Thread.interrupted();
        boolean queued = false;
        while (ticket.done.getCount() > 0) {
            try {
                if (!queued) {
                    check();
                    queued = waiting.offer(ticket, WAIT_MILLIS, TimeUnit.MILLISECONDS);
                } else if (!ticket.done.await(WAIT_MILLIS, TimeUnit.MILLISECONDS)
                        && !thread.isAlive() && ticket.done.getCount() > 0) {
                    // It came into the queue after the writer had looked for the last time.
                    throw stopping();
                }
            } catch (InterruptedException e) {
                // The answer is made: giving up now would lose its receipt.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (ticket.failure != null) {
            throw ticket.failure instanceof LogStoppedException
                    ? new LogStoppedException(ticket.failure)
                    : new NodeException(ticket.failure.getMessage(), ticket.failure);
        }
        List<StoredReceipt> stored = new ArrayList<>();
        for (ReceiptStore.Unlogged one : ticket.receipts) {
            stored.add(new StoredReceipt(ticket.index + stored.size(), one.receipt(), one.exchange(), one.secret()));
        }
        return stored;
    }

    /// How many receipts the published log has.
    long size() {
        return published.checkpoint().size();
    }

    /// How long it took until receipts were durable.
    Distribution appendTimes() {
        return appendTimes;
    }

    /// The checkpoint that is published.
    public SignedNote checkpoint() {
        return published.note();
    }

    /// Whether a receipt is in the log of the published checkpoint; until then nobody is told of it.
    boolean isPublished(StoredReceipt stored) {
        return !isOfThisLog(stored) || stored.index() < published.checkpoint().size();
    }

    private boolean isOfThisLog(StoredReceipt stored) {
        return stored.receipt().node().equals(parts.key().verifierKey());
    }

    /// Proof that a receipt is in its log: this one, or one that an older key has closed.
    TlogProof prove(StoredReceipt stored) throws NodeException {
        return isOfThisLog(stored) ? prove(stored.index())
                : new RetiredLog(parts.folder(), stored.receipt().node()).prove(stored.index());
    }

    /// A tile of the published log; empty if that has no such tile, whatever lies on the disk.
    Optional<byte[]> tile(TilePath path) throws NodeException {
        long count = published.checkpoint().size() >>> 8 * Math.max(0, path.level());
        boolean isCovered = path.index() < count
                && path.index() * TilePath.FULL + path.width() <= count;
        Optional<byte[]> tile = isCovered ? parts.folder().read(path) : Optional.empty();
        tilesDamaged |= isCovered && tile.isEmpty();
        return tile;
    }

    /// Proof that the receipt at `index` is in the log of the published checkpoint.
    public TlogProof prove(long index) throws NodeException {
        Published now = published;
        try {
            List<Digest> hashes = InclusionProof.of(
                    parts.folder(), index, now.checkpoint().size(), now.checkpoint().root());
            return new TlogProof(index, hashes, now.note());
        } catch (MalformedException e) {
            tilesDamaged = true;
            throw new NodeException("the log's tiles on disk are damaged: " + e.getMessage()
                    + ". They are being made anew from the database: ask again in a moment", e);
        } catch (LogFolder.UnreadableTile e) {
            throw new NodeException(e.getMessage(), e);
        }
    }

    /// Why nothing can be appended any more, if so.
    void check() throws NodeException {
        // Read once: the writer may mend it at any moment.
        Optional<NodeException> why = broken;
        if (why.isPresent()) {
            throw new LogStoppedException(why.get());
        }
        if (closed) {
            throw stopping();
        }
    }

    private static LogStoppedException stopping() {
        return new LogStoppedException("the node is shutting down: ask again when it's back");
    }

    private void run() {
        List<Ticket> batch = new ArrayList<>();
        while (!isFinallyBroken() && (!closed || broken.isEmpty() && !waiting.isEmpty())) {
            try {
                mend();
                Ticket first = waiting.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                batch.add(first);
                waiting.drainTo(batch, BATCH_MAX - 1);
                if (broken.isEmpty()) {
                    write(batch);
                }
            } catch (InterruptedException e) {
                // Only close() ends this thread.
                continue;
            } catch (NodeException e) {
                breakDown(e);
            } catch (RuntimeException e) {
                crashed = true;
                broken = Optional.of(new NodeException("the log's writer failed: " + e
                        + ". Start the node again", e));
            }
            acknowledge(batch);
            batch.clear();
        }
        waiting.drainTo(batch);
        acknowledge(batch);
    }

    // After a failed fsync nothing that this process reads says what is on the disk.
    private boolean isFinallyBroken() {
        return crashed || broken.isPresent() && parts.files().distrust().isPresent();
    }

    private void breakDown(NodeException why) {
        if (broken.isEmpty()) {
            LOG.log(System.Logger.Level.ERROR, "the log has stopped: " + why.getMessage());
        }
        retryAtNanos = System.nanoTime() + retryNanos;
        broken = Optional.of(parts.files().distrust().map(NodeException::new).orElseGet(
                () -> new NodeException(why.getMessage()
                        + ". Nothing is answered until the log can be written; that is tried every second",
                        why)));
    }

    /// Starts over from what is on the disk, once it can be written again; makes damaged tiles anew.
    private void mend() {
        try {
            if (broken.isPresent() && System.nanoTime() - retryAtNanos >= 0) {
                LogRecovery.Recovered recovered = LogRecovery.recover(parts);
                tree = recovered.tree();
                published = new Published(recovered.checkpoint(), recovered.note());
                broken = Optional.empty();
                LOG.log(System.Logger.Level.WARNING, "the log can be written again");
            }
            if (tilesDamaged && broken.isEmpty()) {
                tilesDamaged = false;
                LogRecovery.repair(parts, published.checkpoint());
            }
        } catch (NodeException e) {
            breakDown(e);
        }
    }

    private void write(List<Ticket> batch) throws NodeException {
        List<Ticket> accepted = new ArrayList<>();
        Set<NonceUse> uses = new HashSet<>();
        for (Ticket ticket : batch) {
            if (isTaken(ticket, uses)) {
                ticket.failure = new NodeException("nonce or id of the receipt is in the log already");
            } else {
                accepted.add(ticket);
            }
        }
        if (accepted.isEmpty()) {
            return;
        }
        long first = tree.size();
        List<ReceiptStore.Unlogged> all = accepted.stream().flatMap(ticket -> ticket.receipts.stream()).toList();
        for (ReceiptStore.Unlogged one : all) {
            tree.append(one.receipt().digest().bytes());
        }
        Checkpoint checkpoint =
                new Checkpoint(parts.key().verifierKey().name(), tree.size(), tree.root());
        parts.store().add(first, all,
                new ReceiptStore.State(checkpoint.size(), checkpoint.root()));
        steps.accept(Step.COMMITTED);
        parts.folder().writeTiles(tree.takeTiles());
        steps.accept(Step.TILES);
        SignedNote note = parts.key().sign(checkpoint);
        parts.folder().writeCheckpoint(note.encode());
        steps.accept(Step.CHECKPOINT);
        parts.mark().raise(note);
        published = new Published(checkpoint, note);
        long index = first;
        for (Ticket ticket : accepted) {
            ticket.index = index;
            index += ticket.receipts.size();
        }
    }

    /// What may be in the log once.
    private record NonceUse(Digest nonce, int choice) {}

    private boolean isTaken(Ticket ticket, Set<NonceUse> uses) throws NodeException {
        for (ReceiptStore.Unlogged one : ticket.receipts) {
            Receipt receipt = one.receipt();
            if (!uses.add(new NonceUse(receipt.nonce().value(), receipt.choice()))
                    || parts.store().isTaken(receipt)) {
                return true;
            }
        }
        return false;
    }

    private void acknowledge(List<Ticket> batch) {
        for (Ticket ticket : batch) {
            if (ticket.index < 0 && ticket.failure == null) {
                ticket.failure = broken.map(LogStoppedException::new).orElseGet(LogWriter::stopping);
            }
            ticket.done.countDown();
        }
    }

    /// Writes what waits, then stops. Receipts that come later are refused.
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
