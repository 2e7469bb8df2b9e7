package io.deltastreams.transform;

import static io.deltastreams.change.Type.Simple.*;

import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.Type;
import io.deltastreams.settings.Settings;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIntervalQualifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.fun.SqlTrimFunction;
import org.jspecify.annotations.Nullable;

/** The operators and functions that compute values, each with PostgreSQL's meaning and types. */
final class Functions {

    private static final Set<String> NAMES = new TreeSet<>(Set.of(
            "abs",
            "ceil",
            "char_length",
            "coalesce",
            "concat",
            "date_trunc",
            "extract",
            "floor",
            "greatest",
            "least",
            "left",
            "length",
            "lower",
            "mod",
            "nullif",
            "position",
            "power",
            "replace",
            "right",
            "round",
            "sign",
            "sqrt",
            "substring",
            "trim",
            "trunc",
            "upper"));
    private static final Set<String> VOLATILE = Set.of(
            "now",
            "current_timestamp",
            "current_date",
            "current_time",
            "localtime",
            "localtimestamp",
            "random",
            "rand",
            "gen_random_uuid",
            "clock_timestamp",
            "statement_timestamp",
            "transaction_timestamp",
            "timeofday");

    private final Compiler compiler;
    private final Coercion coercion;

    Functions(Compiler compiler) {
        this.compiler = compiler;
        this.coercion = compiler.coercion();
    }

    Expr call(SqlCall call) throws InvalidStream {
        String name = call.getOperator().getName().toLowerCase(Locale.ROOT);
        return switch (name) {
            case "+" -> call.operandCount() == 1 ? plus(call) : arithmetic(call, Numbers.Operation.ADD);
            case "-" -> call.operandCount() == 1 ? minus(call) : arithmetic(call, Numbers.Operation.SUBTRACT);
            case "*" -> arithmetic(call, Numbers.Operation.MULTIPLY);
            case "/" -> arithmetic(call, Numbers.Operation.DIVIDE);
            case "%", "mod" -> arithmetic(arity(call, 2, 2), Numbers.Operation.REMAINDER);
            case "||" -> joined(call);
            case "like", "not like", "ilike", "not ilike" -> like(call, name);
            case "abs", "ceil", "ceiling", "floor", "sign", "sqrt", "power", "pow", "round", "trunc", "truncate" ->
                numeric(call, name);
            case "coalesce" -> coalesce(arity(call, 1, 100));
            case "nullif" -> nullIf(arity(call, 2, 2));
            case "greatest" -> extreme(arity(call, 1, 100), 1);
            case "least" -> extreme(arity(call, 1, 100), -1);
            case "extract" -> extract(call);
            case "date_trunc" -> truncated(arity(call, 2, 2));
            default -> text(call, name);
        };
    }

    private Expr text(SqlCall call, String name) throws InvalidStream {
        return switch (name) {
            case "upper" -> ofText(call, TEXT, value -> Texts.upper((String) value));
            case "lower" -> ofText(call, TEXT, value -> Texts.lower((String) value));
            case "length", "char_length", "character_length" ->
                ofText(call, INT32, value -> Texts.length((String) value));
            case "trim" -> trim(call);
            case "substring", "substr" -> substring(arity(call, 2, 3));
            case "position" -> position(arity(call, 2, 2));
            case "replace" -> replace(arity(call, 3, 3));
            case "concat" -> concat(arity(call, 1, 100));
            case "left" -> end(arity(call, 2, 2), Texts::left);
            case "right" -> end(arity(call, 2, 2), Texts::right);
            default -> throw unknown(call, name);
        };
    }

    private InvalidStream unknown(SqlCall call, String name) {
        if (VOLATILE.contains(name)) {
            return compiler.error(
                    call,
                    "%s differs from run to run; a stream must give the same result whenever it is replayed"
                            .formatted(name));
        }
        String hint = Settings.nearest(name, NAMES)
                .map(near -> "did you mean %s?".formatted(near))
                .orElse("known functions: " + String.join(", ", NAMES));
        return compiler.error(call, "'%s' is not supported; %s".formatted(name, hint));
    }

