package io.deltastreams.postgres;

import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.source.Inventory.CapturedTable;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.postgresql.replication.LogSequenceNumber;

/** What the server's catalog tells, and the few commands that capture needs: publication and slot. One connection; not thread-safe. */
public final class Catalog implements AutoCloseable {

    /** Writes our logical message, where the server may write. */
    public static final String HEARTBEAT =
            "SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_logical_emit_message(false, '"
                    + LogicalMessages.OURS + "', '') END IS NULL";

    /** What the session that holds a slot's name is called while it streams. */
    private static final String STREAMING = "delta-streams streaming";

    private final Connection connection;

    private Catalog(Connection connection) {
        this.connection = connection;
    }

    public static Catalog open(Server server) throws SQLException {
        return new Catalog(Connections.open(server));
    }

    /** Through a session that is open already; whoever closes the one has closed the other. */
    public static Catalog over(Connection connection) {
        return new Catalog(connection);
    }

    /**
     * A replication slot as {@code pg_replication_slots} shows it.
     *
     * @param reason why it is lost, in the server's words, where it has any
     * @param failover whether standbys are to keep a copy of it
     * @param copy whether it is such a copy, which a standby keeps
     */
    public record Slot(
            boolean active,
            int pid,
            String application,
            String plugin,
            String database,
            boolean lost,
            String reason,
            long confirmed,
            boolean failover,
            boolean copy) {}

    /** @param identity columns that tell a row from others in the images of updates and deletes */
    public record Identity(List<String> identity, BeforeImage before) {}

    public int version() throws SQLException {
        return Integer.parseInt(text("SHOW server_version_num"));
    }

