package io.deltastreams.codec;

import io.deltastreams.change.Change;
import io.deltastreams.change.Row;

/** Where a change's key stands, in whatever form it is then written. */
public final class Keys {

    private Keys() {}

    /** Whether the change is one of a row that has an identity. */
    public static boolean isKeyed(Change change) {
        return change.schema().hasKey() && !(change instanceof Change.Truncate);
    }

    /**
     * The image that has a key's column.
     *
     * @throws IllegalArgumentException if none has it
     */
    public static Row image(Change change, int column) {
        Row row = switch (change) {
            case Change.Insert insert -> insert.after();
            // A key's column that is TOASTed and untouched stands in the before image alone.
            case Change.Update update ->
                update.before() != null && !update.after().has(column) ? update.before() : update.after();
            case Change.Delete delete -> delete.before();
            case Change.Truncate _ -> throw new IllegalArgumentException("a truncate has no key");
        };
        if (!row.has(column)) {
            throw new IllegalArgumentException("the source sent no value for the key's column '%s' of %s"
                    .formatted(
                            change.schema().columns().get(column).name(),
                            change.schema().relation().text()));
        }
        return row;
    }
}