    private SqlCall arity(SqlCall call, int least, int most) throws InvalidStream {
        int count = call.operandCount();
        if (count < least || count > most) {
            String wanted = least == most ? String.valueOf(least) : least + " to " + most;
            throw compiler.error(
                    call,
                    "%s takes %s arguments, not %d"
                            .formatted(call.getOperator().getName().toLowerCase(Locale.ROOT), wanted, count));
        }
        return call;
    }

    private static String name(SqlCall call) {
        return call.getOperator().getName().toLowerCase(Locale.ROOT);
    }

    private Expr unary(Type type, Expr operand, Nodes.Unary function, SqlCall call) {
        Place place = compiler.place(call);
        return Coercion.call(type, operand.nullable(), Nodes.unary(operand.eval(), function, place), place, operand);
    }

    private Expr binary(Type type, Expr a, Expr b, Numbers.Binary function, SqlCall call) {
        Place place = compiler.place(call);
        Eval eval = Nodes.binary(a.eval(), b.eval(), function, place);
        return Coercion.call(type, a.nullable() || b.nullable(), eval, place, a, b);
    }

    private Expr many(Type type, List<Expr> arguments, Nodes.Many function, SqlCall call) {
        Place place = compiler.place(call);
        boolean nullable = arguments.stream().anyMatch(Expr::nullable);
        Eval eval = Nodes.many(arguments, function, place);
        return Coercion.call(type, nullable, eval, place, arguments.toArray(Expr[]::new));
    }

    private Expr plus(SqlCall call) throws InvalidStream {
        return coercion.number(typed(compiler.compile(call.operand(0))), null, "the operand of +");
    }

    private Expr minus(SqlCall call) throws InvalidStream {
        Expr operand = compiler.compile(call.operand(0));
        if (operand.type() == INTERVAL) {
            return unary(INTERVAL, operand, value -> Moments.negated((Interval) value), call);
        }
        Expr number = coercion.number(typed(operand), null, "the operand of -");
        boolean small = number.type() == INT16;
        return unary(
                Coercion.bare(number.settled()),
                number,
                small ? value -> Numbers.toInt16(-(Integer) value) : Numbers::negate,
                call);
    }

    private Expr typed(Expr expr) throws InvalidStream {
        if (expr.type() == null) {
            throw coercion.error(expr.place(), "a sign wants a number, not a text");
        }
        return expr;
    }

    private Expr arithmetic(SqlCall call, Numbers.Operation operation) throws InvalidStream {
        Expr a = compiler.compile(call.operand(0));
        Expr b = compiler.compile(call.operand(1));
        if (isOfTime(a) || isOfTime(b)) {
            return ofTime(call, operation, a, b);
        }
        String what = "an operand of " + call.getOperator().getName();
        if (a.type() == null && b.type() == null) {
            throw compiler.error(call, what + " needs a type; write a number, or CAST(… AS type)");
        }
        Expr left = coercion.number(a, b.type(), what);
        Expr right = coercion.number(b, a.type(), what);
        Type type = Types.arithmetic(left.settled(), right.settled());
        if (operation == Numbers.Operation.REMAINDER && Types.isFloat(type)) {
            throw compiler.error(
                    call,
                    "the remainder wants integers or numerics, not %s; CAST(… AS numeric)".formatted(Types.name(type)));
        }
        return binary(Coercion.bare(type), left, right, Numbers.arithmetic(operation, type), call);
    }

    private static boolean isOfTime(Expr expr) {
        Type type = expr.type();
        return type != null
                && (Types.family(type) == Types.Family.MOMENT || Types.family(type) == Types.Family.INTERVAL);
    }

    private Expr ofTime(SqlCall call, Numbers.Operation operation, Expr a, Expr b) throws InvalidStream {
        Type left = a.type();
        Type right = b.type();
        boolean adds = operation == Numbers.Operation.ADD;
        if (left != null && right != null && (adds || operation == Numbers.Operation.SUBTRACT)) {
            Types.Family first = Types.family(left);
            Types.Family second = Types.family(right);
            if (first == Types.Family.MOMENT && second == Types.Family.INTERVAL) {
                return shifted(call, a, b, adds);
            }
            if (first == Types.Family.INTERVAL && second == Types.Family.MOMENT && adds) {
                return shifted(call, b, a, true);
            }
            if (left == Type.Simple.DATE && (right == INT32 || right == INT16)) {
                int sign = adds ? 1 : -1;
                return binary(DATE, a, b, (x, y) -> Moments.plusDays(x, Math.multiplyExact((Integer) y, sign)), call);
            }
            if (first == Types.Family.MOMENT && second == Types.Family.MOMENT && !adds) {
                return difference(call, a, b);
            }
        }
        throw compiler.error(
                call,
                "no operator %s %s %s"
                        .formatted(
                                left == null ? "text" : Types.name(left),
                                call.getOperator().getName(),
                                right == null ? "text (an interval is INTERVAL '1' DAY)" : Types.name(right)));
    }

