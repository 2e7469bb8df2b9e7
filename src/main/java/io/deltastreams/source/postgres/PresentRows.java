package io.deltastreams.source.postgres;

import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowWriter;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.postgres.Catalog;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Some of a table's present rows, in the order in which they were asked for: of each what the log did not bring, in the text form that the log would
 * have brought. Lives no longer than its session's transaction.
 */
final class PresentRows implements AutoCloseable {

    /** So many rows are asked for with one query. */
    private static final int MOST_KEYS = 1000;
    /** So many are in memory at once (Invariant 8). */
    private static final int AT_ONCE = 32;

    private static final int MOST_CAPACITY = 64 << 20;

    private final ResultSet rows;
    private final List<Integer> columns;
    private final int count;
    private int place;
    private long bytes;

    private PresentRows(ResultSet rows, List<Integer> columns, int count) {
        this.rows = rows;
        this.columns = columns;
        this.count = count;
    }

    /**
     * Asks for rows by their keys, the first ones where they are many.
     *
     * @param excluded columns that do not come, as {@code schema.table.column}
     * @return empty if the table is not of that shape any more
     */
    static Optional<PresentRows> query(
            Connection connection, Schema schema, List<String> excluded, List<Draft.Lacking> asked)
            throws SQLException {
        TableId table = (TableId) schema.relation();
        Catalog catalog = Catalog.over(connection);
        // Until the transaction ends it stays what the catalog says.
        catalog.execute("LOCK TABLE ONLY %s IN ACCESS SHARE MODE".formatted(Catalog.quoted(table)));
        if (!isOf(schema, table, excluded, catalog)) {
            return Optional.empty();
        }
        List<Draft.Lacking> some = asked.subList(0, Math.min(MOST_KEYS, asked.size()));
        List<Integer> columns = IntStream.range(0, schema.columns().size())
                .filter(column ->
                        some.stream().anyMatch(lacking -> !lacking.after().has(column)))
                .boxed()
                .toList();
        PreparedStatement statement = connection.prepareStatement(text(schema, columns, catalog.declaration(table)));
        statement.setFetchSize(AT_ONCE);
        for (int i = 0; i < schema.key().size(); i++) {
            int place = i;
            Object[] keys =
                    some.stream().map(lacking -> lacking.key().get(place)).toArray();
            statement.setArray(i + 1, connection.createArrayOf("text", keys));
        }
        return Optional.of(new PresentRows(statement.executeQuery(), columns, some.size()));
    }

    private static boolean isOf(Schema schema, TableId table, List<String> excluded, Catalog catalog)
            throws SQLException {
        List<Column> columns = catalog.columns(table, excluded).stream()
                .map(Catalog.TypedColumn::column)
                .toList();
        List<String> key = schema.key().stream()
                .map(column -> schema.columns().get(column).name())
                .toList();
        return schema.columns().equals(columns)
                && catalog.identity(table).identity().equals(key);
    }

    /** The limit makes it a loop over the keys, in their order, each looked up through its index. */
    private static String text(Schema schema, List<Integer> columns, Catalog.Declaration declaration) {
        List<String> values = new ArrayList<>();
        for (int column : columns) {
            values.add(Shapes.asText(quoted(schema, column)));
        }
        List<String> arrays = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<String> conditions = new ArrayList<>();
        for (int column : schema.key()) {
            String name = "k" + names.size();
            arrays.add("?::text[]");
            names.add(name);
            conditions.add("%s = k.%s::%s"
                    .formatted(
                            quoted(schema, column),
                            name,
                            declaration.types().get(schema.columns().get(column).name())));
        }
        return """
                SELECT k.place, present.* FROM unnest(%s) WITH ORDINALITY AS k(%s, place)
                LEFT JOIN LATERAL (SELECT true, %s FROM %s%s WHERE %s LIMIT 1) present ON true
                """.formatted(
                        String.join(", ", arrays),
                        String.join(", ", names),
                        String.join(", ", values),
                        declaration.partitioned() ? "" : "ONLY ",
                        Catalog.quoted((TableId) schema.relation()),
                        String.join(" AND ", conditions));
    }

    private static String quoted(Schema schema, int column) {
        return Catalog.quoted(schema.columns().get(column).name());
    }

    boolean hasNext() {
        return place < count;
    }

    /** What the last row brought. */
    long bytes() {
        return bytes;
    }

    /** The next row's values in the place of those that were not sent; as it was where there is no such row any more. */
    Draft complete(Draft.Lacking lacking) throws SQLException {
        bytes = 0;
        place++;
        if (!rows.next() || rows.getLong(1) != place) {
            throw new SQLException("the rows that were asked for did not come in their order");
        }
        return rows.getBoolean(2) ? lacking.with(row(lacking)) : lacking;
    }

    private Row row(Draft.Lacking lacking) throws SQLException {
        Row after = lacking.after();
        Schema schema = lacking.form().schema();
        byte[] @Nullable [] texts = new byte[schema.columns().size()][];
        boolean anyNull = false;
        for (int i = 0; i < columns.size(); i++) {
            if (!after.has(columns.get(i))) {
                byte[] text = rows.getBytes(i + 3);
                texts[columns.get(i)] = text;
                bytes += text == null ? 0 : text.length;
            }
        }
        for (int column = 0; column < texts.length; column++) {
            anyNull |= after.has(column) ? after.isNull(column) : texts[column] == null;
        }
        RowWriter writer = new RowWriter((int) Math.min(after.weight() + bytes, MOST_CAPACITY), schema);
        writer.begin(schema, anyNull, false);
        for (int column = 0; column < texts.length; column++) {
            byte[] text = texts[column];
            if (text != null) {
                write(lacking.form(), column, text, writer);
            } else if (after.has(column) && !after.isNull(column)) {
                after.copyTo(column, writer.value());
            } else {
                writer.nothing();
            }
        }
        return writer.end();
    }

    @Override
    public void close() throws SQLException {
        rows.getStatement().close();
    }

    private static void write(TableForm form, int column, byte[] text, RowWriter writer) {
        try {
            form.captured(column).write(text, 0, text.length, writer.value());
        } catch (RuntimeException e) {
            // Not the cause's message: it may quote the value (Invariant 9).
            throw ProtocolViolation.of(form.schema(), column);
        }
    }
}
