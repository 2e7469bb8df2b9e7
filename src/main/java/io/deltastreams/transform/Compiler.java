package io.deltastreams.transform;

import static io.deltastreams.change.Type.Simple.BOOL;
import static io.deltastreams.change.Type.Simple.INT32;
import static io.deltastreams.change.Type.Simple.INT64;
import static io.deltastreams.change.Type.Simple.TEXT;

import io.deltastreams.change.Column;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import io.deltastreams.settings.Settings;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.calcite.avatica.util.TimeUnit;
import org.apache.calcite.sql.SqlBasicTypeNameSpec;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlCharStringLiteral;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlIntervalLiteral;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlNumericLiteral;
import org.apache.calcite.sql.SqlUnknownLiteral;
import org.apache.calcite.sql.fun.SqlBetweenOperator;
import org.apache.calcite.sql.fun.SqlCase;
import org.jspecify.annotations.Nullable;

/** Types a syntax tree against a table's columns and makes a closure of it. One per clause and table; not thread-safe. */
final class Compiler {

    /** In a stream of several tables, the column that says which one a row is from. */
    static final String TABLE = "_table";

    private static final Set<String> CLOCK_READERS = Set.of(
            "current_timestamp",
            "current_date",
            "current_time",
            "localtime",
            "localtimestamp",
            "current_user",
            "user",
            "session_user",
            "now");

    private final Clause clause;
    private final Schema table;
    private final @Nullable String tableName;
    private final Coercion coercion;
    private final BitSet used = new BitSet();

    /** @param tableName the value of {@link #TABLE}, null where there is no such column */
    Compiler(Clause clause, Schema table, @Nullable String tableName) {
        this.clause = clause;
        this.table = table;
        this.tableName = tableName;
        this.coercion = new Coercion(clause);
    }

    /** The table's columns that what was compiled so far reads. */
    BitSet used() {
        return used;
    }

    Coercion coercion() {
        return coercion;
    }

    Place place(SqlNode node) {
        return clause.place(node.getParserPosition());
    }

    InvalidStream error(SqlNode node, String problem) {
        return clause.error(node.getParserPosition(), problem);
    }

    List<Expr> compileAll(List<SqlNode> nodes) throws InvalidStream {
        List<Expr> expressions = new ArrayList<>();
        for (SqlNode node : nodes) {
            expressions.add(compile(node));
        }
        return expressions;
    }

    Expr compile(SqlNode node) throws InvalidStream {
        return switch (node) {
            case SqlIdentifier identifier -> column(identifier);
            case SqlLiteral literal -> literal(literal);
            case SqlCase choice -> choice(choice);
            case SqlCall call -> call(call);
            default -> throw error(node, "not supported here: " + node.getKind().lowerName);
        };
    }

    Expr column(SqlIdentifier identifier) throws InvalidStream {
        String name = identifier.isSimple() ? identifier.getSimple() : identifier.toString();
        if (!identifier.isSimple()) {
            throw error(identifier, "write a column by its name alone, without a table before it: " + name);
        }
        if (name.equals(TABLE) && tableName != null) {
            return Expr.constant(TEXT, tableName, place(identifier));
        }
        int index = indexOf(identifier, name);
        used.set(index);
        Column column = table.columns().get(index);
        return new Expr(
                column.type(), column.nullable(), Nodes.column(index, column.name()), place(identifier), false, index);
    }

    /** As it is written first, then without regard to case if that is but one. */
    private int indexOf(SqlIdentifier identifier, String name) throws InvalidStream {
        int index = table.indexOf(name);
        if (index >= 0) {
            return index;
        }
        List<String> names = table.columns().stream().map(Column::name).toList();
        List<String> alike = identifier.isComponentQuoted(0)
                ? List.of()
                : names.stream().filter(name::equalsIgnoreCase).toList();
        if (alike.size() == 1) {
            return table.indexOf(alike.getFirst());
        }
        if (alike.size() > 1) {
            throw error(
                    identifier,
                    "column '%s' could be any of %s; write it in double quotes"
                            .formatted(name, String.join(", ", alike)));
        }
        if (CLOCK_READERS.contains(name.toLowerCase(Locale.ROOT))) {
            throw error(
                    identifier,
                    "%s differs from run to run; a stream must give the same result whenever it is replayed"
                            .formatted(name));
        }
        throw error(identifier, unknownColumn(name, names));
    }

    static String unknownColumn(String name, List<String> names) {
        String hint = Settings.nearest(name, names)
                .map(near -> "did you mean '%s'?".formatted(near))
                .orElse("known here: " + String.join(", ", names));
        return "unknown column '%s'; %s".formatted(name, hint);
    }

