package io.deltastreams.state;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.log.ChangeLog;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Random transactions on tables with a key, with a key of two columns, and without one, in the ways in which PostgreSQL tells them, and what
 * the tables hold after each.
 */
final class Mirror {

    static final TableId KEYED = new TableId("public", "keyed");
    static final TableId PAIRED = new TableId("public", "paired");
    static final TableId LOOSE = new TableId("public", "loose");
    static final Instant NOON = Instant.parse("2026-11-26T12:00:00Z");

    private static final int KEYS = 40;

    private final Random random;
    private final Map<TableId, List<@Nullable Object[]>> rows = new HashMap<>();
    private final Map<Position, Map<TableId, List<String>>> history = new HashMap<>();
    private final List<Column> extra = new ArrayList<>();
    private int version = 1;
    private int epoch = 1;
    private long commit;

    Mirror(Random random) {
        this.random = random;
        remember(Position.START);
    }

    Schema keyed() {
        List<Column> columns = new ArrayList<>(List.of(
                new Column("id", Type.Simple.INT32, false),
                new Column("name", Type.Simple.TEXT, true),
                new Column("large", Type.Simple.TEXT, true)));
        columns.addAll(extra);
        return new Schema(KEYED, version, columns, List.of(0));
    }

    static Schema paired() {
        return new Schema(
                PAIRED,
                1,
                List.of(
                        new Column("n", Type.Simple.INT64, true),
                        new Column("part", Type.Simple.TEXT, false),
                        new Column("owner", Type.Simple.UUID, false)),
                List.of(2, 1));
    }

    static Schema loose() {
        return new Schema(
                LOOSE,
                1,
                List.of(new Column("a", Type.Simple.INT32, true), new Column("b", Type.Simple.TEXT, true)),
                List.of());
    }

    /** What the tables held there, each row as text, sorted. */
    Map<TableId, List<String>> at(Position position) {
        return Objects.requireNonNull(history.get(position), position::toString);
    }

    /** Without nulls at its end, as a column that was added is known only from the next change of its table on. */
    static String text(@Nullable Object[] row) {
        return Arrays.toString(row).replaceAll("(, null)+]$", "]");
    }

    private void remember(Position position) {
        Map<TableId, List<String>> now = new HashMap<>();
        rows.forEach((table, all) -> {
            if (!all.isEmpty()) {
                now.put(table, all.stream().map(Mirror::text).sorted().toList());
            }
        });
        history.put(position, now);
    }

    /** A nullable column more, from the next transaction on. */
    void addColumn() {
        extra.add(new Column("extra" + version++, Type.Simple.INT64, true));
        rows(KEYED).replaceAll(row -> Arrays.copyOf(row, row.length + 1));
    }

    /** The source's history begins again, and tells of what is there. */
    CompletableFuture<Void> beginAgain(ChangeLog log) {
        epoch++;
        commit++;
        List<Change> changes = new ArrayList<>();
        for (Schema schema : List.of(keyed(), paired(), loose())) {
            changes.add(new Change.Truncate(place(changes), schema));
            for (@Nullable Object[] row : rows((TableId) schema.relation())) {
                changes.add(new Change.Insert(place(changes), schema, Row.of(row.clone())));
            }
        }
        return append(log, changes, Transaction.Kind.SNAPSHOT);
    }

    /** One transaction; now and then in two parts. */
    CompletableFuture<Void> commit(ChangeLog log) {
        commit++;
        List<Change> changes = new ArrayList<>();
        for (int left = 1 + random.nextInt(12); left > 0; left--) {
            switch (random.nextInt(3)) {
                case 0 -> keyed(changes);
                case 1 -> paired(changes);
                default -> loose(changes);
            }
        }
        return changes.isEmpty() ? commit(log) : append(log, changes, Transaction.Kind.COMMIT);
    }

    private CompletableFuture<Void> append(ChangeLog log, List<Change> changes, Transaction.Kind kind) {
        remember(changes.getLast().position());
        String id = Long.toString(commit);
        int cut = random.nextInt(4) == 0 ? random.nextInt(changes.size()) : 0;
        if (cut > 0) {
            var _ = log.append(new Batch(
                    List.of(new Transaction(id, kind, NOON, changes.subList(0, cut), false)), new ResumeToken("t")));
        }
        return log.append(new Batch(
                List.of(new Transaction(id, kind, NOON, changes.subList(cut, changes.size()), true)),
                new ResumeToken("t")));
    }

