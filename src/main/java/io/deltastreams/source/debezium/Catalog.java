package io.deltastreams.source.debezium;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.source.Inventory.BeforeImage;
import io.deltastreams.source.Inventory.CapturedTable;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.stream.Collectors;
import org.postgresql.replication.LogSequenceNumber;

/** What the server's catalog tells, and the few commands that capture needs: publication and slot. One connection; not thread-safe. */
final class Catalog implements AutoCloseable {

    private final Connection connection;

    private Catalog(Connection connection) {
        this.connection = connection;
    }

    static Catalog open(PostgresSettings.Server server) throws SQLException {
        Properties properties = new Properties();
        properties.putAll(server.options());
        properties.setProperty("user", server.user());
        properties.setProperty("password", server.password());
        properties.setProperty("ApplicationName", "delta-streams");
        properties.putIfAbsent("connectTimeout", "10");
        properties.putIfAbsent("socketTimeout", "60");
        return new Catalog(DriverManager.getConnection(server.jdbcUrl(), properties));
    }

    /** A replication slot as {@code pg_replication_slots} shows it. */
    record Slot(
            boolean active,
            int pid,
            String application,
            String plugin,
            String database,
            boolean lost,
            long confirmed) {}

    /** @param identity columns that tell a row from others in the images of updates and deletes */
    record Identity(List<String> identity, BeforeImage before) {}

    int version() throws SQLException {
        return Integer.parseInt(text("SHOW server_version_num"));
    }

    String text(String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    boolean flag(String query, Object... arguments) throws SQLException {
        try (PreparedStatement statement = prepared(query, arguments);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    void execute(String command) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(command)) {
            statement.execute();
        }
    }

    /** Every table that could be captured, partitioned ones as a whole, in the order of their names. */
    List<TableId> tables() throws SQLException {
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

    CapturedTable table(TableId table, List<String> dropped) throws SQLException {
        Identity identity = identity(table);
        List<Column> columns = new ArrayList<>();
        String query = """
                WITH RECURSIVE base(attnum, attname, attnotnull, typmod, oid) AS (
                  SELECT a.attnum, a.attname, a.attnotnull, a.atttypmod, a.atttypid FROM pg_attribute a
                  WHERE a.attrelid = ?::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                  UNION ALL
                  SELECT b.attnum, b.attname, b.attnotnull, t.typtypmod, t.typbasetype FROM base b
                  JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')
                SELECT b.attname, b.attnotnull, b.typmod, t.typname, t.typtype,
                  ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
                FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd' ORDER BY b.attnum
                """;
        try (PreparedStatement statement = prepared(query, quoted(table));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                String name = rows.getString(1);
                if (!dropped.contains(table.text() + "." + name)) {
                    columns.add(new Column(name, type(rows), !rows.getBoolean(2)));
                }
            }
        }
        List<String> names = columns.stream().map(Column::name).toList();
        List<Integer> key = identity.identity().stream()
                .map(names::indexOf)
                .filter(index -> index >= 0)
                .toList();
        return new CapturedTable(new Schema(table, 1, columns, key), identity.before());
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
    Identity identity(TableId table) throws SQLException {
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
    List<String> generated(List<TableId> tables) throws SQLException {
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
    long rows(List<TableId> tables) throws SQLException {
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

    /** Bytes of log that the server keeps for a slot; empty where there is no such slot, or nothing is kept for it any more. */
    OptionalLong retained(String slot) throws SQLException {
        String query = """
                SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint FROM pg_replication_slots
                WHERE slot_name = ? AND restart_lsn IS NOT NULL
                """;
        try (PreparedStatement statement = prepared(query, slot);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? OptionalLong.of(rows.getLong(1)) : OptionalLong.empty();
        }
    }

    Optional<Slot> slot(String name) throws SQLException {
        String query = """
                SELECT s.active, coalesce(s.active_pid, 0), coalesce(a.application_name, ''), s.plugin, s.database,
                  coalesce(s.wal_status, '') = 'lost', coalesce(s.confirmed_flush_lsn, s.restart_lsn, '0/0')::text
                FROM pg_replication_slots s LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid WHERE s.slot_name = ?
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
                    LogSequenceNumber.valueOf(rows.getString(7)).asLong()));
        }
    }

    /**
     * Takes the slot's name for this session, until it closes: between a slot's making and its first reader the server calls it unused, and
     * another process would take it for its own. A session whose host is gone loses it within half a minute.
     *
     * @return the session that has it, if that is another
     */
    Optional<Holder> claim(String slot) throws SQLException {
        execute("SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3");
        if (flag("SELECT pg_try_advisory_lock(hashtext('delta_streams'), hashtext(?))", slot)) {
            return Optional.empty();
        }
        String query = """
                SELECT l.pid, coalesce(a.application_name, '') FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND l.classid = (hashtext('delta_streams')::bigint & 4294967295)
                  AND l.objid = (hashtext(?)::bigint & 4294967295)
                """;
        try (PreparedStatement statement = prepared(query, slot);
                ResultSet rows = statement.executeQuery()) {
            return Optional.of(rows.next() ? new Holder(rows.getInt(1), rows.getString(2)) : new Holder(0, ""));
        }
    }

    /** A session at the server. */
    record Holder(int pid, String application) {}

    void dropSlot(String name) throws SQLException {
        try (PreparedStatement statement = prepared("SELECT pg_drop_replication_slot(?)", name)) {
            statement.execute();
        }
    }

    void createSlot(String name) throws SQLException {
        try (PreparedStatement statement = prepared("SELECT pg_create_logical_replication_slot(?, 'pgoutput')", name)) {
            statement.execute();
        }
    }

    /** The tables of each publication of that name; empty where there is none, or one for all tables with {@code all} set. */
    Optional<Publication> publication(String name) throws SQLException {
        Map<TableId, Boolean> tables = new LinkedHashMap<>();
        try (PreparedStatement statement =
                        prepared("SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = ?", name);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                tables.put(new TableId(rows.getString(1), rows.getString(2)), true);
            }
        }
        try (PreparedStatement statement =
                        prepared("SELECT pg_has_role(pubowner, 'USAGE') FROM pg_publication WHERE pubname = ?", name);
                ResultSet rows = statement.executeQuery()) {
            return rows.next()
                    ? Optional.of(new Publication(List.copyOf(tables.keySet()), rows.getBoolean(1)))
                    : Optional.empty();
        }
    }

    /** @param owned whether we may change it */
    record Publication(List<TableId> tables, boolean owned) {}

    static String quoted(TableId table) {
        return quoted(table.schema()) + "." + quoted(table.name());
    }

    static String quoted(String name) {
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
