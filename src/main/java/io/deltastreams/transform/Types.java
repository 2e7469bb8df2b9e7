package io.deltastreams.transform;

import static io.deltastreams.change.Type.Simple.*;

import io.deltastreams.change.Type;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What types are to expressions: families that compare, ranks of numbers, names. */
final class Types {

    static final Type NUMERIC = new Type.Numeric(0, 0);

    /** Types whose values compare with each other. */
    enum Family {
        BOOL,
        NUMBER,
        TEXT,
        BYTES,
        MOMENT,
        TIME,
        INTERVAL,
        UUID,
        OTHER
    }

    private static final Map<String, Type> NAMES = Map.ofEntries(
            Map.entry("BOOLEAN", BOOL),
            Map.entry("BOOL", BOOL),
            Map.entry("SMALLINT", INT16),
            Map.entry("INT2", INT16),
            Map.entry("INTEGER", INT32),
            Map.entry("INT", INT32),
            Map.entry("INT4", INT32),
            Map.entry("BIGINT", INT64),
            Map.entry("INT8", INT64),
            Map.entry("REAL", FLOAT32),
            Map.entry("FLOAT4", FLOAT32),
            Map.entry("DOUBLE", FLOAT64),
            Map.entry("FLOAT", FLOAT64),
            Map.entry("FLOAT8", FLOAT64),
            Map.entry("DECIMAL", NUMERIC),
            Map.entry("NUMERIC", NUMERIC),
            Map.entry("TEXT", TEXT),
            Map.entry("VARCHAR", TEXT),
            Map.entry("DATE", DATE),
            Map.entry("TIME", TIME),
            Map.entry("TIMESTAMP", TIMESTAMP),
            Map.entry("TIMESTAMPTZ", TIMESTAMPTZ),
            Map.entry("TIMESTAMP_WITH_LOCAL_TIME_ZONE", TIMESTAMPTZ),
            Map.entry("TIMESTAMP_TZ", TIMESTAMPTZ),
            Map.entry("UUID", UUID));

    static final Set<String> CASTABLE = Set.copyOf(List.of(
            "boolean",
            "smallint",
            "integer",
            "bigint",
            "real",
            "double precision",
            "numeric",
            "text",
            "varchar",
            "date",
            "time",
            "timestamp",
            "timestamptz",
            "uuid"));

    private Types() {}

    static Optional<Type> named(String name) {
        return Optional.ofNullable(NAMES.get(name.toUpperCase(Locale.ROOT)));
    }

    static Family family(Type type) {
        return switch (type) {
            case Type.Simple simple ->
                switch (simple) {
                    case BOOL -> Family.BOOL;
                    case INT16, INT32, INT64, FLOAT32, FLOAT64 -> Family.NUMBER;
                    case TEXT -> Family.TEXT;
                    case BYTES -> Family.BYTES;
                    case DATE, TIMESTAMP, TIMESTAMPTZ -> Family.MOMENT;
                    case TIME -> Family.TIME;
                    case INTERVAL -> Family.INTERVAL;
                    case UUID -> Family.UUID;
                    case TIMETZ, JSON, XML, HSTORE, LTREE, GEOMETRY -> Family.OTHER;
                };
            case Type.Numeric _ -> Family.NUMBER;
            case Type.Enumeration _ -> Family.TEXT;
            case Type.Range _, Type.Array _, Type.Opaque _ -> Family.OTHER;
        };
    }

    static boolean isNumber(Type type) {
        return family(type) == Family.NUMBER;
    }

    static boolean isInteger(Type type) {
        return type == INT16 || type == INT32 || type == INT64;
    }

    static boolean isFloat(Type type) {
        return type == FLOAT32 || type == FLOAT64;
    }

    /** The wider of two numbers' types, as PostgreSQL resolves CASE and COALESCE. */
    static Type wider(Type a, Type b) {
        Type wider = rank(a) >= rank(b) ? a : b;
        return wider instanceof Type.Numeric && !a.equals(b) ? NUMERIC : wider;
    }

    /** The type in which two numbers meet in arithmetic: a float beside anything but a float of its kind makes a double. */
    static Type arithmetic(Type a, Type b) {
        if (a.equals(b) && a instanceof Type.Simple) {
            return a;
        }
        if (isFloat(a) || isFloat(b)) {
            return FLOAT64;
        }
        return a instanceof Type.Numeric || b instanceof Type.Numeric ? NUMERIC : wider(a, b);
    }

    /** Of two moments: a date widens to a timestamp, both to one with time zone. */
    static Type laterMoment(Type a, Type b) {
        if (a == TIMESTAMPTZ || b == TIMESTAMPTZ) {
            return TIMESTAMPTZ;
        }
        return a == TIMESTAMP || b == TIMESTAMP ? TIMESTAMP : DATE;
    }

    private static int rank(Type number) {
        return number instanceof Type.Simple simple
                ? switch (simple) {
                    case INT16 -> 0;
                    case INT32 -> 1;
                    case INT64 -> 2;
                    case FLOAT32 -> 4;
                    default -> 5;
                }
                : 3;
    }

    /** As PostgreSQL calls it. */
    static String name(Type type) {
        return switch (type) {
            case Type.Simple simple ->
                switch (simple) {
                    case BOOL -> "boolean";
                    case INT16 -> "smallint";
                    case INT32 -> "integer";
                    case INT64 -> "bigint";
                    case FLOAT32 -> "real";
                    case FLOAT64 -> "double precision";
                    case BYTES -> "bytea";
                    default -> simple.name().toLowerCase(Locale.ROOT);
                };
            case Type.Numeric _ -> "numeric";
            case Type.Enumeration enumeration -> "enum " + enumeration.name();
            case Type.Range range -> range.name();
            case Type.Array array -> name(array.element()) + "[]";
            case Type.Opaque opaque -> opaque.name();
        };
    }
}
