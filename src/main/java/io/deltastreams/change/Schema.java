package io.deltastreams.change;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a row of a relation means: names, types, nullability and key of its columns.
 *
 * @param version from 1, grows by one whenever the relation's shape changes
 * @param key indexes into {@code columns}, in key order; empty where rows have no identity
 */
public record Schema(Relation relation, int version, List<Column> columns, List<Integer> key) {

    public Schema {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        if (version < 1) {
            throw new IllegalArgumentException("a schema's version starts at 1, not at " + version);
        }
        Set<String> names = new HashSet<>();
        for (Column column : columns) {
            if (!names.add(column.name())) {
                throw new IllegalArgumentException(
                        "column '%s' stands twice in %s".formatted(column.name(), relation.text()));
            }
        }
        for (int index : key) {
            if (index < 0 || index >= columns.size()) {
                throw new IllegalArgumentException("key column %d lies outside the %d columns of %s"
                        .formatted(index, columns.size(), relation.text()));
            }
        }
    }

    /** The column's place, or -1 where there is none of that name. */
    public int indexOf(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(column)) {
                return i;
            }
        }
        return -1;
    }

    public boolean hasKey() {
        return !key.isEmpty();
    }

    /** Whether rows of both read the same, whatever the version. */
    public boolean sameShape(Schema other) {
        return relation.equals(other.relation) && columns.equals(other.columns) && key.equals(other.key);
    }
}
