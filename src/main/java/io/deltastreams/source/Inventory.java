package io.deltastreams.source;

import io.deltastreams.change.Schema;
import java.util.List;

/**
 * What a source will capture.
 *
 * @param tables in the order of their names
 * @param notes what a user should know of them, one sentence each ("public.history has no key: …")
 */
public record Inventory(List<CapturedTable> tables, List<String> notes) {

    public Inventory {
        tables = List.copyOf(tables);
        notes = List.copyOf(notes);
    }

    /**
     * @param schema the table's present shape; its version is 1 and means nothing
     * @param before how much of a former row an update or delete brings along
     */
    public record CapturedTable(Schema schema, BeforeImage before) {}

    /** PostgreSQL's {@code REPLICA IDENTITY}, as far as it matters to a reader. */
    public enum BeforeImage {
        /** Every column ({@code FULL}). */
        FULL,
        /** The key of a deleted row only ({@code DEFAULT}, {@code USING INDEX}). */
        KEY,
        /** Nothing: updates and deletes are refused by the server while the table is published ({@code NOTHING}, no key). */
        NONE
    }
}