    private Position place(List<Change> changes) {
        return new Position(epoch, commit, changes.size());
    }

    private List<@Nullable Object[]> rows(TableId table) {
        return rows.computeIfAbsent(table, _ -> new ArrayList<>());
    }

    private @Nullable Object @Nullable [] find(TableId table, List<Integer> key, @Nullable Object[] like) {
        return rows(table).stream()
                .filter(row -> key.stream().allMatch(column -> Objects.equals(row[column], like[column])))
                .findFirst()
                .orElse(null);
    }

    private void keyed(List<Change> changes) {
        if (random.nextInt(60) == 0) {
            rows(KEYED).clear();
            changes.add(new Change.Truncate(place(changes), keyed()));
            return;
        }
        @Nullable Object[] row = new @Nullable Object[3 + extra.size()];
        row[0] = random.nextInt(KEYS) - KEYS / 2;
        row[1] = random.nextBoolean() ? null : "n" + random.nextInt(100);
        row[2] = "l".repeat(random.nextInt(50)) + random.nextInt(1000);
        IntStream.range(3, row.length).forEach(i -> row[i] = random.nextBoolean() ? null : random.nextLong());
        write(KEYED, keyed(), row, 2, changes);
    }

    private void paired(List<Change> changes) {
        @Nullable Object[] row = {random.nextLong(5), "p\0".repeat(random.nextInt(3)), new UUID(0, random.nextInt(6))};
        write(PAIRED, paired(), row, -1, changes);
    }

    /** @param large a column that an update, also one of the key, may leave as it was */
    private void write(TableId table, Schema schema, @Nullable Object[] row, int large, List<Change> changes) {
        @Nullable Object @Nullable [] present = find(table, schema.key(), row);
        if (present == null) {
            rows(table).add(row);
            changes.add(new Change.Insert(place(changes), schema, Row.of(row.clone())));
            return;
        }
        @Nullable Object[] key = new @Nullable Object[row.length];
        Arrays.fill(key, Row.ABSENT);
        schema.key().forEach(column -> key[column] = present[column]);
        switch (random.nextInt(4)) {
            case 0 -> {
                rows(table).remove(present);
                changes.add(new Change.Delete(place(changes), schema, Row.of(key)));
            }
            case 1 -> {
                int column = schema.key().getFirst();
                Object other = table.equals(KEYED) ? Integer.valueOf(random.nextInt(KEYS)) : new UUID(1, 1);
                @Nullable Object[] moved = row.clone();
                moved[column] = other;
                if (find(table, schema.key(), moved) == null) {
                    rows(table).remove(present);
                    changes.add(new Change.Delete(place(changes), schema, Row.of(key)));
                    changes.add(new Change.Insert(place(changes), schema, told(moved, present, large)));
                    rows(table).add(moved);
                }
            }
            default -> {
                Row told = told(row, present, large);
                rows(table).set(rows(table).indexOf(present), row);
                changes.add(new Change.Update(place(changes), schema, null, told));
            }
        }
    }

    /** What the source tells of a row; a large value that stays as it was is not told. */
    private Row told(@Nullable Object[] row, @Nullable Object[] before, int large) {
        @Nullable Object[] told = row.clone();
        if (large >= 0 && random.nextBoolean()) {
            row[large] = before[large];
            told[large] = Row.ABSENT;
        }
        return Row.of(told);
    }

    private void loose(List<Change> changes) {
        List<@Nullable Object[]> all = rows(LOOSE);
        @Nullable Object[] row = {random.nextInt(3), random.nextBoolean() ? null : "b" + random.nextInt(2)};
        int pick = all.isEmpty() ? 0 : random.nextInt(4);
        if (pick < 2) {
            all.add(row);
            changes.add(new Change.Insert(place(changes), loose(), Row.of(row.clone())));
            return;
        }
        @Nullable Object[] gone = all.remove(random.nextInt(all.size()));
        if (pick == 2) {
            changes.add(new Change.Delete(place(changes), loose(), Row.of(gone)));
        } else {
            all.add(row);
            changes.add(new Change.Update(place(changes), loose(), Row.of(gone), Row.of(row.clone())));
        }
    }
}
