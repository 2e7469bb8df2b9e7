package io.deltastreams.source.postgres;

import io.deltastreams.change.Schema;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a table's rows come, by its last Relation message: what each of a tuple's columns becomes. Immutable. */
final class TableForm {

    private final Schema schema;
    private final @Nullable Transcoder[] values;
    private final @Nullable Transcoder[] binaries;
    private final boolean[] identifying;
    private final Transcoder[] captured;

    /**
     * @param values by the tuple's columns, of their text form; null for one that is not captured
     * @param binaries of their binary form; null for one that is not captured, or whose type's is not read here
     * @param identifying whether an old tuple that holds only a key holds the tuple's column
     */
    TableForm(Schema schema, @Nullable Transcoder[] values, @Nullable Transcoder[] binaries, boolean[] identifying) {
        this.schema = schema;
        this.values = values.clone();
        this.binaries = binaries.clone();
        this.identifying = identifying.clone();
        this.captured = Arrays.stream(values).filter(Objects::nonNull).toArray(Transcoder[]::new);
    }

    Schema schema() {
        return schema;
    }

    /** Columns of a tuple, also those that are not captured. */
    int width() {
        return values.length;
    }

    @Nullable Transcoder value(int column) {
        return values[column];
    }

    @Nullable Transcoder binary(int column) {
        return binaries[column];
    }

    /** How a text of the schema's column is read. */
    Transcoder captured(int column) {
        return captured[column];
    }

    boolean identifies(int column) {
        return identifying[column];
    }
}
