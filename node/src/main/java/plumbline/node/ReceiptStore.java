package plumbline.node;

import java.io.ByteArrayOutputStream;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import plumbline.verify.Digest;
import plumbline.verify.Exchange;
import plumbline.verify.HandOver;
import plumbline.verify.MalformedException;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;
import plumbline.verify.TokenIds;
import plumbline.verify.VerifierKey;

/// The receipts of this node, in the order of its log: the one source of truth, from which tiles and
/// checkpoint can be made again. Safe for use by several threads; only [LogWriter] adds.
public final class ReceiptStore {

    /// A state of the log that was durable before anything about it was signed.
    record State(long size, Digest root) {}

    /// A receipt that is to be added, already without an index.
    ///
    /// @param charge who it is counted for
    record Unlogged(Receipt receipt, Exchange exchange, Secret secret, Charge charge) {
        Unlogged(Receipt receipt, Exchange exchange, Secret secret) {
            this(receipt, exchange, secret, Charge.NOBODY);
        }
    }

    // Where the receipts of the log that grows begin; those of the logs before it, under older keys, lie
    // before.
    private static final int LAST_CHOICE = 0xffff;
    private static final String FIRST = "(SELECT coalesce(max(first), 0) FROM logs)";
    private static final String STORED = "SELECT r.position"
            + " - (SELECT max(first) FROM logs WHERE first <= r.position), r.entry, e.receipt, e.secret, e.request,"
            + " e.prompt, e.output, e.text, e.prefix"
            + " FROM receipts r JOIN exchanges e ON e.position = r.position WHERE ";

    private static final String ADD_RECEIPT =
            "INSERT INTO receipts (position, id, nonce, entry) VALUES (? + " + FIRST + ", ?, ?, ?)";
    private static final String ADD_EXCHANGE =
            "INSERT INTO exchanges (position, receipt, secret, request, prompt, output, text, prefix)"
                    + " VALUES (? + " + FIRST + ", ?, ?, ?, ?, ?, ?, ?)";

    private final Database database;

    ReceiptStore(Database database) {
        this.database = database;
    }

    /// The number of receipts in the log that grows.
    public long size() throws NodeException {
        return database.first(
                        "SELECT coalesce(max(position) + 1, 0) - " + FIRST + " FROM receipts", row -> row.getLong(1))
                .orElse(0L);
    }

    /// The receipt with this id.
    public Optional<StoredReceipt> byId(ReceiptId id) throws NodeException {
        return stored("r.id = ?", id.hex());
    }

    /// The receipt that answered this nonce; of several choices the first one.
    Optional<StoredReceipt> byNonce(Digest nonce) throws NodeException {
        return stored("r.nonce BETWEEN ? AND ? ORDER BY r.nonce LIMIT 1", nonce.bytes(), use(nonce, LAST_CHOICE));
    }

    /// The receipt of one of the answers to the request with this nonce.
    Optional<StoredReceipt> byNonce(Digest nonce, int choice) throws NodeException {
        return stored("r.nonce = ?", (Object) use(nonce, choice));
    }

    /// What the column `nonce` holds, which lets each choice of a nonce in once: the nonce, and behind it the choice
    /// where that isn't 0.
    static byte[] use(Digest nonce, int choice) {
        byte[] bytes = nonce.bytes();
        if (choice > 0) {
            bytes = Arrays.copyOf(bytes, Digest.BYTES + 2);
            bytes[Digest.BYTES] = (byte) (choice >> 8);
            bytes[Digest.BYTES + 1] = (byte) choice;
        }
        return bytes;
    }

    private static byte[] use(Receipt receipt) {
        return use(receipt.nonce().value(), receipt.choice());
    }

    /// The last receipts, newest first.
    public List<Receipt> latest(int countMax) throws NodeException {
        List<byte[]> texts = database.all(
                "SELECT receipt, position FROM exchanges UNION ALL SELECT receipt, position FROM gone"
                        + " ORDER BY position DESC LIMIT ?",
                row -> row.getBytes(1), countMax);
        List<Receipt> receipts = new ArrayList<>();
        for (byte[] text : texts) {
            receipts.add(parsed(() -> Receipt.parse(text)));
        }
        return receipts;
    }

