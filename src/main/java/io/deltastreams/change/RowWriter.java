package io.deltastreams.change;

/**
 * Makes encoded rows: a source writes each column in {@link RowCodec}'s binary form, in order, and gets a {@link Row} that lies in those bytes.
 * Many rows share one buffer, which lives as long as one of them does. Not thread-safe.
 *
 * <p>Of each row: {@link #begin}, then for each column one of {@link #absent}, {@link #nothing}, or {@link #value} and the writes of that value,
 * then {@link #end}.
 */
public final class RowWriter {

    private final BinaryWriter out;
    private Schema schema;
    private int[] offsets;
    private int column;
    private int nulls;
    private int absents;

    /** @param capacity about how many bytes the rows will take together */
    public RowWriter(int capacity, Schema first) {
        out = new BinaryWriter(capacity);
        schema = first;
        offsets = new int[0];
    }

    /**
     * @param anyNull whether a column is null
     * @param anyAbsent whether a column is absent
     */
    public void begin(Schema next, boolean anyNull, boolean anyAbsent) {
        schema = next;
        int count = next.columns().size();
        int bitmap = (count + 7) / 8;
        offsets = new int[count + 2];
        offsets[count] = out.size();
        column = 0;
        nulls = RowCodec.head(out, anyNull, anyAbsent, bitmap);
        absents = anyNull ? nulls + bitmap : nulls;
    }

    public void nothing() {
        out.mark(nulls + (column >> 3), 1 << (column & 7));
        offsets[column++] = Row.NULL;
    }

    public void absent() {
        out.mark(absents + (column >> 3), 1 << (column & 7));
        offsets[column++] = Row.MISSING;
    }

    /** The next column's value is what is written there, in the form that its type has. */
    public BinaryWriter value() {
        offsets[column++] = out.size();
        return out;
    }

    /** Bytes of the rows so far. */
    public int size() {
        return out.size();
    }

    /** The row. Bytes already written never change, so it stays what it is when the buffer grows into a larger array. */
    public Row end() {
        offsets[offsets.length - 1] = out.size();
        return Row.encoded(out.array(), offsets, schema);
    }
}
