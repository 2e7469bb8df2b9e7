package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.Catalog.KnownType;
import io.deltastreams.postgres.LogicalMessages;
import io.deltastreams.postgres.SchemaVersions;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a Relation message how its table's rows are read. The message tells names, types and replica identity as they were when the rows were
 * written; the catalog, which may have gone on since, adds what the message lacks: nullability, the primary key, the names of types.
 */
final class Shapes {

    private static final int KEY = 1;

    private final Catalog catalog;
    private final Set<TableId> captured;
    private final Set<String> excluded;
    private final SchemaVersions versions;
    private final Map<Long, KnownType> types = new HashMap<>();

    /**
     * @param catalog used by one thread at a time, the reader's
     * @param excluded columns that do not come, as {@code schema.table.column}
     * @param schemas the latest ones in the log, whose versions go on
     */
    Shapes(Catalog catalog, List<TableId> captured, List<String> excluded, List<Schema> schemas) {
        this.catalog = catalog;
        this.captured = Set.copyOf(captured);
        this.excluded = Set.copyOf(excluded);
        this.versions = new SchemaVersions(schemas);
    }

    /** A column as the message tells it. */
    private record Sent(String name, int type, int modifier, boolean inKey) {}

    /**
     * @param message behind the relation's number
     * @return null if the table is not captured
     */
    @Nullable TableForm form(BinaryReader message) throws SQLException {
        String namespace = text(message);
        TableId table = new TableId(namespace.isEmpty() ? "pg_catalog" : namespace, text(message));
        int identity = message.u8();
        List<Sent> sent = new ArrayList<>();
        for (int left = message.u8() << 8 | message.u8(); left > 0; left--) {
            int flags = message.u8();
            sent.add(new Sent(text(message), message.i32(), message.i32(), (flags & KEY) != 0));
        }
        return captured.contains(table) ? form(table, identity == 'f', sent) : null;
    }

    private TableForm form(TableId table, boolean full, List<Sent> sent) throws SQLException {
        Set<String> notNull = catalog.notNull(table);
        List<Column> columns = new ArrayList<>();
        Transcoder[] values = new Transcoder[sent.size()];
        Transcoder[] binaries = new Transcoder[sent.size()];
        boolean[] identifying = new boolean[sent.size()];
        for (int i = 0; i < values.length; i++) {
            Sent column = sent.get(i);
            identifying[i] = full || column.inKey();
            if (!excluded.contains(table.text() + "." + column.name())) {
                KnownType known = type(column.type(), column.modifier());
                columns.add(new Column(column.name(), known.type(), !notNull.contains(column.name())));
                values[i] = TextValue.of(known.type(), known.oid());
                binaries[i] = BinaryValue.of(known.type(), known.oid()).orElse(null);
            }
        }
        return new TableForm(versions.of(table, columns, key(table, full, sent)), values, binaries, identifying);
    }

    /** Whether all that comes of the captured tables, as they are now, has a binary form that is read here. */
    boolean haveBinaryForms() throws SQLException {
        for (TableId table : captured) {
            for (Catalog.TypedColumn column : catalog.columns(table, List.copyOf(excluded))) {
                if (BinaryValue.of(column.column().type(), column.oid()).isEmpty()) {
                    return false;
                }
            }
        }
        return true;
    }

    /** How logical messages are read; they come with their columns. */
    TableForm messages() {
        Schema schema = versions.of(LogicalMessages.RELATION, LogicalMessages.COLUMNS, List.of());
        return new TableForm(schema, new Transcoder[0], new Transcoder[0], new boolean[0]);
    }

    private List<String> key(TableId table, boolean full, List<Sent> sent) throws SQLException {
        List<String> key = catalog.identity(table).identity();
        // Where they differ the catalog has gone on, or the table is gone: the message is what the rows were written
        // by.
        return full || isKeyOf(sent, key)
                ? key
                : sent.stream().filter(Sent::inKey).map(Sent::name).toList();
    }

    private static boolean isKeyOf(List<Sent> sent, List<String> key) {
        Set<String> told = new HashSet<>();
        sent.stream().filter(Sent::inKey).forEach(column -> told.add(column.name()));
        return told.equals(new HashSet<>(key));
    }

    /** How the table's present rows are read, by the catalog. */
    SnapshotTable snapshotTable(TableId table, long oid, String filter) throws SQLException {
        SnapshotTable found = snapshotTable(catalog, table, oid, filter);
        return new SnapshotTable(oid, versioned(found.schema()), found.columns(), found.values(), filter);
    }

    /** The same by the catalog as somebody else sees it; the schema's version means nothing. Any thread. */
    SnapshotTable snapshotTable(Catalog seen, TableId table, long oid, String filter) throws SQLException {
        List<Column> columns = new ArrayList<>();
        List<String> reads = new ArrayList<>();
        List<Transcoder> values = new ArrayList<>();
        for (Catalog.TypedColumn typed : seen.columns(table, List.copyOf(excluded))) {
            Column column = typed.column();
            columns.add(column);
            String name = Catalog.quoted(column.name());
            Optional<Transcoder> binary = BinaryValue.of(column.type(), typed.oid());
            reads.add(binary.isPresent() ? name : asText(name));
            values.add(binary.orElseGet(() -> TextValue.of(column.type(), typed.oid())));
        }
        List<Integer> key = SchemaVersions.places(seen.identity(table).identity(), columns);
        return new SnapshotTable(oid, new Schema(table, 1, columns, key), reads, values, filter);
    }

    /** The schema with the version that its shape has among those that have come. */
    Schema versioned(Schema schema) {
        List<String> key = schema.key().stream()
                .map(place -> schema.columns().get(place).name())
                .toList();
        return versions.of((TableId) schema.relation(), schema.columns(), key);
    }

    /** In SQL. A cast to text is not always what the type's output function writes (inet, char): this is. */
    static String asText(String column) {
        return "CASE WHEN %s IS DISTINCT FROM NULL THEN pg_catalog.format('%%s', %s) END".formatted(column, column);
    }

    private KnownType type(int oid, int modifier) throws SQLException {
        long number = (long) oid << 32 | (modifier & 0xffff_ffffL);
        KnownType known = types.get(number);
        if (known == null) {
            known = catalog.type(oid, modifier);
            types.put(number, known);
        }
        return known;
    }

    /** A Type message says that one of them may mean something else now (a label added to an enum). */
    void forgetTypes() {
        types.clear();
    }

    /** A text that ends with a zero byte. */
    static String text(BinaryReader in) {
        int start = in.position();
        int length = 0;
        while (in.u8() != 0) {
            length++;
        }
        return new String(in.array(), start, length, StandardCharsets.UTF_8);
    }
}
