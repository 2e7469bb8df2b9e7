package io.deltastreams.source;

import io.deltastreams.change.BeforeImage;
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
}
