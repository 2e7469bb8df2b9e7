package io.deltastreams.change;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values of one row in the order of its schema's columns, each of the class that {@link Type} names, null, or {@link #ABSENT}.
 * Immutable; the array given is taken over, not copied.
 */
public final class Row {

    /**
     * Stands where the source sent no value: an untouched TOASTed column of an update, a column that is no part of the key in the
     * before image of a table without {@code REPLICA IDENTITY FULL}. Never to be taken for null.
     */
    public static final Object ABSENT = Absent.VALUE;

    private enum Absent {
        VALUE
    }

    private static final long PER_VALUE = 24L;

    private final @Nullable Object[] values;

    private Row(@Nullable Object[] values) {
        this.values = values;
    }

    public static Row of(@Nullable Object... values) {
        return new Row(values);
    }

    /** The value, null, or {@link #ABSENT}. */
    public @Nullable Object get(int column) {
        return values[column];
    }

    /** Whether the source sent this column. */
    public boolean has(int column) {
        return !(values[column] instanceof Absent);
    }

    public boolean isComplete() {
        for (Object value : values) {
            if (value instanceof Absent) {
                return false;
            }
        }
        return true;
    }

    public int size() {
        return values.length;
    }

    /** About how many bytes this row takes in memory: what bounded queues count. */
    public long weight() {
        long weight = 32;
        for (Object value : values) {
            weight += weight(value);
        }
        return weight;
    }

    private static long weight(@Nullable Object value) {
        return switch (value) {
            case null -> 8;
            case String text -> PER_VALUE + 16 + text.length();
            case Bytes bytes -> PER_VALUE + 16 + bytes.array().length;
            case Geometry geometry -> PER_VALUE + 32 + geometry.wkb().array().length;
            case List<?> list -> {
                long sum = PER_VALUE;
                for (Object element : list) {
                    sum += weight(element);
                }
                yield sum;
            }
            case Map<?, ?> map -> {
                long sum = PER_VALUE;
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    sum += weight(entry.getKey()) + weight(entry.getValue());
                }
                yield sum;
            }
            default -> PER_VALUE;
        };
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Row row && Arrays.equals(values, row.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    /** The number of columns, never their values: a row printed by accident must not put data into a log (Invariant 9). */
    @Override
    public String toString() {
        return "Row[" + values.length + " columns]";
    }
}
