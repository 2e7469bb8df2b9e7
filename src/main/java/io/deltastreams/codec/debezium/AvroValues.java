package io.deltastreams.codec.debezium;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Column;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.jspecify.annotations.Nullable;

/** A column's value in the form that Debezium gives it, as Avro's generic writer takes it. */
final class AvroValues {

    private AvroValues() {}

    static @Nullable Object ofKey(Column column, Schema field, @Nullable Object value) {
        return switch (value) {
            case BigDecimal number
            when ConnectSchemas.present(field).getType() == Schema.Type.STRING -> DebeziumValues.canonical(number);
            case BigDecimal number -> of(column, field, new BigDecimal(DebeziumValues.canonical(number)));
            case Double number -> number + 0.0;
            case Float number -> number + 0.0f;
            case null, default -> of(column, field, value);
        };
    }

    /** @throws IllegalArgumentException naming the column, if the value has no form */
    static @Nullable Object of(Column column, Schema field, @Nullable Object value) {
        try {
            return of(column.type(), ConnectSchemas.present(field), value);
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new IllegalArgumentException("column '%s': %s".formatted(column.name(), e.getMessage()), e);
        }
    }

    private static @Nullable Object of(Type type, Schema schema, @Nullable Object value) {
        return switch (value) {
            case null -> null;
            case BigDecimal number -> decimal(type, schema, number);
            case Special special -> special(type, schema, special);
            case Bytes bytes -> ByteBuffer.wrap(bytes.array());
            case LocalDate date -> Math.toIntExact(date.toEpochDay());
            case TimeOfDay time -> time.micros();
            case OffsetTime time -> DebeziumValues.zoned(time);
            case LocalDateTime time -> since1970(time.toInstant(ZoneOffset.UTC), 1_000_000);
            case Instant time -> DebeziumValues.zoned(time);
            case Interval interval -> DebeziumValues.micros(interval);
            case UUID id -> id.toString();
            case Geometry geometry -> geometry(schema, geometry);
            case Map<?, ?> map -> DebeziumValues.text(map);
            case List<?> list -> list(type, schema, list);
            default -> value;
        };
    }

    /** By its schema: a text, Connect's Decimal, or Debezium's with a scale of its own. */
    private static Object decimal(Type type, Schema schema, BigDecimal number) {
        return switch (schema.getType()) {
            case STRING -> number.toPlainString();
            case RECORD -> {
                GenericData.Record record = new GenericData.Record(schema);
                record.put("scale", number.scale());
                record.put("value", ByteBuffer.wrap(number.unscaledValue().toByteArray()));
                yield record;
            }
            default ->
                // Of an array's elements the source tells the scale, but does not hold them to it.
                ByteBuffer.wrap(number.setScale(((Type.Numeric) type).scale())
                        .unscaledValue()
                        .toByteArray());
        };
    }

    private static Object special(Type type, Schema schema, Special special) {
        if (type instanceof Type.Numeric && schema.getType() != Schema.Type.STRING) {
            throw new IllegalArgumentException(
                    "%s has no form among exact decimals; with 'decimals: string' it has".formatted(special.text()));
        }
        boolean negative = special == Special.NEGATIVE_INFINITY;
        return switch (type) {
            case Type.Simple.DATE -> negative ? Integer.MIN_VALUE : Integer.MAX_VALUE;
            case Type.Simple.TIMESTAMP ->
                negative ? DebeziumValues.NEGATIVE_INFINITY : DebeziumValues.POSITIVE_INFINITY;
            case Type.Simple.TIMESTAMPTZ -> special.text();
            default -> DebeziumValues.spelled(special);
        };
    }

    private static Object geometry(Schema schema, Geometry geometry) {
        GenericData.Record record = new GenericData.Record(schema);
        record.put("wkb", ByteBuffer.wrap(geometry.wkb().array()));
        record.put("srid", geometry.srid().isPresent() ? geometry.srid().getAsInt() : null);
        return record;
    }

    private static Object list(Type type, Schema schema, List<?> list) {
        if (!(type instanceof Type.Array(Type element)) || !schema.getType().equals(Schema.Type.ARRAY)) {
            throw new IllegalArgumentException("an array of arrays has no form in Debezium's Avro");
        }
        Schema item = ConnectSchemas.present(schema.getElementType());
        List<@Nullable Object> items = new ArrayList<>(list.size());
        for (Object each : list) {
            items.add(of(element, item, each));
        }
        return items;
    }

    /** A large value that an update left untouched: it is not sent. */
    static @Nullable Object unavailable(Schema field) {
        Schema type = ConnectSchemas.present(field);
        if (type.getObjectProp("connect.name") instanceof String name && name.endsWith("Decimal")) {
            throw new IllegalArgumentException(
                    "a decimal that was not sent has no form among exact ones; with 'decimals: string' it has");
        }
        return switch (type.getType()) {
            case STRING -> DebeziumValues.UNAVAILABLE;
            case BYTES -> ByteBuffer.wrap(DebeziumValues.UNAVAILABLE.getBytes(UTF_8));
            case ARRAY -> unavailableArray(ConnectSchemas.present(type.getElementType()));
            default -> ConnectSchemas.unknown(field);
        };
    }

    private static Object unavailableArray(Schema item) {
        return switch (item.getType()) {
            case STRING -> List.of(DebeziumValues.UNAVAILABLE);
            case INT, LONG -> {
                List<Object> items = new ArrayList<>();
                for (byte each : DebeziumValues.UNAVAILABLE.getBytes(UTF_8)) {
                    items.add(item.getType() == Schema.Type.INT ? (Object) (int) each : (Object) (long) each);
                }
                yield items;
            }
            default -> List.of();
        };
    }

    /** Null where 64 bits do not hold it: of a commit in nanoseconds after the year 2262. */
    static @Nullable Long moment(Instant time, int units) {
        try {
            return since1970(time, units);
        } catch (ArithmeticException _) {
            return null;
        }
    }

    /** @throws ArithmeticException if 64 bits do not hold it */
    static long since1970(Instant time, int units) {
        return Math.addExact(
                Math.multiplyExact(time.getEpochSecond(), units), time.getNano() / (1_000_000_000 / units));
    }
}
