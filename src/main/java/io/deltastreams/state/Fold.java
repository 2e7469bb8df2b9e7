package io.deltastreams.state;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.state.Tables.Standing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Makes rows of changes. A value is the number of the schema that its row is stored under, and the row in {@link RowCodec}'s form. One thread. */
final class Fold {

    private static final System.Logger LOG = System.getLogger(Fold.class.getName());

    private final Tables tables;
    private final Predicate<TableId> events;
    private final Keys keys = new Keys();
    private final BinaryWriter value = new BinaryWriter(1024);
    private final Map<Step, Evolution> evolutions = new HashMap<>();
    private final List<Integer> dropped = new ArrayList<>();
    private @Nullable Known latest;
    private @Nullable Removed removed;
    private int epoch;
    private boolean changed;

    private record Step(int from, int to) {}

    /** What changes of a schema go to. */
    private record Known(Schema schema, TableId id, int table, int number, boolean event) {}

    /** The row that a delete took away: an insert right behind it may be the same one under another key, and without the values that it kept. */
    private record Removed(int table, Position position, Row row) {}

    /**
     * @param epoch of what the tables hold
     * @param events whether a table's changes are events, which leave nothing
     */
    Fold(Tables tables, int epoch, Predicate<TableId> events) {
        this.tables = tables;
        this.epoch = epoch;
        this.events = events;
    }

    Tables tables() {
        return tables;
    }

    /** Whether {@link #tables} changed since {@link #taken}. */
    boolean isChanged() {
        return changed;
    }

    /** Tells that somebody else changed them, and what is known of them is to be looked up again. */
    void touch() {
        changed = true;
        latest = null;
    }

    /** What the tables are has been written down. */
    void taken() {
        changed = false;
    }

    /** The numbers of tables that went since the last call. */
    List<Integer> dropped() {
        List<Integer> gone = List.copyOf(dropped);
        dropped.clear();
        return gone;
    }

