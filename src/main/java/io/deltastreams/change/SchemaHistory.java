package io.deltastreams.change;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The latest schema of each relation; gives a changed shape the next version. Not thread-safe: each writer has its own. */
public final class SchemaHistory {

    private final Map<Relation, Schema> latest = new HashMap<>();

    public SchemaHistory(Collection<Schema> known) {
        known.forEach(this::remember);
    }

    /** The schema of this shape: the latest one if that has it already, else a new one with the next version. */
    public Schema versioned(Relation relation, List<Column> columns, List<Integer> key) {
        Schema known = latest.get(relation);
        if (known != null && known.columns().equals(columns) && known.key().equals(key)) {
            return known;
        }
        Schema next = new Schema(relation, known == null ? 1 : known.version() + 1, columns, key);
        latest.put(relation, next);
        return next;
    }

    /** Takes over a schema that was versioned elsewhere, unless a later version is known. */
    public void remember(Schema schema) {
        latest.merge(schema.relation(), schema, (a, b) -> a.version() >= b.version() ? a : b);
    }

    public Optional<Schema> latest(Relation relation) {
        return Optional.ofNullable(latest.get(relation));
    }

    public List<Schema> all() {
        return new ArrayList<>(latest.values());
    }
}
