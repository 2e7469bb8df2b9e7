package io.deltastreams.source;

import io.deltastreams.change.Change;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a table holds after its changes: the oracle that stands against the database's own table. */
public final class Fold {

    private Fold() {}

    /** Rows by the text of their key; each as the texts of its values. */
    public static SortedMap<String, List<String>> of(List<Change> changes) {
        return of(changes, true);
    }

    /** The same where a row may come again that is there already, or change or go that never came, as behind a snapshot that was interrupted. */
    public static SortedMap<String, List<String>> upserting(List<Change> changes) {
        return of(changes, false);
    }

    private static SortedMap<String, List<String>> of(List<Change> changes, boolean strict) {
        SortedMap<String, Row> rows = new TreeMap<>();
        for (Change change : changes) {
            switch (change) {
                case Change.Insert insert -> {
                    if (rows.put(key(insert.schema(), insert.after()), insert.after()) != null && strict) {
                        throw new AssertionError("inserted twice: " + key(insert.schema(), insert.after()));
                    }
                }
                case Change.Update update -> {
                    String key = key(update.schema(), update.after());
                    Row former = rows.get(key);
                    if (former == null && strict) {
                        throw new AssertionError("updated before it was there: " + key);
                    }
                    rows.put(key, former == null ? update.after() : merged(former, update.after()));
                }
                case Change.Delete delete -> {
                    if (rows.remove(key(delete.schema(), delete.before())) == null && strict) {
                        throw new AssertionError("deleted before it was there");
                    }
                }
                case Change.Truncate _ -> rows.clear();
            }
        }
        SortedMap<String, List<String>> texts = new TreeMap<>();
        rows.forEach((key, row) -> texts.put(key, texts(row)));
        return texts;
    }

    private static String key(Schema schema, Row row) {
        StringBuilder key = new StringBuilder();
        schema.key().forEach(column -> key.append(row.get(column)).append('|'));
        return key.toString();
    }

    private static Row merged(Row former, Row after) {
        @Nullable Object[] values = new @Nullable Object[after.size()];
        for (int index = 0; index < values.length; index++) {
            values[index] = after.has(index) ? after.get(index) : former.get(index);
        }
        return Row.of(values);
    }

    private static List<String> texts(Row row) {
        String[] texts = new String[row.size()];
        for (int index = 0; index < texts.length; index++) {
            texts[index] = String.valueOf(row.get(index));
        }
        return List.of(texts);
    }
}
