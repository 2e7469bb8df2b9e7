package io.deltastreams.transform;

import io.deltastreams.change.Type;
import io.deltastreams.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Which types meet by themselves, and how: literals take their neighbour's type, numbers and moments widen, nothing else moves. */
final class Coercion {

    private final Clause clause;

    Coercion(Clause clause) {
        this.clause = clause;
    }

    InvalidStream error(Place place, String problem) {
        return new InvalidStream(clause.stream(), place, problem);
    }

    /** Two operands that can be compared, and how. */
    record Pair(Expr a, Expr b, Order order) {}

    Pair comparable(Expr a, Expr b, Place place) throws InvalidStream {
        Type type = meeting(a, b, place);
        if (Types.family(type) == Types.Family.OTHER) {
            throw error(place, "%s cannot be compared, only tested with IS [NOT] NULL".formatted(Types.name(type)));
        }
        return new Pair(comparand(a, type), comparand(b, type), Order.of(type));
    }

    private Expr comparand(Expr expr, Type type) throws InvalidStream {
        boolean asItIs = expr.type() != null && (Types.isNumber(type) || Types.family(type) == Types.Family.TEXT);
        return asItIs ? expr : converted(expr, type);
    }

    private Type meeting(Expr a, Expr b, Place place) throws InvalidStream {
        Type left = a.type();
        Type right = b.type();
        if (left == null || right == null) {
            Type known = left == null ? right : left;
            return known == null ? Type.Simple.TEXT : bare(known);
        }
        Types.Family family = Types.family(left);
        if (family != Types.family(right) || (family == Types.Family.OTHER && !left.equals(right))) {
            throw error(place, "cannot compare %s with %s".formatted(Types.name(left), Types.name(right)));
        }
        return switch (family) {
            case NUMBER -> meetingNumbers(left, right);
            case MOMENT -> Types.laterMoment(left, right);
            case TEXT -> Type.Simple.TEXT;
            default -> left;
        };
    }

    private static Type meetingNumbers(Type a, Type b) {
        if (Types.isFloat(a) || Types.isFloat(b)) {
            return Type.Simple.FLOAT64;
        }
        return Types.isInteger(a) && Types.isInteger(b) ? Type.Simple.INT64 : Types.NUMERIC;
    }

    /** Without what a column's declaration adds, so that comparing rounds nothing. */
    static Type bare(Type type) {
        return type instanceof Type.Numeric ? Types.NUMERIC : type;
    }

    /** The type that all branches of a CASE or arguments of COALESCE become. */
    Type common(List<Expr> branches, String what) throws InvalidStream {
        Type common = null;
        boolean open = false;
        for (Expr branch : branches) {
            Type type = branch.type();
            open |= type == null;
            if (type != null && common != null) {
                common = common(common, type, branch.place(), what);
            } else if (type != null) {
                common = type;
            }
        }
        if (common == null) {
            return Type.Simple.TEXT;
        }
        // A literal keeps the decimals that it is written with.
        return open ? bare(common) : common;
    }

    private Type common(Type a, Type b, Place place, String what) throws InvalidStream {
        if (a.equals(b)) {
            return a;
        }
        Types.Family family = Types.family(a);
        if (family == Types.family(b)) {
            Type common = switch (family) {
                case NUMBER -> Types.wider(a, b);
                case MOMENT -> Types.laterMoment(a, b);
                case TEXT -> Type.Simple.TEXT;
                default -> null;
            };
            if (common != null) {
                return common;
            }
        }
        throw error(place, "%s cannot be both %s and %s".formatted(what, Types.name(a), Types.name(b)));
    }

    List<Expr> convertedAll(List<Expr> expressions, Type type) throws InvalidStream {
        List<Expr> converted = new ArrayList<>();
        for (Expr expression : expressions) {
            converted.add(converted(expression, type));
        }
        return converted;
    }

    /** The expression as a type that it can become by itself; a literal is read now. */
    Expr converted(Expr expr, Type to) throws InvalidStream {
        Type from = expr.type();
        if (from == null) {
            return literal(expr, to);
        }
        if (from.equals(to)) {
            return expr;
        }
        if (Types.family(from) == Types.Family.TEXT && to == Type.Simple.TEXT) {
            return new Expr(to, expr.nullable(), expr.eval(), expr.place(), expr.constant(), -1);
        }
        Optional<UnaryOperator<Object>> cast = Casts.between(from, to);
        if (cast.isEmpty() || Types.family(from) != Types.family(to)) {
            throw error(expr.place(), "must be %s, not %s".formatted(Types.name(to), Types.name(from)));
        }
        return call(to, expr.nullable(), Nodes.unary(expr.eval(), cast.get()::apply, expr.place()), expr.place(), expr);
    }

