package io.deltastreams.codec.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A reader as a user would write one: by the table in the package's description, without a look at the codec. */
final class JsonValues {

    private static final Pattern INTERVAL = Pattern.compile("P(?:(-?\\d+)Y)?(?:(-?\\d+)M)?(?:(-?\\d+)D)?"
            + "(?:T(?:(-?\\d+)H)?(?:(-?\\d+)M)?(?:(-?)(\\d+)(?:\\.(\\d+))?S)?)?");

    private JsonValues() {}

    static @Nullable Object read(Type type, JsonNode json) {
        if (json.isNull()) {
            return null;
        }
        return switch (type) {
            case Type.Simple simple -> simple(simple, json);
            case Type.Numeric _ -> special(text(json), BigDecimal::new);
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> text(json);
            case Type.Array array -> array(array, json);
        };
    }

    private static Object simple(Type.Simple type, JsonNode json) {
        return switch (type) {
            case BOOL -> expect(json.isBoolean(), json.booleanValue());
            case INT16, INT32 -> expect(json.isInt(), json.intValue());
            case INT64 -> expect(json.isIntegralNumber() && json.canConvertToLong(), json.longValue());
            case FLOAT32 -> Float.parseFloat(javaFloat(text(json)));
            case FLOAT64 -> Double.parseDouble(javaFloat(text(json)));
            case TEXT, JSON, XML, LTREE -> text(json);
            case BYTES -> bytes(json);
            case DATE -> special(text(json), LocalDate::parse);
            case TIME -> time(text(json));
            case TIMETZ -> OffsetTime.parse(text(json));
            case TIMESTAMP -> special(text(json), LocalDateTime::parse);
            case TIMESTAMPTZ -> special(text(json), JsonValues::instant);
            case INTERVAL -> interval(text(json));
            case UUID -> UUID.fromString(text(json));
            case HSTORE -> hstore(json);
            case GEOMETRY -> geometry(json);
        };
    }

    static Instant instant(String text) {
        if (!text.endsWith("Z")) {
            throw new AssertionError("no UTC: " + text);
        }
        return LocalDateTime.parse(text.substring(0, text.length() - 1)).toInstant(ZoneOffset.UTC);
    }

    private static Object special(String text, Function<String, Object> otherwise) {
        for (Special special : Special.values()) {
            if (special.text().equals(text)) {
                return special;
            }
        }
        return otherwise.apply(text);
    }

    private static String javaFloat(String text) {
        return text.replace("infinity", "Infinity");
    }

    private static TimeOfDay time(String text) {
        long hours = Long.parseLong(text, 0, 2, 10);
        long minutes = Long.parseLong(text, 3, 5, 10);
        long seconds = Long.parseLong(text, 6, 8, 10);
        return new TimeOfDay(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + Long.parseLong(text.substring(9)));
    }

    private static Interval interval(String text) {
        Matcher m = INTERVAL.matcher(text);
        expect(m.matches(), text);
        long fraction = m.group(8) == null ? 0 : Long.parseLong((m.group(8) + "000000").substring(0, 6));
        long seconds = part(m.group(7)) * 1_000_000 + fraction;
        long micros = part(m.group(4)) * 3_600_000_000L
                + part(m.group(5)) * 60_000_000L
                + ("-".equals(m.group(6)) ? -seconds : seconds);
        return new Interval((int) (part(m.group(1)) * 12 + part(m.group(2))), (int) part(m.group(3)), micros);
    }

    private static long part(@Nullable String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }

    private static Map<String, @Nullable String> hstore(JsonNode json) {
        Map<String, @Nullable String> map = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            map.put(entry.getKey(), entry.getValue().isNull() ? null : text(entry.getValue()));
        }
        return map;
    }

    private static Geometry geometry(JsonNode json) {
        JsonNode srid = json.get("srid");
        return new Geometry(
                bytes(json.get("wkb")), srid.isNull() ? OptionalInt.empty() : OptionalInt.of(srid.intValue()));
    }

    private static List<@Nullable Object> array(Type.Array type, JsonNode json) {
        List<@Nullable Object> elements = new ArrayList<>();
        for (JsonNode element : json) {
            elements.add(element.isArray() ? array(type, element) : read(type.element(), element));
        }
        return elements;
    }

    private static Bytes bytes(JsonNode json) {
        try {
            return new Bytes(json.binaryValue());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(JsonNode json) {
        return expect(json.isTextual(), json.textValue());
    }

    private static <T> T expect(boolean right, T value) {
        if (!right) {
            throw new AssertionError("not of the form that the table names: " + value);
        }
        return value;
    }
}