    /// The key whose log this is; empty before the first start.
    Optional<String> verifierKey() throws NodeException {
        return database.first("SELECT verifier_key FROM logs ORDER BY number DESC LIMIT 1", row -> row.getString(1));
    }

    /// Binds the store to its first key.
    void bind(VerifierKey key) throws NodeException {
        database.write(c -> {
            Database.execute(
                    c, "INSERT INTO logs (verifier_key, first) VALUES (?, 0)", key.encode());
            return null;
        });
    }

    /// Begins an empty log under a new key, in one transaction with what makes it the successor.
    void beginLog(VerifierKey key, HandOver handOver) throws NodeException {
        database.write(c -> {
            Database.execute(c, "INSERT INTO logs (verifier_key, first, hand_over)"
                    + " VALUES (?, (SELECT coalesce(max(position) + 1, 0) FROM receipts), ?)",
                    key.encode(), handOver.encode());
            Database.execute(c, "DELETE FROM checkpoints");
            return null;
        });
    }

    /// The hand-overs from key to key, oldest first, one after the other.
    public byte[] handOvers() throws NodeException {
        ByteArrayOutputStream chain = new ByteArrayOutputStream();
        database.all("SELECT hand_over FROM logs WHERE hand_over IS NOT NULL ORDER BY number",
                row -> row.getBytes(1)).forEach(chain::writeBytes);
        return chain.toByteArray();
    }

    /// A receipt whose content was deleted.
    ///
    /// @param secretHash SHA-256 of its secret
    public record Gone(Receipt receipt, Digest secretHash) {}

    /// The receipt with this id, if its content was deleted.
    Optional<Gone> goneById(ReceiptId id) throws NodeException {
        return gone("r.id = ?", id.hex());
    }

    /// The receipt that answered this nonce, if its content was deleted.
    Optional<Gone> goneByNonce(Digest nonce) throws NodeException {
        return gone("r.nonce BETWEEN ? AND ? LIMIT 1", nonce.bytes(), use(nonce, LAST_CHOICE));
    }

    private Optional<Gone> gone(String where, Object... arguments) throws NodeException {
        record Columns(byte[] receipt, byte[] secretHash) {}
        Optional<Columns> found = database.first("SELECT g.receipt, g.secret_hash FROM receipts r"
                + " JOIN gone g ON g.position = r.position WHERE " + where,
                row -> new Columns(row.getBytes(1), row.getBytes(2)), arguments);
        return found.isEmpty() ? Optional.empty() : Optional.of(parsed(() -> new Gone(
                Receipt.parse(found.get().receipt()), Digest.of(found.get().secretHash()))));
    }

    /// The last state of the log that was committed.
    Optional<State> lastState() throws NodeException {
        return database.first(
                "SELECT size, root FROM checkpoints ORDER BY size DESC LIMIT 1",
                row -> new State(row.getLong(1), Digest.of(row.getBytes(2))));
    }

    /// The root that was committed with this size; empty if no batch ended there.
    Optional<Digest> rootAt(long size) throws NodeException {
        return database.first("SELECT root FROM checkpoints WHERE size = ?",
                row -> Digest.of(row.getBytes(1)), size);
    }

