package io.deltastreams.state;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Schema;
import io.deltastreams.change.SchemaCodec;
import io.deltastreams.change.TableId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Which tables the state holds, under which numbers, and how complete each is; and the schemas that rows were stored under. Kept as one value in the
 * store: a byte for the version of this form, 1; the schemas; the next table's number; and of each table its name, number, schema, standing and
 * reason. Not thread-safe.
 */
final class Tables {

    private static final int VERSION = 1;

    private final List<Schema> schemas = new ArrayList<>();
    private final Map<Schema, Integer> numbers = new HashMap<>();
    private final Map<TableId, Table> tables = new TreeMap<>();
    private int next;

    /** Whether a table's rows are those of the database. */
    enum Standing {
        /** It came after the last look at what the source says. */
        UNSEEN,
        WHOLE,
        /** The source was asked to read them, or does so by itself, and has not finished. */
        ASKED,
        /** What is there is not all, or not right; the reason says why. */
        LOST
    }

    /**
     * @param number in its rows' keys; another one after each truncate
     * @param schema its latest one's number
     */
    record Table(int number, int schema, Standing standing, String reason) {

        Table with(Standing changed, String why) {
            return new Table(number, schema, changed, why);
        }
    }

    int number(Schema schema) {
        Integer known = numbers.get(schema);
        if (known != null) {
            return known;
        }
        schemas.add(schema);
        numbers.put(schema, schemas.size() - 1);
        return schemas.size() - 1;
    }

    Schema schema(int number) {
        if (number < 0 || number >= schemas.size()) {
            throw new IllegalArgumentException("a row under schema %d of %d".formatted(number, schemas.size()));
        }
        return schemas.get(number);
    }

    /** All of them, for good: numbers are never given twice. */
    List<Schema> schemas() {
        return List.copyOf(schemas);
    }

    Map<TableId, Table> all() {
        return new TreeMap<>(tables);
    }

    boolean has(TableId id) {
        return tables.containsKey(id);
    }

    /** The table, new if need be. */
    Table table(TableId id, Schema schema) {
        return tables.computeIfAbsent(id, _ -> new Table(next++, number(schema), Standing.UNSEEN, ""));
    }

    void change(TableId id, UnaryOperator<Table> change) {
        tables.computeIfPresent(id, (_, table) -> change.apply(table));
    }

    /** Gives the table a new number, under which nothing is stored. */
    void renew(TableId id) {
        change(id, table -> new Table(next++, table.schema(), table.standing(), table.reason()));
    }

    void remove(TableId id) {
        tables.remove(id);
    }

    /** A new history begins: nothing is known of any table. */
    List<Integer> clear() {
        List<Integer> gone = tables.values().stream().map(Table::number).toList();
        tables.clear();
        return gone;
    }

    byte[] encode() {
        BinaryWriter out = new BinaryWriter(1024);
        out.u8(VERSION);
        out.varint(schemas.size());
        schemas.forEach(schema -> SchemaCodec.encode(schema, out));
        out.varint(next);
        out.varint(tables.size());
        tables.forEach((id, table) -> {
            out.text(id.schema());
            out.text(id.name());
            out.varint(table.number());
            out.varint(table.schema());
            out.text(table.standing().name());
            out.text(table.reason());
        });
        return out.toByteArray();
    }

    /** @throws IllegalArgumentException if the bytes are of no such form */
    static Tables decode(byte[] bytes) {
        BinaryReader in = new BinaryReader(bytes);
        int version = in.u8();
        if (version != VERSION) {
            throw new IllegalArgumentException("the state's form is version %d, not %d".formatted(VERSION, version));
        }
        Tables tables = new Tables();
        for (int left = in.count(); left > 0; left--) {
            tables.number(SchemaCodec.decode(in));
        }
        tables.next = in.varint();
        for (int left = in.count(); left > 0; left--) {
            TableId id = new TableId(in.text(), in.text());
            tables.tables.put(id, new Table(in.varint(), in.varint(), Standing.valueOf(in.text()), in.text()));
        }
        return tables;
    }
}
