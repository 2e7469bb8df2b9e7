package io.deltastreams.codec.debezium;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A column's value in the form that Debezium gives it. */
final class DebeziumValues {

    static final String UNAVAILABLE = "__debezium_unavailable_value";

    private static final JsonFactory JSON = new JsonFactory();

    /** Of io.debezium.time.ZonedTimestamp and ZonedTime: as many decimals as there are, six of a timestamp at least. */
    private static final DateTimeFormatter ZONED = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendLiteral('T')
            .appendPattern("HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 6, 9, true)
            .appendOffsetId()
            .toFormatter();

    private static final double DAYS_A_MONTH = 365.25 / 12;
    private static final long MICROS_A_DAY = 86_400_000_000L;

    private DebeziumValues() {}

    static void writeKey(JsonGenerator out, Type type, @Nullable Object value) throws IOException {
        if (value instanceof BigDecimal number) {
            out.writeString(canonical(number));
        } else if (value instanceof Double number) {
            out.writeNumber(number + 0.0);
        } else if (value instanceof Float number) {
            out.writeNumber(number + 0.0f);
        } else {
            write(out, type, value);
        }
    }

    /** Equal for equal numbers. */
    static String canonical(BigDecimal number) {
        BigDecimal stripped = number.stripTrailingZeros();
        return (stripped.scale() < 0 ? stripped.setScale(0) : stripped).toPlainString();
    }

    static String zoned(OffsetTime time) {
        return DateTimeFormatter.ISO_OFFSET_TIME.format(time.withOffsetSameInstant(ZoneOffset.UTC));
    }

    static String zoned(Instant time) {
        return ZONED.format(time.atOffset(ZoneOffset.UTC));
    }

    static void write(JsonGenerator out, Type type, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> out.writeNull();
            case Boolean bool -> out.writeBoolean(bool);
            case Integer number -> out.writeNumber(number);
            case Long number -> out.writeNumber(number);
            case Float number -> out.writeNumber(number);
            case Double number -> out.writeNumber(number);
            case BigDecimal number -> out.writeString(number.toPlainString());
            case Special special -> special(out, type, special);
            case String text -> out.writeString(text);
            case Bytes bytes -> out.writeBinary(bytes.array());
            case LocalDate date -> out.writeNumber((int) date.toEpochDay());
            case TimeOfDay time -> out.writeNumber(time.micros());
            case OffsetTime time -> out.writeString(zoned(time));
            case LocalDateTime time -> writeSince1970(out, time.toInstant(ZoneOffset.UTC), 1_000_000);
            case Instant time -> out.writeString(zoned(time));
            case Interval interval -> out.writeNumber(micros(interval));
            case java.util.UUID id -> out.writeString(id.toString());
            case Geometry geometry -> geometry(out, geometry);
            case Map<?, ?> map -> out.writeString(text(map));
            case List<?> list -> {
                Type element = type instanceof Type.Array array ? array.element() : type;
                out.writeStartArray();
                for (Object each : list) {
                    write(out, element, each);
                }
                out.writeEndArray();
            }
            default -> throw new IllegalArgumentException("no form of " + value.getClass());
        }
    }

    /** A large value that an update left untouched: it is not sent. */
    static void writeUnavailable(JsonGenerator out, Type type) throws IOException {
        switch (type) {
            case Type.Simple simple when simple == Type.Simple.BYTES -> out.writeBinary(UNAVAILABLE.getBytes(UTF_8));
            case Type.Array(Type.Simple element)
            when isInteger(element) -> {
                out.writeStartArray();
                for (byte each : UNAVAILABLE.getBytes(UTF_8)) {
                    out.writeNumber(each);
                }
                out.writeEndArray();
            }
            case Type.Array _ -> {
                out.writeStartArray();
                out.writeString(UNAVAILABLE);
                out.writeEndArray();
            }
            default -> out.writeString(UNAVAILABLE);
        }
    }

    private static boolean isInteger(Type.Simple type) {
        return switch (type) {
            case INT16, INT32, INT64 -> true;
            default -> false;
        };
    }

    private static void special(JsonGenerator out, Type type, Special special) throws IOException {
        boolean negative = special == Special.NEGATIVE_INFINITY;
        switch (type) {
            case Type.Simple.DATE -> out.writeNumber(negative ? Integer.MIN_VALUE : Integer.MAX_VALUE);
            case Type.Simple.TIMESTAMP -> out.writeNumber(negative ? NEGATIVE_INFINITY : POSITIVE_INFINITY);
            case Type.Simple.TIMESTAMPTZ -> out.writeString(special.text());
            default -> out.writeString(spelled(special));
        }
    }

    static String spelled(Special special) {
        return switch (special) {
            case NAN -> "NAN";
            case INFINITY -> "POSITIVE_INFINITY";
            case NEGATIVE_INFINITY -> "NEGATIVE_INFINITY";
        };
    }

    /** What the driver's dates of these infinities are in microseconds. */
    static final long POSITIVE_INFINITY = 9_223_372_036_825_200_000L;

    static final long NEGATIVE_INFINITY = -9_223_372_036_832_400_000L;

    /** @param units in a second; what 64 bits do not hold is written all the same */
    static void writeSince1970(JsonGenerator out, Instant time, int units) throws IOException {
        long seconds = time.getEpochSecond();
        long rest = time.getNano() / (1_000_000_000 / units);
        if (Math.abs(seconds) < Long.MAX_VALUE / units - 1) {
            out.writeNumber(seconds * units + rest);
        } else {
            out.writeNumber(BigInteger.valueOf(seconds)
                    .multiply(BigInteger.valueOf(units))
                    .add(BigInteger.valueOf(rest)));
        }
    }

    /** As {@code interval.handling.mode=numeric} has it: a month is a twelfth of 365.25 days. */
    static long micros(Interval interval) {
        return interval.micros()
                + interval.days() * MICROS_A_DAY
                + Math.round(interval.months() * DAYS_A_MONTH * MICROS_A_DAY);
    }

    private static void geometry(JsonGenerator out, Geometry geometry) throws IOException {
        out.writeStartObject();
        out.writeFieldName("wkb");
        out.writeBinary(geometry.wkb().array());
        out.writeFieldName("srid");
        if (geometry.srid().isPresent()) {
            out.writeNumber(geometry.srid().getAsInt());
        } else {
            out.writeNull();
        }
        out.writeEndObject();
    }

    static String text(Map<?, ?> map) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.writeFieldName(String.valueOf(entry.getKey()));
                write(out, Type.Simple.TEXT, entry.getValue());
            }
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