    private Expr literal(Expr expr, Type to) throws InvalidStream {
        Object text = expr.value();
        if (text == null) {
            return Expr.constant(to, null, expr.place());
        }
        if (to instanceof Type.Enumeration enumeration) {
            checkLabel(expr, (String) text, enumeration);
        }
        Optional<UnaryOperator<Object>> reader = Casts.between(Type.Simple.TEXT, to);
        if (reader.isEmpty()) {
            throw error(expr.place(), "a text cannot be read as " + Types.name(to));
        }
        try {
            return Expr.constant(to, reader.get().apply(text), expr.place());
        } catch (Failure e) {
            throw error(expr.place(), "'%s' is no %s: %s".formatted(text, Types.name(to), e.reason()));
        }
    }

    private void checkLabel(Expr expr, String label, Type.Enumeration enumeration) throws InvalidStream {
        List<String> labels = enumeration.labels();
        if (!labels.isEmpty() && !labels.contains(label)) {
            String hint = Settings.nearest(label, labels)
                    .map(near -> "did you mean '%s'?".formatted(near))
                    .orElse("it has " + String.join(", ", labels));
            throw error(expr.place(), "'%s' is no label of %s; %s".formatted(label, Types.name(enumeration), hint));
        }
    }

    /** The expression as its text. */
    Expr rendered(Expr expr) throws InvalidStream {
        Optional<UnaryOperator<Object>> cast = Casts.between(expr.settled(), Type.Simple.TEXT);
        if (expr.type() == null || cast.isEmpty()) {
            return converted(expr, Type.Simple.TEXT);
        }
        Eval eval = Nodes.unary(expr.eval(), cast.get()::apply, expr.place());
        return call(Type.Simple.TEXT, expr.nullable(), eval, expr.place(), expr);
    }

    Expr text(Expr expr, String what) throws InvalidStream {
        return wanted(expr, Types.Family.TEXT, Type.Simple.TEXT, what);
    }

    Expr bool(Expr expr, String what) throws InvalidStream {
        return wanted(expr, Types.Family.BOOL, Type.Simple.BOOL, what);
    }

    /** An integer that fits a column's length. */
    Expr int32(Expr expr, String what) throws InvalidStream {
        Type type = expr.type();
        if (type != null && type != Type.Simple.INT16 && type != Type.Simple.INT32) {
            throw error(expr.place(), "%s must be integer, not %s".formatted(what, Types.name(type)));
        }
        return converted(expr, Type.Simple.INT32);
    }

    private Expr wanted(Expr expr, Types.Family family, Type to, String what) throws InvalidStream {
        Type type = expr.type();
        if (type != null && Types.family(type) != family) {
            throw error(expr.place(), "%s must be %s, not %s".formatted(what, Types.name(to), Types.name(type)));
        }
        return converted(expr, to);
    }

    /** The number's type; a literal in quotes counts as what its neighbour is, or as double precision. */
    Expr number(Expr expr, @Nullable Type neighbour, String what) throws InvalidStream {
        Type type = expr.type();
        if (type == null) {
            return literal(expr, neighbour == null ? Type.Simple.FLOAT64 : bare(neighbour));
        }
        if (!Types.isNumber(type)) {
            throw error(expr.place(), "%s must be a number, not %s".formatted(what, Types.name(type)));
        }
        return expr;
    }

    /** A call; computed at once where all arguments are constant. One that fails then fails for each row instead. */
    static Expr call(Type type, boolean nullable, Eval eval, Place place, Expr... arguments) {
        Expr call = Expr.computed(type, nullable, eval, place);
        for (Expr argument : arguments) {
            if (!argument.constant()) {
                return call;
            }
        }
        Expr constant = new Expr(type, nullable, eval, place, true, -1);
        try {
            return Expr.constant(type, constant.value(), place);
        } catch (Failure _) {
            return call;
        }
    }
}
