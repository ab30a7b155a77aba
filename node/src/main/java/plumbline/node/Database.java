package plumbline.node;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteException;
import org.sqlite.util.LibraryLoaderUtil;

/// The node's one SQLite file: WAL, every commit fsynced. One connection, one user at a time.
///
/// A transaction is committed whole or not at all, also when the process or the power goes. Every
/// value goes in through a prepared statement.
final class Database implements AutoCloseable {

    private static final int BUSY_MILLIS = 10_000;

    private static final String[] SCHEMA_1 = {
        // One row: the key whose log this is.
        "CREATE TABLE log (one INTEGER PRIMARY KEY CHECK (one = 1), verifier_key TEXT NOT NULL) STRICT",
        // Small rows, so that a start can walk the whole log.
        "CREATE TABLE receipts (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
                + " nonce BLOB NOT NULL UNIQUE, entry BLOB NOT NULL) STRICT",
        "CREATE TABLE exchanges (position INTEGER PRIMARY KEY REFERENCES receipts,"
                + " receipt BLOB NOT NULL, secret BLOB NOT NULL, request BLOB NOT NULL,"
                + " prompt BLOB NOT NULL, output BLOB NOT NULL, text TEXT NOT NULL, prefix BLOB) STRICT",
        "CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, root BLOB NOT NULL) STRICT",
        "CREATE TABLE models (id TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL,"
                + " weights_root BLOB NOT NULL, checked INTEGER NOT NULL) STRICT",
        "CREATE TABLE names (name TEXT PRIMARY KEY, model TEXT NOT NULL REFERENCES models(id)) STRICT",
    };

    private static final String[] SCHEMA_2 = {
        // The logs in their order; the last is the one that grows. Its receipts have the positions from
        // `first` on. `hand_over` names it as the successor of the one before, which ended with `last`.
        "CREATE TABLE logs (number INTEGER PRIMARY KEY, verifier_key TEXT NOT NULL, first INTEGER NOT NULL,"
                + " hand_over BLOB) STRICT",
        "INSERT INTO logs SELECT 1, verifier_key, 0, NULL FROM log",
        "DROP TABLE log",
        // What is left of an exchange when its content was deleted.
        "CREATE TABLE gone (position INTEGER PRIMARY KEY REFERENCES receipts, receipt BLOB NOT NULL,"
                + " secret_hash BLOB NOT NULL) STRICT",
        // Answers that a stop of the node cut off.
        "CREATE TABLE cut (id TEXT PRIMARY KEY, secret_hash BLOB NOT NULL, begun_millis INTEGER NOT NULL) STRICT",
    };

    private static final String[] SCHEMA_3 = {
        "CREATE TABLE api_keys (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, secret_hash BLOB NOT NULL,"
                + " scopes TEXT NOT NULL, requests_minute INTEGER, requests_day INTEGER, tokens_minute INTEGER,"
                + " tokens_day INTEGER, created_millis INTEGER NOT NULL) STRICT",
        // What was asked with each key, in the minute and in the days (`seconds` long) that begin at `start`.
        "CREATE TABLE api_usage (key TEXT NOT NULL, seconds INTEGER NOT NULL, start INTEGER NOT NULL,"
                + " requests INTEGER NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (key, seconds, start)) STRICT",
    };

    private static final String[] SCHEMA_4 = {
        // Files that were hashed, as KnownFiles has them.
        "CREATE TABLE files (path TEXT PRIMARY KEY, stamp TEXT NOT NULL,"
                + " model TEXT NOT NULL REFERENCES models(id) ON DELETE CASCADE) STRICT",
    };

    /// What leads from each version of the file to the next; a new file goes through all.
    private static final String[][] UPGRADES = {SCHEMA_1, SCHEMA_2, SCHEMA_3, SCHEMA_4};

    /// Work on the connection inside one transaction.
    interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /// Reads one row.
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    private final Path file;
    private final Connection connection;
    private final DurableFiles files;
    private final ReentrantLock lock = new ReentrantLock();

    private Database(Path file, Connection connection, DurableFiles files) {
        this.file = file;
        this.connection = connection;
        this.files = files;
    }

