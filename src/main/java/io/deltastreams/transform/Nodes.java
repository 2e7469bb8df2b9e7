package io.deltastreams.transform;

import java.time.DateTimeException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The shapes of compiled expressions: calls that are null where an argument is, and SQL's three-valued connectives. */
final class Nodes {

    /** A function of a value that is not null. */
    @FunctionalInterface
    interface Unary {
        @Nullable Object apply(Object a);
    }

    /** A function of values none of which is null. */
    @FunctionalInterface
    interface Many {
        @Nullable Object apply(@Nullable Object[] values);
    }

    private Nodes() {}

    static Eval column(int index, String name) {
        Missing missing = new Missing(name);
        return row -> {
            if (!row.has(index)) {
                throw missing;
            }
            return row.get(index);
        };
    }

    static Eval unary(Eval a, Unary function, Place place) {
        return row -> {
            Object x = a.at(row);
            if (x == null) {
                return null;
            }
            try {
                return function.apply(x);
            } catch (Failure | ArithmeticException | DateTimeException e) {
                throw placed(e, place);
            }
        };
    }

    static Eval binary(Eval a, Eval b, Numbers.Binary function, Place place) {
        return row -> {
            Object x = a.at(row);
            Object y = b.at(row);
            if (x == null || y == null) {
                return null;
            }
            try {
                return function.apply(x, y);
            } catch (Failure | ArithmeticException | DateTimeException e) {
                throw placed(e, place);
            }
        };
    }

    static Eval many(List<Expr> arguments, Many function, Place place) {
        Eval[] evals = evals(arguments);
        return row -> {
            @Nullable Object[] values = new @Nullable Object[evals.length];
            boolean isNull = false;
            for (int i = 0; i < evals.length; i++) {
                values[i] = evals[i].at(row);
                isNull |= values[i] == null;
            }
            if (isNull) {
                return null;
            }
            try {
                return function.apply(values);
            } catch (Failure | ArithmeticException | DateTimeException e) {
                throw placed(e, place);
            }
        };
    }

    private static Failure placed(RuntimeException e, Place place) {
        return (e instanceof Failure failure ? failure : new Failure("value out of range")).at(place);
    }

    static Eval[] evals(List<Expr> arguments) {
        return arguments.stream().map(Expr::eval).toArray(Eval[]::new);
    }

    /**
     * AND over all parts, or OR where {@code decisive} is true. A part that needs an absent column does not matter where another part
     * decides.
     */
    static Eval connective(List<Expr> parts, boolean decisive) {
        Eval[] evals = evals(parts);
        Boolean neutral = !decisive;
        return row -> {
            Object result = neutral;
            Missing missing = null;
            for (Eval part : evals) {
                try {
                    Object value = part.at(row);
                    if (value == null) {
                        result = null;
                    } else if ((Boolean) value == decisive) {
                        return value;
                    }
                } catch (Missing e) {
                    missing = e;
                }
            }
            if (missing != null) {
                throw missing;
            }
            return result;
        };
    }

    static Eval is(Eval a, @Nullable Object wanted, boolean negated) {
        return row -> {
            Object value = a.at(row);
            boolean same = wanted == null ? value == null : wanted.equals(value);
            return same != negated;
        };
    }

    static Eval distinct(Eval a, Eval b, Order order, boolean negated) {
        return row -> {
            Object x = a.at(row);
            Object y = b.at(row);
            boolean same = x == null ? y == null : (y != null && order.compare(x, y) == 0);
            return same == negated;
        };
    }

    /** Whether {@code a} is among the candidates; null where it is not, and one of them or itself is null. */
    static Eval among(Eval a, List<Expr> candidates, List<Order> orders, boolean negated) {
        Eval[] evals = evals(candidates);
        Order[] each = orders.toArray(Order[]::new);
        return row -> {
            Object x = a.at(row);
            if (x == null) {
                return null;
            }
            boolean unknown = false;
            for (int i = 0; i < evals.length; i++) {
                Object y = evals[i].at(row);
                if (y == null) {
                    unknown = true;
                } else if (each[i].compare(x, y) == 0) {
                    return !negated;
                }
            }
            return unknown ? null : negated;
        };
    }

    static Eval choose(List<Expr> conditions, List<Expr> results, Eval otherwise) {
        Eval[] whens = evals(conditions);
        Eval[] thens = evals(results);
        return row -> {
            for (int i = 0; i < whens.length; i++) {
                if (Boolean.TRUE.equals(whens[i].at(row))) {
                    return thens[i].at(row);
                }
            }
            return otherwise.at(row);
        };
    }

    static Eval firstOf(List<Expr> arguments) {
        Eval[] evals = evals(arguments);
        return row -> {
            for (Eval eval : evals) {
                Object value = eval.at(row);
                if (value != null) {
                    return value;
                }
            }
            return null;
        };
    }

    /** The greatest of those that are not null, or the least where {@code sign} is -1. */
    static Eval extreme(List<Expr> arguments, Order order, int sign) {
        Eval[] evals = evals(arguments);
        return row -> {
            Object best = null;
            for (Eval eval : evals) {
                Object value = eval.at(row);
                if (value != null && (best == null || order.compare(value, best) * sign > 0)) {
                    best = value;
                }
            }
            return best;
        };
    }
}