    private Expr shifted(SqlCall call, Expr moment, Expr interval, boolean adds) {
        Type type = moment.type() == TIMESTAMPTZ ? TIMESTAMPTZ : TIMESTAMP;
        return binary(
                type,
                moment,
                interval,
                (x, y) -> Moments.plus(x, adds ? (Interval) y : Moments.negated((Interval) y)),
                call);
    }

    private Expr difference(SqlCall call, Expr a, Expr b) throws InvalidStream {
        if (a.type() == DATE && b.type() == DATE) {
            return binary(INT32, a, b, Moments::daysBetween, call);
        }
        Type type = Types.laterMoment(a.settled(), b.settled());
        return binary(INTERVAL, coercion.converted(a, type), coercion.converted(b, type), Moments::between, call);
    }

    private Expr joined(SqlCall call) throws InvalidStream {
        Expr a = compiler.compile(call.operand(0));
        Expr b = compiler.compile(call.operand(1));
        boolean text = Types.family(a.settled()) == Types.Family.TEXT || Types.family(b.settled()) == Types.Family.TEXT;
        if (!text) {
            throw compiler.error(
                    call,
                    "one operand of || must be text, not %s and %s"
                            .formatted(Types.name(a.settled()), Types.name(b.settled())));
        }
        Expr left = rendered(a);
        Expr right = rendered(b);
        return binary(TEXT, left, right, (x, y) -> Texts.concat((String) x, (String) y), call);
    }

    private Expr rendered(Expr expr) throws InvalidStream {
        if (Types.family(expr.settled()) == Types.Family.OTHER || expr.type() == INTERVAL) {
            throw coercion.error(expr.place(), "%s has no text form here".formatted(Types.name(expr.settled())));
        }
        return coercion.rendered(expr);
    }

    private Expr concat(SqlCall call) throws InvalidStream {
        List<Expr> arguments = new ArrayList<>();
        for (SqlNode operand : call.getOperandList()) {
            Expr argument = compiler.compile(operand);
            arguments.add(argument.type() == BOOL ? argument : rendered(argument));
        }
        Eval[] evals = Nodes.evals(arguments);
        Place place = compiler.place(call);
        return Expr.computed(
                TEXT,
                false,
                row -> {
                    String all = "";
                    for (Eval eval : evals) {
                        all = appended(all, eval.at(row), place);
                    }
                    return all;
                },
                place);
    }

    /** As PostgreSQL's concat, which leaves nulls out and writes a boolean as one letter. */
    private static String appended(String text, @Nullable Object value, Place place) {
        if (value == null) {
            return text;
        }
        String more = value instanceof Boolean flag ? (flag ? "t" : "f") : (String) value;
        try {
            return Texts.concat(text, more);
        } catch (Failure e) {
            throw e.at(place);
        }
    }

    private Expr like(SqlCall call, String operator) throws InvalidStream {
        Expr text = coercion.text(compiler.compile(call.operand(0)), "the left of " + operator);
        Expr pattern = coercion.text(compiler.compile(call.operand(1)), "the pattern of " + operator);
        boolean foldCase = operator.endsWith("ilike");
        int escape = escape(call);
        Expr matched;
        if (pattern.constant() && pattern.value() instanceof String constant) {
            matched = unary(BOOL, text, matcher(call, constant, escape, foldCase), call);
        } else {
            matched = binary(
                    BOOL,
                    text,
                    pattern,
                    (x, y) -> Texts.Like.of((String) y, escape, foldCase).matches((String) x),
                    call);
        }
        return operator.startsWith("not") ? Compiler.not(matched, compiler.place(call)) : matched;
    }

