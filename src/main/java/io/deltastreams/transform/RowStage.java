package io.deltastreams.transform;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A filter and a projection over one table's rows. */
final class RowStage implements Stage {

    /** Whether a row meets the condition, as far as what is there of it tells. */
    private enum Membership {
        IN,
        OUT,
        NOT_KNOWN
    }

    private final Schema table;
    private final Schema output;
    private final Projection projection;
    private final @Nullable Eval condition;
    private final boolean keyDecides;
    private final boolean needsFullBefore;

    /** The last schema that was found equal to {@link #table}. */
    private volatile Schema checked;

    private RowStage(Schema table, Schema output, Projection projection, @Nullable Eval condition, BitSet conditioned) {
        this.table = table;
        this.checked = table;
        this.output = output;
        this.projection = projection;
        this.condition = condition;
        BitSet others = (BitSet) conditioned.clone();
        table.key().forEach(others::clear);
        this.keyDecides = others.isEmpty();
        this.needsFullBefore = !keyDecides || (table.hasKey() && !output.hasKey());
    }

    /**
     * @param condition null if every row is in
     * @param conditioned the table's columns that the condition reads
     * @param labelled whether the first output names the table and belongs to the key
     */
    static RowStage of(
            StreamId stream,
            Schema table,
            List<Output> outputs,
            @Nullable Eval condition,
            BitSet conditioned,
            boolean labelled) {
        List<Column> columns = outputs.stream().map(Output::column).toList();
        Schema output = new Schema(stream, table.version(), columns, key(table, outputs, labelled));
        return new RowStage(table, output, new Projection(table, output, outputs), condition, conditioned);
    }

    private static List<Integer> key(Schema table, List<Output> outputs, boolean labelled) {
        List<Integer> key = new ArrayList<>();
        for (int column : table.key()) {
            int found = -1;
            for (int i = 0; i < outputs.size() && found < 0; i++) {
                found = outputs.get(i).identifies() == column ? i : -1;
            }
            if (found < 0) {
                return List.of();
            }
            key.add(found);
        }
        if (labelled && !key.isEmpty()) {
            key.addFirst(0);
        }
        return key;
    }

    @Override
    public Schema output() {
        return output;
    }

    @Override
    public boolean needsFullBefore() {
        return needsFullBefore;
    }

    @Override
    public StageResult apply(Change change) {
        check(change.schema());
        try {
            return switch (change) {
                case Change.Insert insert -> insert(insert.position(), insert.after());
                case Change.Update update -> update(update);
                case Change.Delete delete -> delete(delete);
                case Change.Truncate truncate ->
                    new StageResult.Emitted(new Change.Truncate(truncate.position(), output));
            };
        } catch (Failure e) {
            return new StageResult.Refused(e.told());
        } catch (Missing e) {
            return missing(e.column());
        }
    }

    /** By identity where it can be: comparing two schemas column by column for every change would cost more than the change. */
    @SuppressWarnings("ReferenceEquality")
    private void check(Schema schema) {
        if (schema == checked) {
            return;
        }
        if (!table.equals(schema)) {
            throw new IllegalArgumentException("compiled for version %d of %s, given version %d of %s"
                    .formatted(
                            table.version(),
                            table.relation().text(),
                            schema.version(),
                            schema.relation().text()));
        }
        checked = schema;
    }

    private StageResult missing(String column) {
        return new StageResult.Refused(
                "column '%s' is needed and the source did not send it; set REPLICA IDENTITY FULL on %s"
                        .formatted(column, table.relation().text()));
    }

    private StageResult insert(Position position, Row after) {
        if (!isIn(after)) {
            return StageResult.Nothing.NOTHING;
        }
        return new StageResult.Emitted(new Change.Insert(position, output, projection.of(after)));
    }

    private StageResult update(Change.Update update) {
        Row before = update.before();
        Row after = before == null ? update.after() : filled(update.after(), before);
        boolean isIn = isIn(after);
        Membership was = keyDecides ? (isIn ? Membership.IN : Membership.OUT) : membership(before);
        Position position = update.position();
        if (!isIn) {
            return switch (was) {
                case IN -> new StageResult.Emitted(new Change.Delete(position, output, former(before, after)));
                case OUT -> StageResult.Nothing.NOTHING;
                case NOT_KNOWN -> new StageResult.Emitted(new Change.Delete(position, output, projection.key(after)));
            };
        }
        Row now = projection.of(after);
        return switch (was) {
            case IN ->
                new StageResult.Emitted(
                        new Change.Update(position, output, before == null ? null : former(before, after), now));
            case OUT -> entered(position, now);
            case NOT_KNOWN -> new StageResult.Emitted(new Change.Update(position, output, null, now));
        };
    }

    /** A row that comes in has to be whole: nobody downstream has had the rest of it. */
    private StageResult entered(Position position, Row now) {
        for (int i = 0; i < now.size(); i++) {
            if (!now.has(i)) {
                return missing(output.columns().get(i).name());
            }
        }
        return new StageResult.Emitted(new Change.Insert(position, output, now));
    }

    private StageResult delete(Change.Delete delete) {
        return membership(delete.before()) == Membership.OUT
                ? StageResult.Nothing.NOTHING
                : new StageResult.Emitted(
                        new Change.Delete(delete.position(), output, projection.leniently(delete.before())));
    }

    private boolean isIn(Row row) {
        return condition == null || Boolean.TRUE.equals(condition.at(row));
    }

    private Membership membership(@Nullable Row former) {
        if (condition == null) {
            return Membership.IN;
        }
        if (former == null) {
            return Membership.NOT_KNOWN;
        }
        try {
            return isIn(former) ? Membership.IN : Membership.OUT;
        } catch (Missing | Failure _) {
            return Membership.NOT_KNOWN;
        }
    }

    /** What the source did not send because it stayed as it was. */
    private Row filled(Row after, Row before) {
        if (after.isComplete()) {
            return after;
        }
        return Projection.merged(table, i -> after.has(i) ? after : before);
    }

    /** The former row; its key, which an update does not change, comes from the row as it is now where only that has it. */
    private Row former(@Nullable Row before, Row after) {
        if (before == null) {
            return projection.key(after);
        }
        for (int column : table.key()) {
            if (!before.has(column)) {
                return projection.leniently(
                        Projection.merged(table, i -> table.key().contains(i) ? after : before));
            }
        }
        return projection.leniently(before);
    }
}
