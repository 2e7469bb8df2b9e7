package io.deltastreams.transform;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stage whose rows go out in another shape, or under another name: columns by their names, and null where there is none any more. */
final class Reshaped implements Stage {

    private static final int NONE = -1;

    private final Stage stage;
    private final Schema output;
    /** For each column of the output its place in the stage's, or {@link #NONE}; empty where both have the same columns. */
    private final int[] places;

    Reshaped(Stage stage, Schema output) {
        this.stage = stage;
        this.output = output;
        List<Column> given = stage.output().columns();
        this.places = given.equals(output.columns())
                ? new int[0]
                : output.columns().stream()
                        .mapToInt(column -> stage.output().indexOf(column.name()))
                        .toArray();
    }

    @Override
    public Schema output() {
        return output;
    }

    @Override
    public boolean needsFullBefore() {
        return stage.needsFullBefore();
    }

    @Override
    public StageResult apply(Change change) {
        StageResult result = stage.apply(change);
        return result instanceof StageResult.Emitted(Change emitted)
                ? new StageResult.Emitted(reshaped(emitted))
                : result;
    }

    private Change reshaped(Change change) {
        return switch (change) {
            case Change.Insert insert -> new Change.Insert(insert.position(), output, reshaped(insert.after()));
            case Change.Update update -> {
                Row before = update.before();
                yield new Change.Update(
                        update.position(), output, before == null ? null : reshaped(before), reshaped(update.after()));
            }
            case Change.Delete delete -> new Change.Delete(delete.position(), output, reshaped(delete.before()));
            case Change.Truncate truncate -> new Change.Truncate(truncate.position(), output);
        };
    }

    private Row reshaped(Row row) {
        if (places.length == 0) {
            return row;
        }
        @Nullable Object[] values = new @Nullable Object[places.length];
        for (int i = 0; i < places.length; i++) {
            values[i] = places[i] == NONE ? null : row.get(places[i]);
        }
        return Row.of(values);
    }
}
