package io.deltastreams.source.postgres;

import io.deltastreams.change.Row;
import io.deltastreams.change.TableId;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.Connections;
import io.deltastreams.postgres.LogicalMessages;
import io.deltastreams.postgres.PostgresSettings;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * Reads a table's rows in the order of its key, a chunk in a transaction of its own, which takes no lock that anybody waits for but who wants to
 * lay out the table anew. A session of its own; one thread.
 */
final class ChunkReader implements AutoCloseable {

    private static final String QUERY_CANCELED = "57014";
    private static final String UNDEFINED_TABLE = "42P01";
    private static final int FIRST_ROWS = 1_000;
    private static final int MOST_ROWS = 65_536;
    /** What a reader of the log takes at once, too, so it is no more than a part of a snapshot. */
    private static final long BYTES = 1L << 20;

    private static final long MOST_BYTES = 4L << 20;
    /** What a row takes in memory besides its values. */
    private static final int PER_ROW = 64;

    private static final int PART = 1 << 20;
    /** Instead of a row's place, by which nothing is ordered here. */
    private static final String NO_PLACE = "'(0,0)'::tid";

    private final Connection session;
    private final Shapes shapes;
    private final Map<TableId, String> filters;
    private final Window window;
    private final RecentCommits commits;
    private final long begun;
    private int limit = FIRST_ROWS;

    private ChunkReader(
            Connection session, Shapes shapes, Map<TableId, String> filters, Window window, RecentCommits commits)
            throws SQLException {
        this.session = session;
        this.begun = begun(session);
        this.shapes = shapes;
        this.filters = filters;
        this.window = window;
        this.commits = commits;
    }

    static ChunkReader open(
            PostgresSettings settings,
            Shapes shapes,
            Map<TableId, String> filters,
            Window window,
            RecentCommits commits)
            throws SQLException {
        Connection session = Connections.openForValues(settings.server());
        try {
            return new ChunkReader(session, shapes, filters, window, commits);
        } catch (SQLException e) {
            session.close();
            throw e;
        }
    }

    /** Writes a mark into the server's log, for whoever reads it. */
    void tell(String mark) throws SQLException {
        execute("SELECT pg_logical_emit_message(true, %s, %s)"
                .formatted(Catalog.literal(LogicalMessages.OURS), Catalog.literal(mark)));
    }

    long expectedRows(TableId table) throws SQLException {
        return Catalog.over(session).rows(List.of(table));
    }

    /**
     * Reads the next chunk, and returns when it has been handed over.
     *
     * @return false if it has to be tried again after a moment
     * @throws Unreadable if the table cannot be read in chunks
     */
    boolean read(IncrementalState.Progress from, String mark) throws SQLException, Unreadable, InterruptedException {
        window.open(from.table());
        try {
            Optional<Chunk> chunk = read(from, mark, commits.count());
            if (chunk.isPresent()) {
                window.awaitHandedOver();
            }
            return chunk.isPresent();
        } finally {
            window.end();
        }
    }

    private Optional<Chunk> read(IncrementalState.Progress from, String mark, long before)
            throws SQLException, Unreadable {
        session.setAutoCommit(false);
        try {
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE");
            execute("SET LOCAL statement_timeout = 0");
            SnapshotTable table = locked(from.table());
            Optional<Chunk> chunk = seesAllThatCame(before) ? chunk(table, from, mark) : Optional.empty();
            if (chunk.isPresent()) {
                window.expect(chunk.get());
                tell(mark);
                session.commit();
            }
            return chunk;
        } finally {
            // Behind a commit there is nothing to take back.
            session.rollback();
            session.setAutoCommit(true);
        }
    }

    /** Whoever changes its shape waits for us from here on, so that the rows' shape is the one that the log has at the mark. */
    private SnapshotTable locked(TableId id) throws SQLException, Unreadable {
        try {
            execute("LOCK TABLE %s IN ACCESS SHARE MODE".formatted(Catalog.quoted(id)));
        } catch (SQLException e) {
            if (UNDEFINED_TABLE.equals(e.getSQLState())) {
                throw new Unreadable("%s is gone".formatted(id));
            }
            throw e;
        }
        // The first query, and with it the snapshot, stands behind the lock.
        Catalog catalog = Catalog.over(session);
        SnapshotTable table = shapes.snapshotTable(catalog, id, catalog.oid(id), filters.getOrDefault(id, ""));
        if (table.schema().key().size() != catalog.identity(id).identity().size()
                || !table.schema().hasKey()) {
            throw new Unreadable(withoutKey(id));
        }
        return table;
    }

    static String withoutKey(TableId table) {
        return ("%s has no key, or not all of it is captured, and is not read in chunks: give it a primary key, or begin a new epoch"
                        + " with snapshot: initial")
                .formatted(table);
    }

    /**
     * Whether the snapshot sees every transaction that was handed over before the window was open, those of an earlier run, too, which are among the ones
     * that had begun before this session.
     */
    private boolean seesAllThatCame(long before) throws SQLException {
        VisibleTransactions visible = VisibleTransactions.of(session);
        return visible.oldestRunning() > begun && commits.areSeen(visible, before);
    }

