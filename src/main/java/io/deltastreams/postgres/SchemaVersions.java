package io.deltastreams.postgres;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers the shapes of tables as they come, behind those that the log knows. One thread. */
public final class SchemaVersions {

    private final Map<TableId, Schema> latest = new HashMap<>();

    /** @param schemas the latest ones in the log, whose versions go on */
    public SchemaVersions(List<Schema> schemas) {
        for (Schema schema : schemas) {
            if (schema.relation() instanceof TableId table) {
                latest.put(table, schema);
            }
        }
    }

    /**
     * The table's schema of that shape: the latest one where it has not changed, else the next version.
     *
     * @param key names of columns; those that are not captured count for nothing
     */
    public Schema of(TableId table, List<Column> columns, List<String> key) {
        List<Integer> places = places(key, columns);
        Schema last = latest.get(table);
        if (last != null && last.columns().equals(columns) && last.key().equals(places)) {
            return last;
        }
        Schema schema = new Schema(table, last == null ? 1 : last.version() + 1, columns, places);
        latest.put(table, schema);
        return schema;
    }

    /** Where the named columns stand, in the order of the names; without those that are not there. */
    public static List<Integer> places(List<String> names, List<Column> columns) {
        List<String> there = columns.stream().map(Column::name).toList();
        return names.stream().map(there::indexOf).filter(place -> place >= 0).toList();
    }
}
