package io.deltastreams.codec.avro;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/** What Avro's generic reader gives as the value that it was, by the table in the package's description. */
final class AvroValues {

    private AvroValues() {}

    /** @param schema a union with null, or what stands in one */
    static @Nullable Object read(Type type, @Nullable Object value, Schema schema) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case Type.Simple simple -> simple(simple, value);
            case Type.Numeric _ -> numeric(value, plain(schema));
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> value.toString();
            case Type.Array array -> {
                List<@Nullable Object> elements = new ArrayList<>();
                for (Object element : (List<?>) value) {
                    elements.add(read(array.element(), element, plain(schema).getElementType()));
                }
                yield elements;
            }
        };
    }

    static Schema plain(Schema schema) {
        return schema.isUnion() ? schema.getTypes().getLast() : schema;
    }

    private static Object simple(Type.Simple type, Object value) {
        return switch (type) {
            case BOOL, INT16, INT32, INT64, FLOAT32, FLOAT64 -> value;
            case TEXT, JSON, XML, LTREE -> value.toString();
            case BYTES -> bytes(value);
            case DATE -> date((Integer) value);
            case TIME -> new TimeOfDay((Long) value);
            case TIMETZ -> OffsetTime.parse(value.toString());
            case TIMESTAMP -> {
                Object moment = moment((Long) value);
                yield moment instanceof Instant instant ? LocalDateTime.ofInstant(instant, ZoneOffset.UTC) : moment;
            }
            case TIMESTAMPTZ -> moment((Long) value);
            case INTERVAL -> {
                GenericRecord interval = (GenericRecord) value;
                yield new Interval((Integer) interval.get("months"), (Integer) interval.get("days"), (Long)
                        interval.get("micros"));
            }
            case UUID -> UUID.fromString(value.toString());
            case HSTORE -> {
                Map<String, @Nullable String> map = new TreeMap<>();
                ((Map<?, ?>) value).forEach((key, each) -> map.put(key.toString(), each == null ? null : "" + each));
                yield map;
            }
            case GEOMETRY -> {
                GenericRecord geometry = (GenericRecord) value;
                Object srid = geometry.get("srid");
                yield new Geometry(
                        bytes(geometry.get("wkb")),
                        srid == null ? OptionalInt.empty() : OptionalInt.of((Integer) srid));
            }
        };
    }

    static Bytes bytes(Object value) {
        ByteBuffer buffer = ((ByteBuffer) value).duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return new Bytes(bytes);
    }

    private static Object numeric(Object value, Schema schema) {
        if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
            return new BigDecimal(new BigInteger(bytes(value).array()), decimal.getScale());
        }
        String text = value.toString();
        for (Special special : Special.values()) {
            if (special.text().equals(text)) {
                return special;
            }
        }
        return new BigDecimal(text);
    }

    private static Object date(int day) {
        return switch (day) {
            case Integer.MAX_VALUE -> Special.INFINITY;
            case Integer.MIN_VALUE -> Special.NEGATIVE_INFINITY;
            default -> LocalDate.ofEpochDay(day);
        };
    }

    private static Object moment(long micros) {
        if (micros == Long.MAX_VALUE || micros == Long.MIN_VALUE) {
            return micros > 0 ? Special.INFINITY : Special.NEGATIVE_INFINITY;
        }
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
