package io.deltastreams.transform;

import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.RowWriter;
import io.deltastreams.change.Schema;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** A stream's rows from a table's: what passes is copied in its binary form, the rest is computed. Pure and thread-safe. */
final class Projection {

    /** About how many bytes a value takes; a row that takes more grows. */
    private static final int PER_COLUMN = 16;

    private final Schema output;
    private final Output[] outputs;
    private final boolean identity;
    private final Row nothing;

    /** @param output the schema that the outputs make */
    Projection(Schema table, Schema output, List<Output> outputs) {
        this.output = output;
        this.outputs = outputs.toArray(Output[]::new);
        this.identity = isIdentity(table, this.outputs);
        @Nullable Object[] absent = new @Nullable Object[this.outputs.length];
        Arrays.fill(absent, Row.ABSENT);
        this.nothing = Row.of(absent);
    }

    private static boolean isIdentity(Schema table, Output[] outputs) {
        for (int i = 0; i < outputs.length; i++) {
            if (outputs[i].source() != i) {
                return false;
            }
        }
        return outputs.length == table.columns().size();
    }

    /** @throws Failure if a column cannot be computed */
    Row of(Row row) {
        return identity ? row : written(row, false);
    }

    /** The same of a former row; what cannot be computed is absent. */
    Row leniently(Row row) {
        return identity ? row : written(row, true);
    }

    /** The key's columns of the row; all others are absent. */
    Row key(Row row) {
        Row all = leniently(row);
        return merged(output, i -> output.key().contains(i) ? all : nothing);
    }

    private Row written(Row row, boolean lenient) {
        @Nullable Object[] computed = new @Nullable Object[outputs.length];
        boolean anyNull = false;
        boolean anyAbsent = false;
        for (int i = 0; i < outputs.length; i++) {
            int source = outputs[i].source();
            if (source < 0) {
                computed[i] = computed(outputs[i], row, lenient);
            }
            anyNull |= source < 0 ? computed[i] == null : row.isNull(source);
            anyAbsent |= source < 0 ? isAbsent(computed[i]) : !row.has(source);
        }
        RowWriter out = new RowWriter(PER_COLUMN * outputs.length, output);
        out.begin(output, anyNull, anyAbsent);
        for (int i = 0; i < outputs.length; i++) {
            int source = outputs[i].source();
            if (source < 0) {
                put(computed[i], outputs[i].column(), out);
            } else {
                pass(row, source, outputs[i].column(), out);
            }
        }
        return out.end();
    }

    private static @Nullable Object computed(Output column, Row row, boolean lenient) {
        try {
            return column.of(row);
        } catch (Failure e) {
            if (lenient) {
                return Row.ABSENT;
            }
            throw e;
        }
    }

    /**
     * A row put together from others.
     *
     * @param schema of all of them
     * @param origin which row each column comes from
     */
    static Row merged(Schema schema, IntFunction<Row> origin) {
        int count = schema.columns().size();
        boolean anyNull = false;
        boolean anyAbsent = false;
        for (int i = 0; i < count; i++) {
            anyNull |= origin.apply(i).isNull(i);
            anyAbsent |= !origin.apply(i).has(i);
        }
        RowWriter out = new RowWriter(PER_COLUMN * count, schema);
        out.begin(schema, anyNull, anyAbsent);
        for (int i = 0; i < count; i++) {
            pass(origin.apply(i), i, schema.columns().get(i), out);
        }
        return out.end();
    }

    private static void pass(Row row, int source, Column column, RowWriter out) {
        if (row.isEncoded() && row.has(source) && !row.isNull(source)) {
            row.copyTo(source, out.value());
        } else {
            put(row.get(source), column, out);
        }
    }

    private static void put(@Nullable Object value, Column column, RowWriter out) {
        if (value == null) {
            out.nothing();
        } else if (isAbsent(value)) {
            out.absent();
        } else {
            RowCodec.write(value, column.type(), out.value());
        }
    }

    private static boolean isAbsent(@Nullable Object value) {
        return Objects.equals(value, Row.ABSENT);
    }
}
