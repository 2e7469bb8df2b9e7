package io.deltastreams.change;

import io.deltastreams.change.Relayed.History;
import io.deltastreams.change.Relayed.Table;
import io.deltastreams.change.Relayed.Tables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The binary form of what is {@link Relayed}, version 1, in the terms of {@link BinaryWriter}. A byte for the version, one for the kind (0 tables, 1
 * history), and then, of tables: their number, and of each its schema and a byte for {@link BeforeImage} in its order. Of a history: the position
 * before; the coverage; the tables that were read; the number of schemas that occur, and they; the transactions ({@link TransactionsCodec}). So each
 * piece can be read without those before it. A coverage is a byte for the snapshot, in its order, and the waiting tables and the events; tables are their
 * number, and of each its schema's name and its own.
 *
 * <p>Not thread-safe: a codec remembers the schemas that it has met, so that those of equal form are one object.
 */
public final class RelayedCodec {

    private static final int VERSION = 1;
    private static final int TABLES = 0;
    private static final int HISTORY = 1;
    private static final int MOST_KNOWN = 10_000;

    private static final List<BeforeImage> IMAGES = List.of(BeforeImage.values());
    private static final List<Coverage.Snapshot> SNAPSHOTS = List.of(Coverage.Snapshot.values());

    private final Map<Schema, Schema> met = new HashMap<>();
    private final BinaryWriter rows = new BinaryWriter(1024);

    /** @throws IllegalArgumentException if a row does not fit its schema */
    public void encode(Relayed relayed, BinaryWriter out) {
        out.u8(VERSION);
        switch (relayed) {
            case Tables tables -> {
                out.u8(TABLES);
                out.varint(tables.tables().size());
                for (Table table : tables.tables()) {
                    SchemaCodec.encode(table.schema(), out);
                    out.u8(IMAGES.indexOf(table.before()));
                }
            }
            case History history -> {
                out.u8(HISTORY);
                Fields.position(history.before(), out);
                coverage(history.coverage(), out);
                tables(history.read(), out);
                // By identity: hashing a schema for every row would take longer than writing the row.
                IdentityHashMap<Schema, Integer> numbers = new IdentityHashMap<>();
                List<Schema> schemas = new ArrayList<>();
                for (Transaction transaction : history.transactions()) {
                    for (Change change : transaction.changes()) {
                        if (numbers.putIfAbsent(change.schema(), schemas.size()) == null) {
                            schemas.add(change.schema());
                        }
                    }
                }
                Fields.schemas(schemas, out);
                TransactionsCodec.encode(history.transactions(), numbers::get, rows, out);
            }
        }
    }

    /** @throws IllegalArgumentException if the bytes are nothing that was relayed */
    public Relayed decode(BinaryReader in) {
        int version = in.u8();
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "its form is version %d, and this instance reads %d".formatted(version, VERSION));
        }
        int kind = in.u8();
        return switch (kind) {
            case TABLES -> tables(in);
            case HISTORY -> history(in);
            default -> throw new IllegalArgumentException("nothing is relayed as kind " + kind);
        };
    }

    private Tables tables(BinaryReader in) {
        int count = in.count();
        List<Table> tables = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tables.add(new Table(known(SchemaCodec.decode(in)), IMAGES.get(in.u8())));
        }
        return new Tables(tables);
    }

    private History history(BinaryReader in) {
        Position before = Fields.position(in);
        Coverage coverage = coverage(in);
        Set<TableId> read = tableIds(in);
        List<Schema> dictionary = Fields.schemas(in).stream().map(this::known).toList();
        return new History(before, TransactionsCodec.decode(in, dictionary, _ -> true, Position.START), coverage, read);
    }

    private Schema known(Schema schema) {
        if (met.size() > MOST_KNOWN) {
            met.clear();
        }
        return met.computeIfAbsent(schema, same -> same);
    }

    /** A coverage alone. */
    public static void coverage(Coverage coverage, BinaryWriter out) {
        out.u8(SNAPSHOTS.indexOf(coverage.snapshot()));
        tables(coverage.waiting(), out);
        tables(coverage.events(), out);
    }

    /** @throws IllegalArgumentException if the bytes are no coverage */
    public static Coverage coverage(BinaryReader in) {
        int snapshot = in.u8();
        if (snapshot >= SNAPSHOTS.size()) {
            throw new IllegalArgumentException("a snapshot that stands at " + snapshot);
        }
        return new Coverage(SNAPSHOTS.get(snapshot), tableIds(in), tableIds(in));
    }

    /** Tables by their names. */
    public static void tables(Set<TableId> tables, BinaryWriter out) {
        out.varint(tables.size());
        for (TableId table : tables) {
            out.text(table.schema());
            out.text(table.name());
        }
    }

    public static Set<TableId> tableIds(BinaryReader in) {
        int count = in.count();
        Set<TableId> tables = new HashSet<>();
        for (int i = 0; i < count; i++) {
            tables.add(new TableId(in.text(), in.text()));
        }
        return tables;
    }
}
