package io.deltastreams.source.debezium;

import static java.util.Objects.requireNonNull;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Column;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Row;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import io.deltastreams.postgres.PgText;
import io.deltastreams.postgres.PgTypes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Reads one column out of the engine's records: its type, found once per schema, and its values.
 *
 * <p>What the engine does not give as PostgreSQL has it:
 *
 * <ul>
 *   <li>{@code timetz} comes shifted to UTC, its own offset is lost; 24:00 with a zone stops the engine while streaming.
 *   <li>{@code bpchar} comes padded, as PostgreSQL sends it.
 *   <li>Timestamps behind the year 294246 do not fit into microseconds since 1970 and stop the engine.
 *   <li>{@code money} has two decimals, whatever {@code lc_monetary} says; a snapshot reads it through a double, exact up to 15 digits.
 *   <li>A snapshot reads timestamps without zone through the JVM's default zone: an hour that does not exist there comes an hour later (none
 *       with UTC).
 *   <li>Elements of an array of enums, domains or composites are text of type {@link Type.Opaque}.
 * </ul>
 */
record ColumnReader(Column column, Function<Object, Object> decode) {

    private static final String SOURCE_TYPE = "__debezium.source.column.type";
    private static final String SOURCE_LENGTH = "__debezium.source.column.length";
    private static final String SOURCE_SCALE = "__debezium.source.column.scale";
    /** @param placeholder what the engine writes for a value that was not sent */
    static ColumnReader of(Field field, String placeholder) {
        Schema schema = field.schema();
        Map<String, String> parameters = schema.parameters() == null ? Map.of() : schema.parameters();
        String plain = parameters.get(PlainValues.TYPE);
        boolean nullable =
                plain == null ? schema.isOptional() : Boolean.parseBoolean(parameters.get(PlainValues.NULLABLE));
        Type type = type(schema, parameters, plain);
        Column column = new Column(field.name(), type, nullable);
        Function<Object, Object> value = plain == null ? engines(type) : plain(type);
        // A number of the engine's own is never toasted, and every value of it is one.
        boolean number = plain == null && schema.type() == Schema.Type.INT64;
        return new ColumnReader(column, number ? value : unlessUnchanged(schema, placeholder, value));
    }

    /** The value, null, or {@link Row#ABSENT}. */
    @Nullable Object read(Struct row) {
        // Not get(): it would put the column's default in the place of a null.
        Object value = row.getWithoutDefault(column.name());
        return value == null ? null : decode.apply(value);
    }

    private static Type type(Schema schema, Map<String, String> parameters, @Nullable String plain) {
        String name = plain == null ? parameters.getOrDefault(SOURCE_TYPE, "") : plain;
        if (io.debezium.data.Enum.LOGICAL_NAME.equals(schema.name())) {
            String labels = parameters.getOrDefault(io.debezium.data.Enum.VALUES_FIELD, "");
            return new Type.Enumeration(lower(name), labels.isEmpty() ? List.of() : List.of(labels.split(",", -1)));
        }
        int length = Integer.parseInt(parameters.getOrDefault(SOURCE_LENGTH, "0"));
        int scale = Integer.parseInt(parameters.getOrDefault(SOURCE_SCALE, "0"));
        Optional<Type> named = PgTypes.named(name, length, scale);
        return named.orElseGet(() -> carried(schema, lower(name)));
    }

    private static String lower(String name) {
        return name.toLowerCase(java.util.Locale.ROOT).replace("\"", "");
    }

    /** Of a domain the engine tells the domain's name and carries the base type's values. */
    private static Type carried(Schema schema, String name) {
        if (schema.name() != null) {
            switch (schema.name()) {
                case "io.debezium.time.MicroTime" -> {
                    return Type.Simple.TIME;
                }
                case "io.debezium.data.Uuid" -> {
                    return Type.Simple.UUID;
                }
                case "io.debezium.data.Json" -> {
                    return Type.Simple.JSON;
                }
                default -> {}
            }
        }
        return switch (schema.type()) {
            case BOOLEAN -> Type.Simple.BOOL;
            case INT16 -> Type.Simple.INT16;
            case INT32 -> Type.Simple.INT32;
            case INT64 -> Type.Simple.INT64;
            case FLOAT32 -> Type.Simple.FLOAT32;
            case FLOAT64 -> Type.Simple.FLOAT64;
            case STRING -> Type.Simple.TEXT;
            default -> new Type.Opaque(name);
        };
    }