    void apply(Transaction transaction, Store.Write write) throws IOException {
        enter(transaction.first().epoch());
        List<Change> changes = transaction.changes();
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            Known known = known(change.schema());
            if (!known.event()) {
                if (change instanceof Change.Delete delete
                        && known.schema().hasKey()
                        && mayComeBack(i + 1 < changes.size() ? changes.get(i + 1) : null)) {
                    remember(delete, known, write);
                }
                try {
                    apply(change, known, transaction.kind(), write);
                } catch (IllegalArgumentException e) {
                    changed = true;
                    lose(known.id(), String.valueOf(e.getMessage()));
                }
            }
        }
    }

    /** Whether what follows a delete, null where the next part of the transaction will tell, may be the same row with another key. */
    private static boolean mayComeBack(@Nullable Change next) {
        return next == null
                || (next instanceof Change.Insert insert && !insert.after().isComplete());
    }

    private void remember(Change.Delete delete, Known known, Store.Write write) throws IOException {
        byte[] key = keys.of(known.table(), known.schema(), delete.before());
        removed = stored(key, known, write)
                .map(row -> new Removed(known.table(), delete.position(), row))
                .orElse(null);
    }

    /** A new history tells of all tables anew. */
    void enter(int next) {
        if (next > epoch) {
            epoch = next;
            latest = null;
            dropped.addAll(tables.clear());
            changed = true;
        }
    }

    /** Changes of one schema mostly follow each other, and whether it is the same object is told at once. */
    @SuppressWarnings("ReferenceEquality")
    private Known known(Schema schema) {
        Known known = latest;
        if (known == null || known.schema() != schema) {
            known = look(schema);
            latest = known;
        }
        return known;
    }

    private Known look(Schema schema) {
        TableId id = (TableId) schema.relation();
        if (events.test(id)) {
            return new Known(schema, id, -1, -1, true);
        }
        int before = tables.schemas().size();
        int number = tables.number(schema);
        boolean isNew = !tables.has(id);
        Tables.Table table = tables.table(id, schema);
        if (isNew || number == before) {
            changed = true;
        }
        if (table.schema() != number) {
            evolve(id, table, number);
        }
        return new Known(schema, id, tables.table(id, schema).number(), number, false);
    }

    private void evolve(TableId id, Tables.Table table, int number) {
        Schema earlier = tables.schema(table.schema());
        Schema later = tables.schema(number);
        changed = true;
        if (!Evolution.sameKey(earlier, later)) {
            dropped.add(table.number());
            tables.renew(id);
            lose(id, "its key changed");
        } else {
            Optional<String> lost = later.hasKey() || Evolution.keepsAll(earlier, later)
                    ? evolution(table.schema(), number).lost()
                    // What such rows are found by is all of their columns.
                    : Optional.of("a column of a table without a key went or changed");
            lost.ifPresent(why -> lose(id, why));
        }
        tables.change(id, present -> new Tables.Table(present.number(), number, present.standing(), present.reason()));
    }

    private void lose(TableId id, String why) {
        LOG.log(System.Logger.Level.WARNING, "state: table={0} is to be read again: {1}", id.text(), why);
        tables.change(id, table -> table.with(Standing.LOST, why));
    }

    private Evolution evolution(int from, int to) {
        return evolutions.computeIfAbsent(
                new Step(from, to), _ -> new Evolution(tables.schema(from), tables.schema(to)));
    }

    private void apply(Change change, Known known, Transaction.Kind kind, Store.Write write) throws IOException {
        switch (change) {
            case Change.Insert insert -> insert(insert, known, write);
            case Change.Update update -> update(update, known, write);
            case Change.Delete delete -> delete(delete.before(), known, write);
            case Change.Truncate _ -> {
                dropped.add(known.table());
                tables.renew(known.id());
                if (kind == Transaction.Kind.SNAPSHOT) {
                    // A snapshot begins again, and tells of all rows from here on.
                    tables.change(known.id(), table -> table.with(Standing.UNSEEN, ""));
                }
                changed = true;
                latest = null;
            }
        }
    }

    private void insert(Change.Insert insert, Known known, Store.Write write) throws IOException {
        Row row = insert.after();
        Removed before = removed;
        if (!row.isComplete()
                && before != null
                && before.table() == known.table()
                && insert.position().index() == before.position().index() + 1
                && insert.position().commit() == before.position().commit()) {
            row = filled(row, before.row());
        }
        put(insert.position(), row, known, write);
    }

    private void put(Position position, Row row, Known known, Store.Write write) throws IOException {
        byte[] key = known.schema().hasKey()
                ? keys.of(known.table(), known.schema(), row)
                : keys.of(known.table(), known.schema(), row, position);
        write.put(key, encoded(row, known));
    }

    private byte[] encoded(Row row, Known known) {
        value.truncate(0);
        value.varint(known.number());
        RowCodec.encode(row, known.schema(), value);
        return value.toByteArray();
    }

    private void update(Change.Update update, Known known, Store.Write write) throws IOException {
        Row before = update.before();
        Row after = before == null ? update.after() : filled(update.after(), before);
        if (!known.schema().hasKey()) {
            if (before != null) {
                delete(before, known, write);
            }
            put(update.position(), after, known, write);
            return;
        }
        byte[] key = keys.of(known.table(), known.schema(), after);
        if (!after.isComplete()) {
            Optional<Row> stored = stored(key, known, write);
            if (stored.isPresent()) {
                after = filled(after, stored.get());
            }
        }
        write.put(key, encoded(after, known));
    }

    private Optional<Row> stored(byte[] key, Known known, Store.Write write) throws IOException {
        Optional<byte[]> found = write.get(key);
        return found.isEmpty() ? Optional.empty() : Optional.of(row(found.get(), known.number()));
    }

    /** The row under the schema of that number. */
    private Row row(byte[] stored, int number) {
        BinaryReader in = new BinaryReader(stored);
        int under = in.varint();
        Row row = RowCodec.decode(in, tables.schema(under));
        return under == number ? row : evolution(under, number).of(row);
    }

    private void delete(Row before, Known known, Store.Write write) throws IOException {
        if (!known.schema().hasKey()) {
            Optional<byte[]> first = write.first(keys.alike(known.table(), known.schema(), before));
            if (first.isPresent()) {
                write.delete(first.get());
            }
            return;
        }
        write.delete(keys.of(known.table(), known.schema(), before));
    }

    private static Row filled(Row row, Row from) {
        if (row.isComplete()) {
            return row;
        }
        @Nullable Object[] values = new @Nullable Object[row.size()];
        Arrays.setAll(values, i -> row.has(i) ? row.get(i) : from.get(i));
        return Row.of(values);
    }
}