    /**
     * The last transaction that has begun; 0 where commits wait for no standby, and one that an earlier run has handed over has been visible for
     * long.
     */
    private static long begun(Connection session) throws SQLException {
        Catalog catalog = Catalog.over(session);
        if (catalog.text("SHOW synchronous_standby_names").isEmpty()) {
            return 0;
        }
        session.setAutoCommit(false);
        try {
            return Long.parseLong(catalog.text("SELECT pg_current_xact_id()::text"));
        } finally {
            // It would wait for the standby, too, if it were committed.
            session.rollback();
            session.setAutoCommit(true);
        }
    }

    private Optional<Chunk> chunk(SnapshotTable table, IncrementalState.Progress from, String mark)
            throws SQLException {
        List<String> after = from.after();
        List<String> last = last(table, after);
        List<Row> rows = new ArrayList<>();
        long bytes = copy(table, after, last, rows);
        if ((bytes > MOST_BYTES && limit > 1) || !window.narrow(table.schema(), rows)) {
            limit = Math.max(1, Math.min(limit / 2, rows.size() / 4));
            return Optional.empty();
        }
        limit = (int) Math.clamp(limit * BYTES / Math.max(bytes, 1), 1, Math.min(2L * limit, MOST_ROWS));
        return Optional.of(new Chunk(from, mark, table.schema(), rows, bytes, last));
    }

    private static List<String> key(SnapshotTable table) {
        return table.schema().key().stream()
                .map(place -> Catalog.quoted(table.schema().columns().get(place).name()))
                .toList();
    }

    /** The key of the chunk's last row; empty if there are no more rows than that. */
    private List<String> last(SnapshotTable table, List<String> after) throws SQLException {
        List<String> key = key(table);
        String texts =
                key.stream().map("pg_catalog.format('%%s', %s)"::formatted).collect(Collectors.joining(", "));
        String query = "SELECT %s FROM %s%s ORDER BY %s OFFSET %d LIMIT 1"
                .formatted(
                        texts,
                        Catalog.quoted((TableId) table.schema().relation()),
                        where(table, after, List.of()),
                        String.join(", ", key),
                        limit - 1);
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            List<String> values = new ArrayList<>();
            if (row.next()) {
                for (int i = 1; i <= key.size(); i++) {
                    values.add(row.getString(i));
                }
            }
            return values;
        }
    }

    private static String where(SnapshotTable table, List<String> after, List<String> last) {
        List<String> conditions = new ArrayList<>();
        String key = "(" + String.join(", ", key(table)) + ")";
        if (!after.isEmpty()) {
            conditions.add(key + " > " + values(after));
        }
        if (!last.isEmpty()) {
            conditions.add(key + " <= " + values(last));
        }
        if (!table.filter().isEmpty()) {
            conditions.add("(" + table.filter() + ")");
        }
        return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    }

    private static String values(List<String> texts) {
        return texts.stream().map(Catalog::literal).collect(Collectors.joining(", ", "(", ")"));
    }

    /** Reads the rows, but no more than can be held, unless it is a single one; gives their bytes. */
    private long copy(SnapshotTable table, List<String> after, List<String> last, List<Row> into) throws SQLException {
        String command = "COPY (SELECT %s, %s FROM %s%s) TO STDOUT (FORMAT binary)"
                .formatted(
                        NO_PLACE,
                        String.join(", ", table.columns()),
                        Catalog.quoted((TableId) table.schema().relation()),
                        where(table, after, last));
        CopyRows rows = new CopyRows(table, PART);
        CopyOut copy = session.unwrap(PGConnection.class).getCopyAPI().copyOut(command);
        long bytes = 0;
        try {
            for (byte[] data = copy.readFromCopy(); data != null; data = copy.readFromCopy()) {
                rows.add(data);
                bytes += data.length + PER_ROW;
                if (bytes > MOST_BYTES && limit > 1) {
                    cancel(copy);
                    into.addAll(rows.rest());
                    return bytes;
                }
            }
            rows.end();
        } catch (IllegalArgumentException e) {
            throw ProtocolViolation.of(table, e);
        }
        into.addAll(rows.rest());
        return bytes;
    }

    /** Stops the copy and takes what is on its way; the copy's own cancelling would leave that to the next command. */
    private void cancel(CopyOut copy) throws SQLException {
        session.unwrap(PGConnection.class).cancelQuery();
        try {
            while (copy.readFromCopy() != null) {
                // It was on its way.
            }
        } catch (SQLException e) {
            if (!QUERY_CANCELED.equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    private void execute(String command) throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.execute(command);
        }
    }

    /** Ends at once what is being read. Any thread. */
    void abort() throws SQLException {
        session.abort(Runnable::run);
    }

    @Override
    public void close() throws SQLException {
        abort();
    }

    /** The table is not one that can be read in chunks; says why, and what would be right. */
    static final class Unreadable extends Exception {

        private static final long serialVersionUID = 1L;

        Unreadable(String message) {
            super(message);
        }
    }
}
