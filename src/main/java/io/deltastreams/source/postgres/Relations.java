package io.deltastreams.source.postgres;

import io.deltastreams.change.TableId;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the relation numbers in row messages mean at one place of the stream. Immutable, so that rows can be decoded later, on any thread.
 *
 * @param forms of captured tables; other tables' rows are skipped
 */
record Relations(Map<Integer, TableForm> forms) {

    static final Relations NONE = new Relations(Map.of());

    boolean isEmpty() {
        return forms.isEmpty();
    }

    @Nullable TableForm form(int relation) {
        return forms.get(relation);
    }

    Relations with(int relation, @Nullable TableForm form) {
        Map<Integer, TableForm> next = new HashMap<>(forms);
        if (form == null) {
            next.remove(relation);
        } else {
            next.put(relation, form);
        }
        return new Relations(Map.copyOf(next));
    }

    /** These, and over them those that the other has. */
    Relations with(Relations other) {
        Map<Integer, TableForm> next = new HashMap<>(forms);
        next.putAll(other.forms);
        return new Relations(Map.copyOf(next));
    }

    /** These, but for those of some tables. */
    Relations without(Set<TableId> tables) {
        if (tables.isEmpty()) {
            return this;
        }
        Map<Integer, TableForm> next = new HashMap<>(forms);
        next.values().removeIf(form -> form.schema().relation() instanceof TableId table && tables.contains(table));
        return new Relations(Map.copyOf(next));
    }
}