    private Nodes.Unary matcher(SqlCall call, String pattern, int escape, boolean foldCase) throws InvalidStream {
        try {
            Texts.Like like = Texts.Like.of(pattern, escape, foldCase);
            return value -> like.matches((String) value);
        } catch (Failure e) {
            throw compiler.error(call.operand(1), e.reason());
        }
    }

    private int escape(SqlCall call) throws InvalidStream {
        if (call.operandCount() < 3) {
            return '\\';
        }
        Expr escape = coercion.text(compiler.compile(call.operand(2)), "ESCAPE");
        if (escape.constant() && escape.value() instanceof String text && Texts.length(text) <= 1) {
            return text.isEmpty() ? -1 : text.codePointAt(0);
        }
        throw coercion.error(escape.place(), "ESCAPE wants one character");
    }

    private Expr ofText(SqlCall call, Type result, Nodes.Unary function) throws InvalidStream {
        arity(call, 1, 1);
        Expr text = coercion.text(compiler.compile(call.operand(0)), "the argument of " + name(call));
        return unary(result, text, function, call);
    }

    private Expr trim(SqlCall call) throws InvalidStream {
        SqlTrimFunction.Flag side = ((SqlLiteral) call.operand(0)).getValueAs(SqlTrimFunction.Flag.class);
        Expr characters = coercion.text(compiler.compile(call.operand(1)), "what trim cuts");
        Expr text = coercion.text(compiler.compile(call.operand(2)), "the argument of trim");
        boolean leading = side != SqlTrimFunction.Flag.TRAILING;
        boolean trailing = side != SqlTrimFunction.Flag.LEADING;
        return binary(TEXT, text, characters, (x, y) -> Texts.trim((String) x, (String) y, leading, trailing), call);
    }

    private Expr substring(SqlCall call) throws InvalidStream {
        List<Expr> arguments = new ArrayList<>();
        arguments.add(coercion.text(compiler.compile(call.operand(0)), "the argument of substring"));
        for (SqlNode bound : call.getOperandList().subList(1, call.operandCount())) {
            arguments.add(coercion.int32(compiler.compile(bound), "a bound of substring"));
        }
        return many(
                TEXT,
                arguments,
                values -> Texts.substring(
                        string(values[0]), whole(values[1]), values.length < 3 ? 1L << 40 : whole(values[2])),
                call);
    }

    private static String string(@Nullable Object value) {
        return String.valueOf(value);
    }

    private static int whole(@Nullable Object value) {
        return value instanceof Integer number ? number : 0;
    }

    private Expr position(SqlCall call) throws InvalidStream {
        Expr part = coercion.text(compiler.compile(call.operand(0)), "what position looks for");
        Expr text = coercion.text(compiler.compile(call.operand(1)), "what position looks in");
        return binary(INT32, part, text, (x, y) -> Texts.position((String) x, (String) y), call);
    }

    private Expr replace(SqlCall call) throws InvalidStream {
        List<Expr> arguments = new ArrayList<>();
        for (SqlNode operand : call.getOperandList()) {
            arguments.add(coercion.text(compiler.compile(operand), "an argument of replace"));
        }
        return many(
                TEXT,
                arguments,
                values -> Texts.replace(string(values[0]), string(values[1]), string(values[2])),
                call);
    }

    /** Takes some characters from one end of a text. */
    @FunctionalInterface
    private interface End {
        String apply(String text, int count);
    }

    private Expr end(SqlCall call, End end) throws InvalidStream {
        Expr text = coercion.text(compiler.compile(call.operand(0)), "the argument of " + name(call));
        Expr count = coercion.int32(compiler.compile(call.operand(1)), "the count of " + name(call));
        return binary(TEXT, text, count, (x, y) -> end.apply((String) x, (Integer) y), call);
    }