    private static Function<Object, Object> unlessUnchanged(
            Schema schema, String placeholder, Function<Object, Object> value) {
        byte[] bytes = placeholder.getBytes(StandardCharsets.UTF_8);
        return switch (schema.type()) {
            case STRING -> raw -> raw.equals(placeholder) ? Row.ABSENT : value.apply(raw);
            case BYTES -> raw -> isBytes(raw, bytes) ? Row.ABSENT : value.apply(raw);
            case INT64 -> raw -> PlainValues.isUnchanged((Long) raw) ? Row.ABSENT : value.apply(raw);
            default -> value;
        };
    }

    private static boolean isBytes(Object raw, byte[] bytes) {
        return raw instanceof ByteBuffer buffer
                ? buffer.remaining() == bytes.length && buffer.equals(ByteBuffer.wrap(bytes))
                : Arrays.equals((byte[]) raw, bytes);
    }

    /** Of what {@link PlainValues} wrote. */
    private static Function<Object, Object> plain(Type type) {
        return switch (type) {
            case Type.Simple simple ->
                switch (simple) {
                    case BYTES -> raw -> new Bytes(array(raw));
                    case DATE -> raw -> special((Long) raw, LocalDate::ofEpochDay);
                    case TIMESTAMP -> raw -> special((Long) raw, ColumnReader::timestamp);
                    case TIMESTAMPTZ -> raw -> special((Long) raw, ColumnReader::instant);
                    case INTERVAL -> raw -> PlainValues.interval((String) raw);
                    default -> raw -> PgText.value(simple, (String) raw);
                };
            case Type.Numeric _ -> raw -> PgText.numeric((String) raw);
            default -> raw -> PgText.value(type, (String) raw);
        };
    }

    /** Of what the engine's own converters wrote. */
    private static Function<Object, Object> engines(Type type) {
        return switch (type) {
            case Type.Simple simple ->
                switch (simple) {
                    case INT16, INT32 -> raw -> ((Number) raw).intValue();
                    case INT64 -> raw -> ((Number) raw).longValue();
                    case FLOAT32 -> raw -> ((Number) raw).floatValue();
                    case FLOAT64 -> raw -> ((Number) raw).doubleValue();
                    case TIME -> raw -> new TimeOfDay((Long) raw);
                    case UUID -> raw -> UUID.fromString((String) raw);
                    case GEOMETRY -> raw -> geometry((Struct) raw);
                    case BOOL, TEXT, BYTES, JSON, XML, LTREE, DATE, TIMETZ, TIMESTAMP, TIMESTAMPTZ, INTERVAL, HSTORE ->
                        raw -> raw;
                };
            case Type.Opaque _ -> raw -> raw instanceof String ? raw : new String(array(raw), StandardCharsets.UTF_8);
            case Type.Numeric _, Type.Enumeration _, Type.Range _, Type.Array _ -> raw -> raw;
        };
    }

    static byte[] array(Object raw) {
        if (raw instanceof byte[] bytes) {
            return bytes;
        }
        ByteBuffer buffer = (ByteBuffer) raw;
        boolean whole = buffer.hasArray() && buffer.arrayOffset() == 0 && buffer.remaining() == buffer.array().length;
        return whole
                ? buffer.array()
                : Arrays.copyOfRange(
                        buffer.array(),
                        buffer.arrayOffset() + buffer.position(),
                        buffer.arrayOffset() + buffer.limit());
    }

    private static Object special(long value, LongFunction<Object> read) {
        if (value == PlainValues.INFINITY) {
            return Special.INFINITY;
        }
        return value == PlainValues.NEGATIVE_INFINITY ? Special.NEGATIVE_INFINITY : read.apply(value);
    }

    private static LocalDateTime timestamp(long micros) {
        return LocalDateTime.ofEpochSecond(
                Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000) * 1000, ZoneOffset.UTC);
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000) * 1000L);
    }

    private static Geometry geometry(Struct struct) {
        byte[] wkb = array(requireNonNull(struct.get(io.debezium.data.geometry.Geometry.WKB_FIELD)));
        Integer srid = struct.getInt32(io.debezium.data.geometry.Geometry.SRID_FIELD);
        return new Geometry(new Bytes(wkb), srid == null ? OptionalInt.empty() : OptionalInt.of(srid));
    }
}
