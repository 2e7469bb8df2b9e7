package io.deltastreams.postgres;

import io.deltastreams.change.Type;
import java.util.Locale;
import java.util.Optional;

/** Our types by the names of PostgreSQL's ({@code pg_type.typname}). */
public final class PgTypes {

    /** What the catalog gives as length of a {@code numeric} that declares no precision. */
    private static final int UNBOUND = 131_089;

    private PgTypes() {}

    /**
     * The type of that name; empty for names that do not stand in PostgreSQL's own catalog or in a well-known extension's: domains, enums,
     * composites.
     *
     * @param length precision of a numeric, 0 if it declares none
     */
    public static Optional<Type> named(String typname, int length, int scale) {
        String name = typname.toLowerCase(Locale.ROOT);
        if (name.startsWith("_")) {
            String element = name.substring(1);
            return Optional.of(new Type.Array(
                    named(element, length, scale).orElseGet(() -> new Type.Opaque(typname.substring(1)))));
        }
        return Optional.ofNullable(
                switch (name) {
                    case "bool" -> Type.Simple.BOOL;
                    case "int2", "smallserial", "serial2" -> Type.Simple.INT16;
                    case "int4", "serial", "serial4" -> Type.Simple.INT32;
                    case "int8", "bigserial", "serial8", "oid" -> Type.Simple.INT64;
                    case "float4" -> Type.Simple.FLOAT32;
                    case "float8" -> Type.Simple.FLOAT64;
                    case "numeric" -> numeric(length, scale);
                    case "money" -> new Type.Numeric(19, 2);
                    case "text", "varchar", "bpchar", "char", "name", "citext" -> Type.Simple.TEXT;
                    case "bytea" -> Type.Simple.BYTES;
                    case "date" -> Type.Simple.DATE;
                    case "time" -> Type.Simple.TIME;
                    case "timetz" -> Type.Simple.TIMETZ;
                    case "timestamp" -> Type.Simple.TIMESTAMP;
                    case "timestamptz" -> Type.Simple.TIMESTAMPTZ;
                    case "interval" -> Type.Simple.INTERVAL;
                    case "uuid" -> Type.Simple.UUID;
                    case "json", "jsonb" -> Type.Simple.JSON;
                    case "xml" -> Type.Simple.XML;
                    case "hstore" -> Type.Simple.HSTORE;
                    case "ltree" -> Type.Simple.LTREE;
                    case "geometry", "geography" -> Type.Simple.GEOMETRY;
                    case "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange" ->
                        new Type.Range(name);
                    case "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit", "tsvector" -> new Type.Opaque(name);
                    case "point", "line", "lseg", "box", "path", "polygon", "circle" -> new Type.Opaque(name);
                    default -> null;
                });
    }

    private static Type numeric(int precision, int scale) {
        return precision <= 0 || precision >= UNBOUND ? new Type.Numeric(0, 0) : new Type.Numeric(precision, scale);
    }
}