    private Expr numeric(SqlCall call, String name) throws InvalidStream {
        boolean rounds = name.equals("round") || name.startsWith("trunc");
        boolean powers = name.startsWith("pow");
        arity(call, powers ? 2 : 1, rounds || powers ? 2 : 1);
        Type quoted = call.operandCount() == 2 ? Types.NUMERIC : FLOAT64;
        Expr a = coercion.number(compiler.compile(call.operand(0)), quoted, "the argument of " + name);
        if (powers) {
            Expr b = coercion.number(compiler.compile(call.operand(1)), null, "the exponent of power");
            return binary(FLOAT64, a, b, (x, y) -> power(Numbers.toDouble(x), Numbers.toDouble(y)), call);
        }
        if (call.operandCount() == 2) {
            return rounded(call, a, name.equals("round") ? RoundingMode.HALF_UP : RoundingMode.DOWN);
        }
        Type type = a.settled();
        boolean exact = type instanceof Type.Numeric;
        return switch (name) {
            case "abs" -> absolute(call, a);
            case "sqrt" -> unary(FLOAT64, a, value -> root(Numbers.toDouble(value)), call);
            case "sign" ->
                exact
                        ? unary(Types.NUMERIC, a, Functions::exactSign, call)
                        : unary(FLOAT64, a, value -> (double) Numbers.signum(value), call);
            case "round" ->
                exact ? exactly(call, a, RoundingMode.HALF_UP) : floating(call, a, value -> Math.rint((double) value));
            case "floor" ->
                exact ? exactly(call, a, RoundingMode.FLOOR) : floating(call, a, value -> Math.floor((double) value));
            case "ceil", "ceiling" ->
                exact ? exactly(call, a, RoundingMode.CEILING) : floating(call, a, value -> Math.ceil((double) value));
            default ->
                exact
                        ? exactly(call, a, RoundingMode.DOWN)
                        : floating(
                                call,
                                a,
                                value -> (double) value < 0 ? Math.ceil((double) value) : Math.floor((double) value));
        };
    }

    private static Object exactSign(Object value) {
        return value == Special.NAN ? value : BigDecimal.valueOf(Numbers.signum(value));
    }

    private Expr exactly(SqlCall call, Expr a, RoundingMode mode) {
        return unary(Types.NUMERIC, a, value -> Numbers.round(Numbers.toNumeric(value), 0, mode), call);
    }

    private Expr floating(SqlCall call, Expr a, Nodes.Unary function) {
        return unary(FLOAT64, a, value -> function.apply(Numbers.toDouble(value)), call);
    }

    private Expr absolute(SqlCall call, Expr a) {
        Type type = Coercion.bare(a.settled());
        boolean small = type == INT16;
        return unary(
                type,
                a,
                value -> {
                    boolean negative = Numbers.signum(value) < 0 || isNegativeZero(value);
                    Object positive = negative ? Numbers.negate(value) : value;
                    return small ? Numbers.toInt16((Integer) positive) : positive;
                },
                call);
    }

    private static boolean isNegativeZero(Object value) {
        return value.equals(-0.0d) || value.equals(-0.0f);
    }

    private Expr rounded(SqlCall call, Expr a, RoundingMode mode) throws InvalidStream {
        if (Types.isFloat(a.settled())) {
            throw compiler.error(
                    call,
                    "%s to a number of places wants numeric, not %s; CAST(… AS numeric)"
                            .formatted(name(call), Types.name(a.settled())));
        }
        Expr places = coercion.int32(compiler.compile(call.operand(1)), "the places of " + name(call));
        return binary(Types.NUMERIC, a, places, (x, y) -> Numbers.round(Numbers.toNumeric(x), (Integer) y, mode), call);
    }

    private static Object root(double value) {
        if (value < 0) {
            throw new Failure("cannot take square root of a negative number");
        }
        return Math.sqrt(value);
    }

    private static Object power(double base, double exponent) {
        if (base == 0 && exponent < 0) {
            throw new Failure("zero raised to a negative power is undefined");
        }
        boolean finite = Double.isFinite(base) && Double.isFinite(exponent);
        if (finite && base < 0 && exponent != Math.rint(exponent)) {
            throw new Failure("a negative number raised to a non-integer power yields a complex result");
        }
        double result = base == 1 || (base == -1 && Double.isInfinite(exponent)) ? 1 : Math.pow(base, exponent);
        if (finite && Double.isInfinite(result)) {
            throw new Failure("value out of range: overflow");
        }
        if (finite && result == 0 && base != 0) {
            throw new Failure("value out of range: underflow");
        }
        return result;
    }