    private Expr literal(SqlLiteral literal) throws InvalidStream {
        Place place = place(literal);
        return switch (literal) {
            case SqlNumericLiteral number -> number(number, place);
            case SqlCharStringLiteral text -> Expr.constant(null, text.getValueAs(String.class), place);
            case SqlIntervalLiteral interval -> Expr.constant(Type.Simple.INTERVAL, interval(interval), place);
            case SqlUnknownLiteral typed -> typed(typed, place);
            default ->
                switch (literal.getTypeName()) {
                    case BOOLEAN -> Expr.constant(BOOL, literal.getValue(), place);
                    case NULL -> Expr.constant(null, null, place);
                    default -> throw error(literal, "not supported: literal of type " + literal.getTypeName());
                };
        };
    }

    private Expr number(SqlNumericLiteral literal, Place place) throws InvalidStream {
        try {
            BigDecimal value = Numbers.checked(literal.getValueAs(BigDecimal.class));
            boolean whole = literal.isExact() && value.scale() == 0;
            int bits = value.scale() == 0 ? value.unscaledValue().bitLength() : Long.SIZE;
            if (whole && bits < Integer.SIZE) {
                return Expr.constant(INT32, value.intValueExact(), place);
            }
            if (whole && bits < Long.SIZE) {
                return Expr.constant(INT64, value.longValueExact(), place);
            }
            return Expr.constant(Types.NUMERIC, value, place);
        } catch (Failure e) {
            throw error(literal, e.reason());
        }
    }

    private Expr typed(SqlUnknownLiteral literal, Place place) throws InvalidStream {
        String text = literal.getValue();
        Type type = switch (literal.tag) {
            case "DATE" -> Type.Simple.DATE;
            case "TIME" -> Type.Simple.TIME;
            case "TIMESTAMP", "DATETIME" -> Type.Simple.TIMESTAMP;
            case "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE" -> Type.Simple.TIMESTAMPTZ;
            default -> throw error(literal, "not supported: literal of type " + literal.tag);
        };
        return coercion.converted(Expr.constant(null, text, place), type);
    }

    private Interval interval(SqlIntervalLiteral literal) throws InvalidStream {
        SqlIntervalLiteral.IntervalValue value = literal.getValueAs(SqlIntervalLiteral.IntervalValue.class);
        TimeUnit unit = value.getIntervalQualifier().getStartUnit();
        boolean single = value.getIntervalQualifier().timeUnitRange.endUnit == null
                || value.getIntervalQualifier().timeUnitRange.endUnit == unit;
        try {
            BigDecimal amount = new BigDecimal(value.getIntervalLiteral().strip());
            if (single) {
                return interval(literal, unit, amount.multiply(BigDecimal.valueOf(value.getSign())));
            }
        } catch (NumberFormatException | ArithmeticException _) {
            // Told below.
        }
        throw error(literal, "an interval is one number and one unit, INTERVAL '1' DAY; add several with +");
    }

    private Interval interval(SqlNode node, TimeUnit unit, BigDecimal amount) throws InvalidStream {
        return switch (unit) {
            case YEAR -> new Interval(Math.multiplyExact(amount.intValueExact(), 12), 0, 0);
            case QUARTER -> new Interval(Math.multiplyExact(amount.intValueExact(), 3), 0, 0);
            case MONTH -> new Interval(amount.intValueExact(), 0, 0);
            case WEEK -> new Interval(0, Math.multiplyExact(amount.intValueExact(), 7), 0);
            case DAY -> new Interval(0, amount.intValueExact(), 0);
            case HOUR -> new Interval(0, 0, micros(amount, 3_600_000_000L));
            case MINUTE -> new Interval(0, 0, micros(amount, 60_000_000L));
            case SECOND -> new Interval(0, 0, micros(amount, 1_000_000L));
            default -> throw error(node, "not supported: an interval in units of " + unit);
        };
    }

    private static long micros(BigDecimal amount, long unit) {
        return amount.multiply(BigDecimal.valueOf(unit)).longValueExact();
    }

    private Expr choice(SqlCase choice) throws InvalidStream {
        List<Expr> conditions = new ArrayList<>();
        for (SqlNode when : choice.getWhenOperands()) {
            conditions.add(coercion.bool(compile(when), "a condition of CASE"));
        }
        List<Expr> results = compileAll(choice.getThenOperands());
        SqlNode last = choice.getElseOperand();
        results.add(last == null ? Expr.constant(null, null, place(choice)) : compile(last));
        Type type = coercion.common(results, "the result of CASE");
        results = coercion.convertedAll(results, type);
        boolean nullable = results.stream().anyMatch(Expr::nullable);
        Eval otherwise = results.getLast().eval();
        return Expr.computed(type, nullable, Nodes.choose(conditions, results, otherwise), place(choice));
    }

