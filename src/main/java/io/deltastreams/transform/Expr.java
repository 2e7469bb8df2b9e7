package io.deltastreams.transform;

import io.deltastreams.change.Row;
import io.deltastreams.change.Type;
import org.jspecify.annotations.Nullable;

/**
 * A typed expression.
 *
 * @param type null for a text literal or NULL, whose type is what its neighbour wants (PostgreSQL's {@code unknown})
 * @param constant whether it is the same for every row
 * @param column the table's column that it is, or -1
 */
record Expr(@Nullable Type type, boolean nullable, Eval eval, Place place, boolean constant, int column) {

    private static final Row NO_ROW = Row.of();

    static Expr computed(Type type, boolean nullable, Eval eval, Place place) {
        return new Expr(type, nullable, eval, place, false, -1);
    }

    static Expr constant(@Nullable Type type, @Nullable Object value, Place place) {
        return new Expr(type, value == null, _ -> value, place, true, -1);
    }

    /** Of a constant. */
    @Nullable Object value() {
        return eval.at(NO_ROW);
    }

    /** The type, TEXT where it is still open. */
    Type settled() {
        return type == null ? Type.Simple.TEXT : type;
    }

    /** A text cut to its first characters; unchanged where {@code length} is negative. */
    Expr withLength(int length) {
        if (length < 0) {
            return this;
        }
        return new Expr(
                type,
                nullable,
                Nodes.unary(eval, text -> Texts.left((String) text, length), place),
                place,
                constant,
                -1);
    }
}