    private Expr coalesce(SqlCall call) throws InvalidStream {
        List<Expr> arguments = compiler.compileAll(call.getOperandList());
        Type type = coercion.common(arguments, "the result of coalesce");
        List<Expr> converted = coercion.convertedAll(arguments, type);
        boolean nullable = converted.stream().allMatch(Expr::nullable);
        return Expr.computed(type, nullable, Nodes.firstOf(converted), compiler.place(call));
    }

    private Expr nullIf(SqlCall call) throws InvalidStream {
        Expr a = compiler.compile(call.operand(0));
        Expr b = compiler.compile(call.operand(1));
        Place place = compiler.place(call);
        Eval same = compiler.compared(SqlKind.EQUALS, a, b, place).eval();
        Expr first = coercion.converted(a, nullIfType(a, b));
        Eval value = first.eval();
        return Expr.computed(
                first.settled(), true, row -> Boolean.TRUE.equals(same.at(row)) ? null : value.at(row), place);
    }

    /** What the first operand becomes when PostgreSQL compares it with the second. */
    private static Type nullIfType(Expr a, Expr b) {
        if (a.type() == null) {
            return Coercion.bare(b.settled());
        }
        Type left = a.settled();
        Type right = b.settled();
        boolean alike = Types.isFloat(left) || (Types.isInteger(left) && Types.isInteger(right));
        boolean numbers = Types.isNumber(left) && b.type() != null && Types.isNumber(right);
        return numbers && !alike ? Types.arithmetic(left, right) : left;
    }

    private Expr extreme(SqlCall call, int sign) throws InvalidStream {
        List<Expr> arguments = compiler.compileAll(call.getOperandList());
        Type type = coercion.common(arguments, "the result of " + name(call));
        List<Expr> converted = coercion.convertedAll(arguments, type);
        if (Types.family(type) == Types.Family.OTHER) {
            throw compiler.error(call, "%s cannot be compared".formatted(Types.name(type)));
        }
        boolean nullable = converted.stream().allMatch(Expr::nullable);
        return Expr.computed(type, nullable, Nodes.extreme(converted, Order.of(type), sign), compiler.place(call));
    }

    private Expr extract(SqlCall call) throws InvalidStream {
        SqlIntervalQualifier unit = call.operand(0);
        String field = unit.timeFrameName == null
                ? unit.timeUnitRange.name().toLowerCase(Locale.ROOT)
                : unit.timeFrameName.toLowerCase(Locale.ROOT);
        Expr moment = compiler.compile(call.operand(1));
        Type type = moment.settled();
        if (!Moments.FIELDS.contains(field)) {
            throw compiler.error(
                    unit, "unknown field '%s'; known: %s".formatted(field, String.join(", ", Moments.FIELDS)));
        }
        boolean ofClock = Moments.isOfClock(field);
        boolean fits = type == TIMESTAMP || type == TIMESTAMPTZ || (type == TIME && ofClock);
        if (!fits && (type != DATE || (ofClock && !field.equals("epoch")))) {
            throw compiler.error(call, "cannot extract %s from %s".formatted(field, Types.name(type)));
        }
        Expr result = unary(Types.NUMERIC, moment, value -> Moments.extract(field, value), call);
        return new Expr(result.type(), true, result.eval(), result.place(), result.constant(), -1);
    }

    private Expr truncated(SqlCall call) throws InvalidStream {
        Expr unit = compiler.compile(call.operand(0));
        if (!unit.constant() || !(unit.value() instanceof String text)) {
            throw compiler.error(call, "date_trunc wants its unit as text first: date_trunc('day', …)");
        }
        String known = Moments.unit(text);
        if (known == null) {
            String hint = Settings.nearest(text, Moments.UNITS)
                    .map(near -> "did you mean '%s'?".formatted(near))
                    .orElse("known: " + String.join(", ", Moments.UNITS));
            throw coercion.error(unit.place(), "unknown unit '%s'; %s".formatted(text, hint));
        }
        Expr moment = compiler.compile(call.operand(1));
        Type type = moment.settled();
        if (Types.family(type) != Types.Family.MOMENT) {
            throw coercion.error(moment.place(), "date_trunc wants a timestamp, not " + Types.name(type));
        }
        Expr widened = type == DATE ? coercion.converted(moment, TIMESTAMPTZ) : moment;
        return unary(widened.settled(), widened, value -> Moments.truncate(known, value), call);
    }
}