    public String text(String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    public boolean flag(String query, Object... arguments) throws SQLException {
        try (PreparedStatement statement = prepared(query, arguments);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    /** Whether the server replays another's log, and so writes nothing itself. */
    public boolean standby() throws SQLException {
        return flag("SELECT pg_is_in_recovery()");
    }

    public void execute(String command) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(command)) {
            statement.execute();
        }
    }

    /** Every table that could be captured, partitioned ones as a whole, in the order of their names. */
    public List<TableId> tables() throws SQLException {
        List<TableId> tables = new ArrayList<>();
        String query = """
                SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
                  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
                """;
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                tables.add(new TableId(rows.getString(1), rows.getString(2)));
            }
        }
        tables.sort(null);
        return tables;
    }

    public CapturedTable table(TableId table, List<String> dropped) throws SQLException {
        Identity identity = identity(table);
        List<Column> columns =
                columns(table, dropped).stream().map(TypedColumn::column).toList();
        List<Integer> key = SchemaVersions.places(identity.identity(), columns);
        return new CapturedTable(new Schema(table, 1, columns, key), identity.before());
    }

    /** @param oid of the column's type, of a domain's base type */
    public record TypedColumn(Column column, int oid) {}

    /** The table's columns in their order, without those that the server computes and those that are dropped. */
    public List<TypedColumn> columns(TableId table, List<String> dropped) throws SQLException {
        List<TypedColumn> columns = new ArrayList<>();
        String query = """
                WITH RECURSIVE base(attnum, attname, attnotnull, typmod, oid) AS (
                  SELECT a.attnum, a.attname, a.attnotnull, a.atttypmod, a.atttypid FROM pg_attribute a
                  WHERE a.attrelid = ?::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                  UNION ALL
                  SELECT b.attnum, b.attname, b.attnotnull, t.typtypmod, t.typbasetype FROM base b
                  JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')
                SELECT b.attname, b.attnotnull, b.typmod, t.typname, t.typtype,
                  ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
                  t.oid::bigint
                FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd' ORDER BY b.attnum
                """;
        try (PreparedStatement statement = prepared(query, quoted(table));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                String name = rows.getString(1);
                if (!dropped.contains(table.text() + "." + name)) {
                    Column column = new Column(name, type(rows), !rows.getBoolean(2));
                    columns.add(new TypedColumn(column, (int) rows.getLong(7)));
                }
            }
        }
        return columns;
    }

    /** @param oid of the type, of a domain's base type */
    public record KnownType(Type type, int oid) {}

    /** The type of that number; a domain's is its base type's. */
    public KnownType type(int oid, int modifier) throws SQLException {
        String query = """
                WITH RECURSIVE base(typmod, oid) AS (
                  SELECT ?::int, ?::bigint::oid
                  UNION ALL
                  SELECT t.typtypmod, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')
                SELECT '', false, b.typmod, t.typname, t.typtype,
                  ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
                  t.oid::bigint
                FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd'
                """;
        try (PreparedStatement statement = prepared(query, modifier, Integer.toUnsignedLong(oid));
                ResultSet rows = statement.executeQuery()) {
            return rows.next()
                    ? new KnownType(type(rows), (int) rows.getLong(7))
                    : new KnownType(new Type.Opaque("oid " + Integer.toUnsignedString(oid)), oid);
        }
    }

    /** The columns that may not be null, as the catalog has them now; none where the table is gone. */
    public Set<String> notNull(TableId table) throws SQLException {
        Set<String> columns = new HashSet<>();
        String query = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND attnotnull";
        try (PreparedStatement statement = prepared(query, quoted(table));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                columns.add(rows.getString(1));
            }
        }
        return columns;
    }

    private static Type type(ResultSet column) throws SQLException {
        int modifier = column.getInt(3);
        String name = column.getString(4);
        if (column.getString(5).equals("e")) {
            return new Type.Enumeration(name, strings(column.getArray(6)));
        }
        int precision = modifier < 0 ? 0 : ((modifier - 4) >> 16) & 0xffff;
        int scale = modifier < 0 ? 0 : (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
        return PgTypes.named(name, precision, scale).orElseGet(() -> new Type.Opaque(name));
    }

    /** By {@code REPLICA IDENTITY}: the primary key, another unique index, or every column; none where updates are refused. */
    public Identity identity(TableId table) throws SQLException {
        String query = """
                SELECT c.relreplident, ARRAY(
                  SELECT a.attname::text FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(attnum, place)
                  JOIN pg_attribute a ON a.attnum = k.attnum
                  WHERE i.indrelid = c.oid AND a.attrelid = c.oid
                    AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END
                  ORDER BY k.place)
                FROM pg_class c WHERE c.oid = to_regclass(?)
                """;
        try (PreparedStatement statement = prepared(query, quoted(table));
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                return new Identity(List.of(), BeforeImage.NONE);
            }
            List<String> key = strings(rows.getArray(2));
            BeforeImage before = switch (rows.getString(1)) {
                case "f" -> BeforeImage.FULL;
                case "n" -> BeforeImage.NONE;
                default -> key.isEmpty() ? BeforeImage.NONE : BeforeImage.KEY;
            };
            return new Identity(before == BeforeImage.NONE ? List.of() : key, before);
        }
    }

    /** Columns that the server computes, as {@code schema.table.column}: the log does not carry them, so a snapshot leaves them out too. */
    public List<String> generated(List<TableId> tables) throws SQLException {
        List<String> columns = new ArrayList<>();
        String query =
                "SELECT attname FROM pg_attribute WHERE attrelid = ?::regclass AND attgenerated <> '' AND NOT attisdropped";
        for (TableId table : tables) {
            try (PreparedStatement statement = prepared(query, quoted(table));
                    ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    columns.add(table.text() + "." + rows.getString(1));
                }
            }
        }
        return columns;
    }

    /** The catalog's estimate. */
    public long rows(List<TableId> tables) throws SQLException {
        String names = tables.stream().map(TableId::text).collect(Collectors.joining("\n"));
        try (PreparedStatement statement = prepared(
                        "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c JOIN pg_namespace n"
                                + " ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = ANY"
                                + " (string_to_array(?, E'\\n'))",
                        names);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    /**
     * What the server keeps of its log for a slot.
     *
     * @param unread how many of the bytes its reader has not confirmed
     * @param left bytes until it may be removed ({@code safe_wal_size}); empty where no limit is set
     * @param status {@code reserved}, {@code extended}, {@code unreserved} or {@code lost}
     */
    public record Retained(long bytes, long unread, OptionalLong left, String status) {}

    /** Empty where there is no such slot, or nothing is kept for it any more. */
    public Optional<Retained> retained(String slot) throws SQLException {
        String query = """
                SELECT pg_wal_lsn_diff(now, restart_lsn)::bigint,
                  pg_wal_lsn_diff(now, coalesce(confirmed_flush_lsn, restart_lsn))::bigint,
                  safe_wal_size, coalesce(wal_status, '')
                FROM pg_replication_slots,
                  (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END now) n
                WHERE slot_name = ? AND restart_lsn IS NOT NULL
                """;
        try (PreparedStatement statement = prepared(query, slot);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                return Optional.empty();
            }
            long left = rows.getLong(3);
            OptionalLong safe = rows.wasNull() ? OptionalLong.empty() : OptionalLong.of(left);
            return Optional.of(new Retained(rows.getLong(1), rows.getLong(2), safe, rows.getString(4)));
        }
    }

    /** Writes a message into the log that a reader of the slot gets when everything before it has been read; not on a standby. */
    public void heartbeat() throws SQLException {
        flag(HEARTBEAT);
    }

    public Optional<Slot> slot(String name) throws SQLException {
        String query = """
                SELECT s.active, coalesce(s.active_pid, 0), coalesce(a.application_name, ''), s.plugin, s.database,
                  coalesce(s.wal_status, '') = 'lost', coalesce(s.confirmed_flush_lsn, s.restart_lsn, '0/0')::text,
                  coalesce(j.more ->> 'invalidation_reason', CASE WHEN (j.more ->> 'conflicting')::bool THEN 'conflict' END, ''),
                  coalesce((j.more ->> 'failover')::bool, false),
                  coalesce((j.more ->> 'synced')::bool AND pg_is_in_recovery(), false)
                FROM pg_replication_slots s LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid,
                  to_jsonb(s) AS j(more) WHERE s.slot_name = ?
                """;
        try (PreparedStatement statement = prepared(query, name);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                return Optional.empty();
            }
            return Optional.of(new Slot(
                    rows.getBoolean(1),
                    rows.getInt(2),
                    rows.getString(3),
                    String.valueOf(rows.getString(4)),
                    String.valueOf(rows.getString(5)),
                    rows.getBoolean(6),
                    rows.getString(8),
                    LogSequenceNumber.valueOf(rows.getString(7)).asLong(),
                    rows.getBoolean(9),
                    rows.getBoolean(10)));
        }
    }

    /**
     * Takes the slot's name for this session, until it closes: between a slot's making and its first reader the server calls it unused, and
     * another process would take it for its own. A session whose host is gone loses it within half a minute.
     *
     * @param silence for how long one that streams is heard of at the latest
     * @return the session that has it, if that is another
     */
    public Optional<Holder> claim(String slot, Duration silence) throws SQLException {
        execute("SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3");
        if (flag("SELECT pg_try_advisory_lock(hashtext('delta_streams'), hashtext(?))", slot)) {
            return Optional.empty();
        }
        String query = """
                SELECT l.pid, coalesce(a.application_name, ''),
                  coalesce(a.application_name = ? AND a.state = 'idle' AND a.state_change < clock_timestamp() - make_interval(secs => ?)
                    AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.slot_name = ? AND s.active), false)
                FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND l.classid = (hashtext('delta_streams')::bigint & 4294967295)
                  AND l.objid = (hashtext(?)::bigint & 4294967295)
                """;
        try (PreparedStatement statement = prepared(query, STREAMING, (double) silence.toSeconds(), slot, slot);
                ResultSet rows = statement.executeQuery()) {
            return Optional.of(
                    rows.next()
                            ? new Holder(rows.getInt(1), rows.getString(2), rows.getBoolean(3))
                            : new Holder(0, "", false));
        }
    }

    /**
     * A session at the server.
     *
     * @param stuck whether it was streaming, its slot's reader has ended, and it is not heard of any more
     */
    public record Holder(int pid, String application, boolean stuck) {}

    /** Says to who waits for the slot that this session is heard of at every heartbeat from now on. */
    public void streams() throws SQLException {
        execute("SET application_name = '" + STREAMING + "'");
    }

    /** Ends a session of the same role, or of another if ours may do that. */
    void terminate(int pid) throws SQLException {
        flag("SELECT pg_terminate_backend(?)", pid);
    }

    public void dropSlot(String name) throws SQLException {
        try (PreparedStatement statement = prepared("SELECT pg_drop_replication_slot(?)", name)) {
            statement.execute();
        }
    }

    /** @param failover whether standbys are to keep a copy of it, which servers before version 17 do not know */
    public void createSlot(String name, boolean failover) throws SQLException {
        try (PreparedStatement statement = prepared(
                "SELECT pg_create_logical_replication_slot(?, 'pgoutput'%s)"
                        .formatted(failover ? ", failover => true" : ""),
                name)) {
            statement.execute();
        }
    }

    /** The publication of that name with the tables that it publishes; empty where there is none. */
    public Optional<Publication> publication(String name) throws SQLException {
        // Before version 15 a publication knows neither row filters nor column lists.
        String details = version() >= 150_000 ? "attnames::text[], coalesce(rowfilter, '')" : "NULL::text[], ''";
        Map<TableId, Published> tables = new LinkedHashMap<>();
        try (PreparedStatement statement = prepared(
                        "SELECT schemaname, tablename, " + details + " FROM pg_publication_tables WHERE pubname = ?",
                        name);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                Array columns = rows.getArray(3);
                tables.put(
                        new TableId(rows.getString(1), rows.getString(2)),
                        new Published(columns == null ? List.of() : strings(columns), rows.getString(4)));
            }
        }
        try (PreparedStatement statement =
                        prepared("SELECT pg_has_role(pubowner, 'USAGE') FROM pg_publication WHERE pubname = ?", name);
                ResultSet rows = statement.executeQuery()) {
            return rows.next()
                    ? Optional.of(new Publication(Map.copyOf(tables), rows.getBoolean(1)))
                    : Optional.empty();
        }
    }

    /** Up to where the server's log is written, or replayed at a standby. */
    long logEnd() throws SQLException {
        return Long.parseLong(text("SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                + " ELSE pg_current_wal_insert_lsn() END - '0/0'::pg_lsn)::bigint"));
    }

    /** What somebody has noted on the publication with {@code COMMENT ON}; empty where nobody has. */
    public Optional<String> note(String publication) throws SQLException {
        String query = "SELECT obj_description(oid, 'pg_publication') FROM pg_publication WHERE pubname = ?";
        try (PreparedStatement statement = prepared(query, publication);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.ofNullable(rows.getString(1)) : Optional.empty();
        }
    }

    /** @param text empty takes the note away */
    public void note(String publication, String text) throws SQLException {
        execute("COMMENT ON PUBLICATION %s IS %s"
                .formatted(quoted(publication), text.isEmpty() ? "NULL" : "'" + text.replace("'", "''") + "'"));
    }

    /** @param owned whether we may change it */
    public record Publication(Map<TableId, Published> tables, boolean owned) {

        /** Those of the tables that are not published. */
        List<TableId> missing(List<TableId> wanted) {
            return wanted.stream().filter(table -> !tables.containsKey(table)).toList();
        }
    }

    /**
     * What of a table is published.
     *
     * @param columns all that are; empty where the server does not tell, and then all are
     * @param filter the SQL condition of the rows that are; empty where all are
     */
    public record Published(List<String> columns, String filter) {}

    /**
     * A table's rows on disk: the table itself, or one of the leaves of a partitioned one.
     *
     * @param name quoted, with its schema
     * @param file changes whenever the rows are laid out anew ({@code TRUNCATE}, {@code VACUUM FULL})
     * @param pages as they are now
     */
    public record Heap(String name, long file, long pages) {}

    /** Where the table's rows lie; none where it is gone. */
    public List<Heap> heaps(TableId table) throws SQLException {
        String query = """
                WITH RECURSIVE tree(oid) AS (
                  SELECT to_regclass(?)::oid
                  UNION ALL
                  SELECT i.inhrelid FROM tree t JOIN pg_class p ON p.oid = t.oid AND p.relkind = 'p'
                  JOIN pg_inherits i ON i.inhparent = t.oid)
                SELECT n.nspname, c.relname, coalesce(pg_relation_filenode(c.oid), 0)::bigint,
                  pg_relation_size(c.oid) / current_setting('block_size')::bigint
                FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind = 'r' ORDER BY c.oid
                """;
        List<Heap> heaps = new ArrayList<>();
        try (PreparedStatement statement = prepared(query, quoted(table));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                TableId leaf = new TableId(rows.getString(1), rows.getString(2));
                heaps.add(new Heap(quoted(leaf), rows.getLong(3), rows.getLong(4)));
            }
        }
        return heaps;
    }

    /**
     * What a query for a table's rows has to know.
     *
     * @param types of its columns, as a cast names them
     */
    public record Declaration(boolean partitioned, Map<String, String> types) {}

    public Declaration declaration(TableId table) throws SQLException {
        String query = """
                SELECT c.relkind = 'p', a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class c
                JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE c.oid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
                """;
        boolean partitioned = false;
        Map<String, String> types = new HashMap<>();
        try (PreparedStatement statement = prepared(query, quoted(table));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                partitioned = rows.getBoolean(1);
                types.put(rows.getString(2), rows.getString(3));
            }
        }
        return new Declaration(partitioned, types);
    }

    /** The table's object identifier, 0 where it is gone. */
    public long oid(TableId table) throws SQLException {
        return Long.parseLong(text("SELECT coalesce(to_regclass(%s)::oid, 0)::text".formatted(literal(quoted(table)))));
    }

    public static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    public static String quoted(TableId table) {
        return quoted(table.schema()) + "." + quoted(table.name());
    }

    public static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private PreparedStatement prepared(String query, Object... arguments) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(query);
        for (int index = 0; index < arguments.length; index++) {
            statement.setObject(index + 1, arguments[index]);
        }
        return statement;
    }

    private static List<String> strings(Array array) throws SQLException {
        return Arrays.stream((Object[]) array.getArray()).map(String::valueOf).toList();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