    /// @param files told when SQLite could not fsync, and asked whether writing is allowed
    static Database open(Path file, DurableFiles files) throws NodeException {
        try {
            // SQLite gives its -wal and -shm files the permissions of this one.
            if (Files.notExists(file)) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY));
            } else if (!DurableFiles.OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
                // A backup that was put back: it holds what was asked and answered.
                Files.setPosixFilePermissions(file, DurableFiles.OWNER_ONLY);
            }
            SQLiteConfig config = new SQLiteConfig();
            config.setJournalMode(SQLiteConfig.JournalMode.WAL);
            config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
            config.setBusyTimeout(BUSY_MILLIS);
            config.enforceForeignKeys(true);
            // What is deleted is to be gone from the file, too.
            config.setPragma(SQLiteConfig.Pragma.SECURE_DELETE, "true");
            Connection connection = config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
            Database database = new Database(file, connection, files);
            database.createOrCheck();
            database.rewriteTail();
            return database;
        } catch (IOException | SQLException e) {
            throw new NodeException("the database " + file + " can't be opened: " + e.getMessage()
                    + ". Is the disk full, or is the file damaged? Put a backup back", e);
        }
    }

    /// Puts the driver's native library into `folder`, which then may be named by the system property
    /// `org.sqlite.lib.path`: else the driver unpacks it into the temporary folder and compares it byte by byte each
    /// time that a process opens a database.
    static void unpackDriver(Path folder) throws IOException {
        String name = LibraryLoaderUtil.getNativeLibName();
        try (InputStream in = LibraryLoaderUtil.class.getResourceAsStream(
                LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name)) {
            if (in != null) {
                Files.createDirectories(folder);
                Files.copy(in, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private void createOrCheck() throws SQLException, NodeException {
        int version = write(c -> {
            try (Statement statement = c.createStatement()) {
                ResultSet row = statement.executeQuery("PRAGMA user_version");
                int found = row.getInt(1);
                row.close();
                if (found < 0 || found >= UPGRADES.length) {
                    return found;
                }
                for (String[] upgrade : Arrays.copyOfRange(UPGRADES, found, UPGRADES.length)) {
                    for (String sql : upgrade) {
                        statement.execute(sql);
                    }
                }
                statement.execute("PRAGMA user_version = " + UPGRADES.length);
                return UPGRADES.length;
            }
        });
        if (version != UPGRADES.length) {
            connection.close();
            throw new NodeException("the database " + file + " has version " + version
                    + ", this program knows " + UPGRADES.length + ": use the version that wrote it");
        }
    }

    // A process before this one may have left pages that only the system's cache holds, because an fsync
    // failed. Moved from the write-ahead log into the file they are written anew, and fsynced.
    private void rewriteTail() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    /// Runs the work in one transaction and returns after the commit is on the disk.
    <T> T write(Work<T> work) throws NodeException {
        lock.lock();
        try {
            files.check();
            connection.setAutoCommit(false);
            try {
                T result = work.run(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                // Before anything else: what comes after must not hide it.
                if (isUnsynced(e)) {
                    files.distrust(file.toString(), e);
                }
                end(connection::rollback);
                throw e;
            } finally {
                end(() -> connection.setAutoCommit(true));
            }
        } catch (SQLException | IOException e) {
            throw failed("written", e);
        } finally {
            lock.unlock();
        }
    }

    /// The first row of a query.
    <T> Optional<T> first(String sql, Row<T> row, Object... arguments) throws NodeException {
        lock.lock();
        try (PreparedStatement statement = prepare(connection, sql, arguments);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.of(row.read(rows)) : Optional.empty();
        } catch (SQLException e) {
            throw failed("read", e);
        } finally {
            lock.unlock();
        }
    }

    /// All rows of a query; the caller bounds it with LIMIT.
    <T> List<T> all(String sql, Row<T> row, Object... arguments) throws NodeException {
        List<T> result = new ArrayList<>();
        lock.lock();
        try (PreparedStatement statement = prepare(connection, sql, arguments);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(row.read(rows));
            }
            return result;
        } catch (SQLException e) {
            throw failed("read", e);
        } finally {
            lock.unlock();
        }
    }

    /// A prepared statement with its arguments set.
    static PreparedStatement prepare(Connection connection, String sql, Object... arguments)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        set(statement, arguments);
        return statement;
    }

    private static void set(PreparedStatement statement, Object... arguments) throws SQLException {
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
    }

    /// Runs a prepared statement once, inside a transaction.
    static void execute(PreparedStatement statement, Object... arguments) throws SQLException {
        set(statement, arguments);
        statement.executeUpdate();
    }

    /// Runs one statement inside a transaction.
    static void execute(Connection connection, String sql, Object... arguments) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, arguments)) {
            statement.executeUpdate();
        }
    }

    private interface Ending {
        void run() throws SQLException;
    }

    private void end(Ending ending) throws SQLException {
        try {
            ending.run();
        } catch (SQLException e) {
            // After some errors, such as a full disk, SQLite has rolled back by itself.
            if (!String.valueOf(e.getMessage()).contains("no transaction is active")) {
                files.distrust(file.toString(), e);
                throw e;
            }
        }
    }

    private static boolean isUnsynced(Exception e) {
        return e instanceof SQLiteException sqlite
                && switch (sqlite.getResultCode()) {
                    case SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC -> true;
                    default -> false;
                };
    }

    private NodeException failed(String what, Exception e) {
        return files.distrust().map(why -> new NodeException(why, e)).orElseGet(
                () -> new NodeException("the database " + file + " can't be " + what + ": "
                        + e.getMessage() + ". Is the disk full or failing?", e));
    }

    /// Gives freed pages back to the file system; needs as much space again while it runs.
    void shrink() throws NodeException {
        lock.lock();
        try (Statement statement = connection.createStatement()) {
            files.check();
            statement.execute("VACUUM");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (SQLException e) {
            if (isUnsynced(e)) {
                files.distrust(file.toString(), e);
            }
            throw failed("shrunk", e);
        } catch (IOException e) {
            throw failed("shrunk", e);
        } finally {
            lock.unlock();
        }
    }

    /// Closes the file; what was committed stays.
    @Override
    public void close() throws NodeException {
        lock.lock();
        try {
            connection.close();
        } catch (SQLException e) {
            throw failed("closed", e);
        } finally {
            lock.unlock();
        }
    }
}