    private Expr call(SqlCall call) throws InvalidStream {
        List<SqlNode> operands = call.getOperandList();
        return switch (call.getKind()) {
            case AND -> connective(call, false);
            case OR -> connective(call, true);
            case NOT -> not(call);
            case EQUALS, NOT_EQUALS, LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL ->
                compared(call.getKind(), compile(operands.get(0)), compile(operands.get(1)), place(call));
            case IS_NULL, IS_NOT_NULL, IS_TRUE, IS_NOT_TRUE, IS_FALSE, IS_NOT_FALSE, IS_UNKNOWN -> is(call);
            case IS_DISTINCT_FROM -> distinct(call, false);
            case IS_NOT_DISTINCT_FROM -> distinct(call, true);
            case IN -> among(call, false);
            case NOT_IN -> among(call, true);
            case BETWEEN -> between(call);
            case CAST, SAFE_CAST -> cast(call);
            case LITERAL_CHAIN -> throw error(call, "write one text, not several in a row");
            case SELECT, UNION, EXISTS, SCALAR_QUERY ->
                throw error(call, "a query inside an expression is not supported");
            default -> new Functions(this).call(call);
        };
    }

    private Expr connective(SqlCall call, boolean decisive) throws InvalidStream {
        List<Expr> parts = new ArrayList<>();
        collect(call, call.getKind(), parts);
        boolean nullable = parts.stream().anyMatch(Expr::nullable);
        // A constant that decides comes first, so that what stands beside it cannot fail.
        parts.sort(Comparator.comparing(part -> !part.constant()));
        Eval eval = Nodes.connective(parts, decisive);
        return Coercion.call(BOOL, nullable, eval, place(call), parts.toArray(Expr[]::new));
    }

    /** A chain of the same connective is one level, however long. */
    private void collect(SqlNode node, SqlKind kind, List<Expr> parts) throws InvalidStream {
        if (node.getKind() != kind) {
            parts.add(coercion.bool(compile(node), "an operand of " + kind.sql));
            return;
        }
        for (SqlNode operand : ((SqlCall) node).getOperandList()) {
            collect(operand, kind, parts);
        }
    }

    private Expr not(SqlCall call) throws InvalidStream {
        Expr operand = coercion.bool(compile(call.operand(0)), "the operand of NOT");
        return not(operand, place(call));
    }

    static Expr not(Expr operand, Place place) {
        return Coercion.call(
                BOOL,
                operand.nullable(),
                Nodes.unary(operand.eval(), value -> !(Boolean) value, place),
                place,
                operand);
    }

    Expr compared(SqlKind kind, Expr left, Expr right, Place place) throws InvalidStream {
        Coercion.Pair pair = coercion.comparable(left, right, place);
        boolean nullable = left.nullable() || right.nullable();
        Order order = pair.order();
        Numbers.Binary test = switch (kind) {
            case EQUALS -> (a, b) -> order.compare(a, b) == 0;
            case NOT_EQUALS -> (a, b) -> order.compare(a, b) != 0;
            case LESS_THAN -> (a, b) -> order.compare(a, b) < 0;
            case LESS_THAN_OR_EQUAL -> (a, b) -> order.compare(a, b) <= 0;
            case GREATER_THAN -> (a, b) -> order.compare(a, b) > 0;
            default -> (a, b) -> order.compare(a, b) >= 0;
        };
        Eval eval = Nodes.binary(pair.a().eval(), pair.b().eval(), test, place);
        return Coercion.call(BOOL, nullable, eval, place, left, right);
    }

    private Expr is(SqlCall call) throws InvalidStream {
        Expr operand = compile(call.operand(0));
        String name = call.getOperator().getName();
        boolean negated = name.startsWith("IS NOT ");
        if (name.endsWith("NULL")) {
            return Coercion.call(BOOL, false, Nodes.is(operand.eval(), null, negated), place(call), operand);
        }
        Expr flag = coercion.bool(operand, "the operand of " + name);
        Object wanted = name.endsWith("UNKNOWN") ? null : (Object) name.endsWith("TRUE");
        return Coercion.call(BOOL, false, Nodes.is(flag.eval(), wanted, negated), place(call), flag);
    }

    private Expr distinct(SqlCall call, boolean negated) throws InvalidStream {
        Expr left = compile(call.operand(0));
        Expr right = compile(call.operand(1));
        Coercion.Pair pair = coercion.comparable(left, right, place(call));
        Eval eval = Nodes.distinct(pair.a().eval(), pair.b().eval(), pair.order(), negated);
        return Expr.computed(BOOL, false, eval, place(call));
    }