    /// Log entries in order, from position `from` on, at most `countMax` of them.
    ///
    /// @throws NodeException if a position is missing
    List<Digest> entries(long from, int countMax) throws NodeException {
        record Entry(long position, Digest digest) {}
        List<Entry> entries = database.all(
                "SELECT position - " + FIRST + ", entry FROM receipts WHERE position >= ? + " + FIRST
                        + " ORDER BY position LIMIT ?",
                row -> new Entry(row.getLong(1), Digest.of(row.getBytes(2))), from, countMax);
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).position() != from + i) {
                throw new NodeException("the database lacks receipt " + (from + i)
                        + " of the log, though it holds receipt " + entries.get(i).position()
                        + ": it was damaged or changed. Put a backup back");
            }
        }
        return entries.stream().map(Entry::digest).toList();
    }

    /// Whether a receipt with this id, or with this nonce and choice, is there.
    boolean isTaken(Receipt receipt) throws NodeException {
        return database.first("SELECT 1 FROM receipts WHERE id = ? OR nonce = ?", row -> 1,
                receipt.id().hex(), use(receipt)).isPresent();
    }

    /// Adds a batch, and the state of the log with it, in one transaction. Durable on return, and who is charged has
    /// been told, also where the log breaks down afterwards.
    void add(long first, List<Unlogged> batch, State after) throws NodeException {
        database.write(connection -> {
            try (PreparedStatement receipts = connection.prepareStatement(ADD_RECEIPT);
                    PreparedStatement exchanges = connection.prepareStatement(ADD_EXCHANGE)) {
                long position = first;
                for (Unlogged receipt : batch) {
                    insert(receipts, exchanges, position++, receipt);
                    if (receipt.charge().key().isPresent()) {
                        KeyUsage.count(connection, receipt.charge().key().get(), receipt.receipt());
                    }
                }
            }
            Database.execute(connection, "INSERT INTO checkpoints (size, root) VALUES (?, ?)",
                    after.size(), after.root().bytes());
            return null;
        });
        batch.forEach(each -> each.charge().committed().accept(each.receipt()));
    }

    private static void insert(PreparedStatement receipts, PreparedStatement exchanges, long position,
            Unlogged unlogged) throws SQLException {
        Receipt receipt = unlogged.receipt();
        Exchange exchange = unlogged.exchange();
        byte[] text = receipt.encode();
        Database.execute(receipts,
                position, receipt.id().hex(), use(receipt),
                Digest.sha256(text).bytes());
        Database.execute(exchanges,
                position, text, HexFormat.of().parseHex(unlogged.secret().hex()),
                exchange.request(), exchange.prompt().bytes(), exchange.output().bytes(),
                exchange.text(), exchange.prefix().map(TokenIds::bytes).orElse(null));
    }

    private Optional<StoredReceipt> stored(String where, Object... arguments) throws NodeException {
        record Columns(long position, Digest entry, byte[] receipt, byte[] secret, byte[] request,
                byte[] prompt, byte[] output, String text, Optional<byte[]> prefix) {}
        Optional<Columns> found = database.first(STORED + where, (ResultSet row) -> new Columns(
                row.getLong(1), Digest.of(row.getBytes(2)), row.getBytes(3), row.getBytes(4),
                row.getBytes(5), row.getBytes(6), row.getBytes(7), row.getString(8),
                Optional.ofNullable(row.getBytes(9))), arguments);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Columns columns = found.get();
        if (!Digest.sha256(columns.receipt()).equals(columns.entry())) {
            throw new NodeException("receipt " + columns.position() + " in the database isn't the one"
                    + " whose hash is in the log: the database was damaged. Put a backup back");
        }
        return Optional.of(parsed(() -> new StoredReceipt(
                columns.position(),
                Receipt.parse(columns.receipt()),
                new Exchange(
                        columns.request(),
                        TokenIds.parse(columns.prompt()),
                        TokenIds.parse(columns.output()),
                        columns.text(),
                        columns.prefix().isEmpty()
                                ? Optional.empty()
                                : Optional.of(TokenIds.parse(columns.prefix().get()))),
                Secret.of(columns.secret()))));
    }

    private interface Parsing<T> {
        T parse() throws MalformedException;
    }

    private static <T> T parsed(Parsing<T> parsing) throws NodeException {
        try {
            return parsing.parse();
        } catch (MalformedException e) {
            throw new NodeException("the database holds what this program didn't write: "
                    + e.getMessage() + ". Put a backup back", e);
        }
    }
}
