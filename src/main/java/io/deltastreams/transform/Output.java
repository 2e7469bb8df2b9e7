package io.deltastreams.transform;

import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Type;
import org.jspecify.annotations.Nullable;

/**
 * One column of a stream.
 *
 * @param source the table's column whose value passes through untouched, or -1
 * @param identifies the table's column that this one tells apart as well as itself, or -1
 */
record Output(Column column, Eval eval, int source, int identifies, Place place) {

    static Output passing(Column column, int source, Place place) {
        return new Output(column, Nodes.column(source, column.name()), source, source, place);
    }

    static Output computed(String name, Expr expr) {
        Column column = new Column(name, expr.settled(), expr.nullable());
        return new Output(column, expr.eval(), expr.column(), expr.column(), expr.place());
    }

    String name() {
        return column.name();
    }

    /** The same column with other values. */
    Output changed(Type type, boolean nullable, boolean identifies, Nodes.Unary function) {
        Column changed = new Column(name(), type, nullable);
        return new Output(changed, Nodes.unary(eval, function, place), -1, identifies ? this.identifies : -1, place);
    }

    /** The value computed, {@link Row#ABSENT} where the row does not carry what it is made of. */
    @Nullable Object of(Row row) {
        try {
            return eval.at(row);
        } catch (Missing _) {
            return Row.ABSENT;
        }
    }
}