    private Expr among(SqlCall call, boolean negated) throws InvalidStream {
        Expr operand = compile(call.operand(0));
        if (!(call.operand(1) instanceof SqlNodeList list)) {
            throw error(call, "IN wants a list of values; a query inside an expression is not supported");
        }
        List<Expr> candidates = compileAll(list);
        List<Expr> all = new ArrayList<>(candidates);
        all.addFirst(operand);
        if (operand.type() == null) {
            operand = coercion.converted(operand, Coercion.bare(coercion.common(all, "the list of IN")));
        }
        Type widest = widestMoment(all);
        if (widest != null) {
            operand = coercion.converted(operand, widest);
        }
        List<Expr> converted = new ArrayList<>();
        List<Order> orders = new ArrayList<>();
        for (Expr candidate : candidates) {
            Coercion.Pair pair = coercion.comparable(operand, candidate, candidate.place());
            converted.add(pair.b());
            orders.add(pair.order());
        }
        boolean nullable = all.stream().anyMatch(Expr::nullable);
        return Expr.computed(BOOL, nullable, Nodes.among(operand.eval(), converted, orders, negated), place(call));
    }

    /** Moments of different kinds in one list meet in the widest; null where the list has none. */
    private static @Nullable Type widestMoment(List<Expr> all) {
        Type widest = null;
        for (Expr expr : all) {
            Type type = expr.type();
            if (type != null && Types.family(type) == Types.Family.MOMENT) {
                widest = widest == null ? type : Types.laterMoment(widest, type);
            }
        }
        return widest != null && Types.family(all.getFirst().settled()) == Types.Family.MOMENT ? widest : null;
    }

    private Expr between(SqlCall call) throws InvalidStream {
        SqlBetweenOperator operator = (SqlBetweenOperator) call.getOperator();
        Expr operand = compile(call.operand(0));
        Expr low = compile(call.operand(1));
        Expr high = compile(call.operand(2));
        Expr within = within(operand, low, high, place(call));
        if (operator.flag == SqlBetweenOperator.Flag.SYMMETRIC) {
            Expr reversed = within(operand, high, low, place(call));
            within = Expr.computed(
                    BOOL,
                    within.nullable() || reversed.nullable(),
                    Nodes.connective(List.of(within, reversed), true),
                    place(call));
        }
        return operator.isNegated() ? not(within, place(call)) : within;
    }

    private Expr within(Expr operand, Expr low, Expr high, Place place) throws InvalidStream {
        Expr above = compared(SqlKind.GREATER_THAN_OR_EQUAL, operand, low, place);
        Expr below = compared(SqlKind.LESS_THAN_OR_EQUAL, operand, high, place);
        boolean nullable = above.nullable() || below.nullable();
        return Expr.computed(BOOL, nullable, Nodes.connective(List.of(above, below), false), place);
    }

    private Expr cast(SqlCall call) throws InvalidStream {
        if (call.getKind() != SqlKind.CAST || !(call.operand(1) instanceof SqlDataTypeSpec spec)) {
            throw error(call, "write CAST(… AS type)");
        }
        Expr operand = compile(call.operand(0));
        Type to = type(spec);
        if (operand.type() == null) {
            return coercion.converted(operand, to).withLength(length(spec, to));
        }
        var conversion = Casts.between(operand.settled(), to);
        if (conversion.isEmpty()) {
            throw error(call, "cannot cast %s to %s".formatted(Types.name(operand.settled()), Types.name(to)));
        }
        Eval eval = Nodes.unary(operand.eval(), conversion.get()::apply, place(call));
        return Coercion.call(to, operand.nullable(), eval, place(call), operand).withLength(length(spec, to));
    }

    private static int length(SqlDataTypeSpec spec, Type to) {
        return to == TEXT && spec.getTypeNameSpec() instanceof SqlBasicTypeNameSpec basic ? basic.getPrecision() : -1;
    }

    private Type type(SqlDataTypeSpec spec) throws InvalidStream {
        String name = spec.getTypeName().toString();
        Optional<Type> type = Types.named(name);
        if (type.isEmpty()) {
            String hint = Settings.nearest(name, Types.CASTABLE)
                    .map(near -> "did you mean %s?".formatted(near))
                    .orElse("known: " + String.join(", ", Types.CASTABLE));
            throw error(spec, "cannot cast to '%s'; %s".formatted(name, hint));
        }
        if (spec.getTypeNameSpec() instanceof SqlBasicTypeNameSpec basic && basic.getPrecision() >= 0) {
            return parameterized(spec, basic, type.get());
        }
        return type.get();
    }

    private Type parameterized(SqlDataTypeSpec spec, SqlBasicTypeNameSpec basic, Type type) throws InvalidStream {
        if (type instanceof Type.Numeric) {
            int precision = basic.getPrecision();
            int scale = Math.max(0, basic.getScale());
            if (precision < 1 || precision > 1_000 || scale > 1_000) {
                throw error(spec, "numeric takes a precision within 1 and 1000 and a scale of at most 1000");
            }
            return new Type.Numeric(precision, scale);
        }
        if (type == TEXT) {
            return type;
        }
        throw error(spec, "%s takes no precision here".formatted(Types.name(type)));
    }
}
