package io.deltastreams.state;

import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How rows that were stored under one schema of their table read under a later one. Immutable. */
final class Evolution {

    private final Schema to;
    /** Of each column of the later schema, the earlier one's place; negative where it has none. */
    private final int[] from;

    private final List<Column> before;

    Evolution(Schema earlier, Schema later) {
        to = later;
        before = earlier.columns();
        from = later.columns().stream()
                .mapToInt(column -> earlier.indexOf(column.name()))
                .toArray();
    }

    /**
     * Why the database has values in rows stored under the earlier schema that the log does not tell; empty where it has none. PostgreSQL's
     * {@code ALTER TABLE} rewrites rows, or gives them a default, without a word in the stream of changes.
     */
    Optional<String> lost() {
        for (int i = 0; i < from.length; i++) {
            Column column = to.columns().get(i);
            if (from[i] < 0 && !column.nullable()) {
                return Optional.of("column '%s' was added and is never null".formatted(column.name()));
            }
            if (from[i] >= 0 && !reads(before.get(from[i]).type(), column.type())) {
                return Optional.of("column '%s' was %s and is %s"
                        .formatted(column.name(), before.get(from[i]).type(), column.type()));
            }
        }
        return Optional.empty();
    }

    /** Whether every value of the one type is the same value of the other. */
    private static boolean reads(Type earlier, Type later) {
        if (earlier.equals(later)) {
            return true;
        }
        return switch (later) {
            case Type.Simple simple ->
                switch (simple) {
                    case INT32 -> earlier == Type.Simple.INT16;
                    case INT64 -> earlier == Type.Simple.INT16 || earlier == Type.Simple.INT32;
                    case FLOAT64 -> earlier == Type.Simple.FLOAT32;
                    default -> false;
                };
            case Type.Numeric numeric ->
                earlier instanceof Type.Numeric narrower
                        && (numeric.precision() == 0
                                || (narrower.scale() == numeric.scale()
                                        && narrower.precision() != 0
                                        && narrower.precision() <= numeric.precision()));
            case Type.Enumeration enumeration ->
                earlier instanceof Type.Enumeration fewer
                        && fewer.name().equals(enumeration.name())
                        && enumeration.labels().containsAll(fewer.labels());
            default -> false;
        };
    }

    /** A column that does not read any more is absent. */
    Row of(Row row) {
        @Nullable Object[] values = new @Nullable Object[from.length];
        for (int i = 0; i < from.length; i++) {
            values[i] = from[i] < 0
                    ? missing(i)
                    : value(row, from[i], to.columns().get(i).type());
        }
        return Row.of(values);
    }

    private @Nullable Object missing(int column) {
        return to.columns().get(column).nullable() ? null : Row.ABSENT;
    }

    private @Nullable Object value(Row row, int column, Type type) {
        Object value = row.get(column);
        if (value == null || !row.has(column)) {
            return value;
        }
        if (!reads(before.get(column).type(), type)) {
            return Row.ABSENT;
        }
        return switch (value) {
            case Integer number when type == Type.Simple.INT64 -> (Object) number.longValue();
            case Float number when type == Type.Simple.FLOAT64 -> (Object) number.doubleValue();
            default -> value;
        };
    }

    /** Whether the later one has every column of the earlier one as it was. */
    static boolean keepsAll(Schema earlier, Schema later) {
        return earlier.columns().stream().allMatch(column -> {
            int at = later.indexOf(column.name());
            return at >= 0 && later.columns().get(at).type().equals(column.type());
        });
    }

    /** Whether both have the same key, so that the earlier schema's rows are found. */
    static boolean sameKey(Schema earlier, Schema later) {
        return keyOf(earlier).equals(keyOf(later));
    }

    private static List<Column> keyOf(Schema schema) {
        return schema.key().stream()
                .map(schema.columns()::get)
                .map(Objects::requireNonNull)
                .toList();
    }
}
