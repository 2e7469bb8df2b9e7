package io.deltastreams.change;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The values of one row in the order of its schema's columns, each of the class that {@link Type} names, null, or {@link #ABSENT}.
 * Immutable and thread-safe.
 *
 * <p>It is made of values, or it is <em>encoded</em>: it lies in {@link RowCodec}'s binary form within some bytes, and a value is decoded
 * when it is asked for. So a row that a source has encoded goes through the log by being copied, and a reader that wants one column, or none,
 * pays for one, or none.
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
    private static final byte[] NOT_ENCODED = new byte[0];
    private static final int[] NO_OFFSETS = new int[0];

    /** Instead of an offset. */
    static final int NULL = -1;

    static final int MISSING = -2;

    private final @Nullable Object[] values;
    private final byte[] bytes;
    /** Where each column's value begins in {@code bytes}, {@link #NULL} or {@link #MISSING}; then where the row begins and ends. */
    private final int[] offsets;

    private final List<Column> columns;

    private Row(@Nullable Object[] values, byte[] bytes, int[] offsets, List<Column> columns) {
        this.values = values;
        this.bytes = bytes;
        this.offsets = offsets;
        this.columns = columns;
    }

    /** The array is taken over, not copied. */
    public static Row of(@Nullable Object... values) {
        return new Row(values, NOT_ENCODED, NO_OFFSETS, List.of());
    }

    /** Both arrays are taken over, not copied. */
    static Row encoded(byte[] bytes, int[] offsets, Schema schema) {
        return new Row(NOTHING, bytes, offsets, schema.columns());
    }

    private static final @Nullable Object[] NOTHING = new @Nullable Object[0];

    /** Whether {@link #encoded(int, BinaryReader)} and {@link #copyTo} can be used. */
    public boolean isEncoded() {
        return offsets.length > 0;
    }

    /** The value, null, or {@link #ABSENT}. */
    public @Nullable Object get(int column) {
        if (!isEncoded()) {
            return values[column];
        }
        return switch (offsets[column]) {
            case NULL -> null;
            case MISSING -> ABSENT;
            default ->
                RowCodec.value(
                        columns.get(column).type(), new BinaryReader(bytes, offsets[column], end() - offsets[column]));
        };
    }

    /** Whether the source sent this column. */
    public boolean has(int column) {
        return isEncoded() ? offsets[column] != MISSING : !(values[column] instanceof Absent);
    }

    public boolean isNull(int column) {
        return isEncoded() ? offsets[column] == NULL : values[column] == null;
    }

    /** Moves {@code in} to the binary form of a value that is there and not null. Only of an encoded row. */
    public void encoded(int column, BinaryReader in) {
        in.reset(bytes, offsets[column], end() - offsets[column]);
    }

    /** Appends the binary form of a value that is there and not null. Only of an encoded row. */
    public void copyTo(int column, BinaryWriter out) {
        out.bytes(bytes, offsets[column], valueEnd(column) - offsets[column]);
    }

    /** Appends the row's binary form. Only of an encoded row. */
    void copyTo(BinaryWriter out) {
        int start = offsets[offsets.length - 2];
        out.bytes(bytes, start, end() - start);
    }

    private int end() {
        return offsets[offsets.length - 1];
    }

    /**
     * How many bytes are kept as long as this row is, those of others included that lie beside it.
     *
     * @param neighbour one that is counted already: what both lie in counts once
     */
    @SuppressWarnings("ReferenceEquality")
    public long held(@Nullable Row neighbour) {
        if (!isEncoded()) {
            return weight();
        }
        boolean shared = neighbour != null && neighbour.bytes == bytes;
        return 64L + 4L * offsets.length + (shared ? 0 : bytes.length);
    }

    /** Whether the other, encoded with the same columns, has the same value in a column that both have. */
    public boolean sameValue(int column, Row other) {
        if (!isEncoded() || !other.isEncoded() || offsets[column] < 0 || other.offsets[column] < 0) {
            return Objects.equals(get(column), other.get(column));
        }
        return Arrays.equals(
                bytes, offsets[column], valueEnd(column), other.bytes, other.offsets[column], other.valueEnd(column));
    }

    private int valueEnd(int column) {
        for (int next = column + 1; next < columns.size(); next++) {
            if (offsets[next] >= 0) {
                return offsets[next];
            }
        }
        return end();
    }

    /** Whether the row, if encoded, has this schema's binary form. */
    boolean isEncodedAs(Schema schema) {
        return isEncoded() && (isSame(columns, schema.columns()) || columns.equals(schema.columns()));
    }

    /** Comparing two schemas column by column for every row would cost more than writing it. */
    @SuppressWarnings("ReferenceEquality")
    private static boolean isSame(List<Column> a, List<Column> b) {
        return a == b;
    }

    public boolean isComplete() {
        for (int column = 0; column < size(); column++) {
            if (!has(column)) {
                return false;
            }
        }
        return true;
    }

    public int size() {
        return isEncoded() ? columns.size() : values.length;
    }

    /** About how many bytes this row takes in memory: what bounded queues count. */
    public long weight() {
        if (isEncoded()) {
            return 64L + 4L * offsets.length + end() - offsets[offsets.length - 2];
        }
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

    private @Nullable Object[] decoded() {
        if (!isEncoded()) {
            return values;
        }
        @Nullable Object[] decoded = new @Nullable Object[size()];
        for (int column = 0; column < decoded.length; column++) {
            decoded[column] = get(column);
        }
        return decoded;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Row row && Arrays.equals(decoded(), row.decoded());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(decoded());
    }

    /** The number of columns, never their values: a row printed by accident must not put data into a log (Invariant 9). */
    @Override
    public String toString() {
        return "Row[" + size() + " columns]";
    }
}
