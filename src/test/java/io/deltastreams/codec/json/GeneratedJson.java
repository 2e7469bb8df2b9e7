package io.deltastreams.codec.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Deltas as one writes them with Jackson's generator, object by object, by the table in the package's description. */
final class GeneratedJson {

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();

    private final boolean bigintAsString;

    GeneratedJson(boolean bigintAsString) {
        this.bigintAsString = bigintAsString;
    }

    private interface Writing {
        void to(JsonGenerator json) throws IOException;
    }

    private static byte[] bytes(Writing writing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            writing.to(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    byte @Nullable [] key(Delta delta) {
        return isKeyed(delta) ? bytes(json -> key(json, delta)) : null;
    }

    private static boolean isKeyed(Delta delta) {
        return delta.schema().hasKey() && !(delta.change() instanceof Change.Truncate);
    }

    byte[] value(Delta delta) {
        return bytes(json -> value(json, delta));
    }

    private void value(JsonGenerator json, Delta delta) throws IOException {
        json.writeStartObject();
        json.writeStringField("position", delta.position().toString());
        json.writeStringField("op", delta.change().getClass().getSimpleName().toLowerCase(Locale.ROOT));
        json.writeStringField("stream", delta.schema().relation().text());
        if (isKeyed(delta)) {
            json.writeFieldName("key");
            key(json, delta);
        }
        if (delta.change() instanceof Change.Truncate) {
            json.writeStringField("table", delta.source().text());
        }
        image(json, "before", delta.schema(), before(delta.change()));
        image(json, "after", delta.schema(), after(delta.change()));
        origin(json, delta);
        json.writeEndObject();
    }

    private static @Nullable Row before(Change change) {
        return switch (change) {
            case Change.Update update -> update.before();
            case Change.Delete delete -> delete.before();
            case Change.Insert _, Change.Truncate _ -> null;
        };
    }

    private static @Nullable Row after(Change change) {
        return switch (change) {
            case Change.Insert insert -> insert.after();
            case Change.Update update -> update.after();
            case Change.Delete _, Change.Truncate _ -> null;
        };
    }

    private static void origin(JsonGenerator json, Delta delta) throws IOException {
        json.writeObjectFieldStart("tx");
        json.writeStringField("id", delta.transaction());
        if (delta.last()) {
            json.writeBooleanField("last", true);
        }
        json.writeEndObject();
        json.writeStringField("committed_at", text(delta.committedAt()));
        json.writeNumberField("schema", delta.schema().version());
        if (delta.snapshot()) {
            json.writeBooleanField("snapshot", true);
        }
    }

    private void key(JsonGenerator json, Delta delta) throws IOException {
        Row before = before(delta.change());
        Row after = after(delta.change());
        json.writeStartObject();
        for (int column : delta.schema().key()) {
            Row row = after != null && (before == null || after.has(column)) ? after : before;
            field(json, delta.schema().columns().get(column), row == null ? null : row.get(column), true);
        }
        json.writeEndObject();
    }

    private void image(JsonGenerator json, String name, Schema schema, @Nullable Row row) throws IOException {
        if (row == null) {
            return;
        }
        List<Column> columns = schema.columns();
        List<Column> absent =
                columns.stream().filter(c -> !row.has(columns.indexOf(c))).toList();
        if (name.equals("before") && absent.size() == columns.size()) {
            return;
        }
        json.writeObjectFieldStart(name);
        for (int i = 0; i < row.size(); i++) {
            if (row.has(i)) {
                field(json, columns.get(i), row.get(i), false);
            }
        }
        json.writeEndObject();
        if (name.equals("after") && !absent.isEmpty()) {
            json.writeArrayFieldStart("unchanged");
            for (Column column : absent) {
                json.writeString(column.name());
            }
            json.writeEndArray();
        }
    }

    private void field(JsonGenerator json, Column column, @Nullable Object value, boolean inKey) throws IOException {
        json.writeFieldName(column.name());
        value(json, column.type(), value, inKey);
    }

    private void value(JsonGenerator json, Type type, @Nullable Object value, boolean inKey) throws IOException {
        switch (value) {
            case null -> json.writeNull();
            case Boolean bool -> json.writeBoolean(bool);
            case Integer number -> json.writeNumber(number);
            case Long number when bigintAsString -> json.writeString(number.toString());
            case Long number -> json.writeNumber(number);
            case Float number -> json.writeString(text(number, Float.toString(inKey && number == 0 ? 0f : number)));
            case Double number -> json.writeString(text(number, Double.toString(inKey && number == 0 ? 0d : number)));
            case BigDecimal number -> json.writeString((inKey ? number.stripTrailingZeros() : number).toPlainString());
            case Bytes bytes -> json.writeBinary(bytes.array());
            case Geometry geometry -> geometry(json, geometry);
            case Map<?, ?> map -> map(json, map);
            case List<?> list -> list(json, (Type.Array) type, list, inKey);
            default -> json.writeString(text(value));
        }
    }

    private static String text(double number, String finite) {
        return Double.isNaN(number) ? "NaN" : Double.isFinite(number) ? finite : number > 0 ? "infinity" : "-infinity";
    }

    private static String text(Object value) {
        return switch (value) {
            case Special special -> special.text();
            case TimeOfDay time -> {
                long seconds = time.micros() / 1_000_000;
                int nano = (int) (time.micros() % 1_000_000 * 1000);
                yield clock(seconds / 3600, seconds / 60 % 60, seconds % 60, nano);
            }
            case OffsetTime time ->
                clock(time.getHour(), time.getMinute(), time.getSecond(), time.getNano())
                        + time.getOffset().getId();
            case LocalDate date -> date.toString();
            case LocalDateTime moment ->
                moment.toLocalDate()
                        + "T"
                        + clock(moment.getHour(), moment.getMinute(), moment.getSecond(), moment.getNano());
            case Instant moment -> text(LocalDateTime.ofInstant(moment, ZoneOffset.UTC)) + "Z";
            default -> value.toString();
        };
    }

    private static String clock(long hour, long minute, long second, int nano) {
        String fraction = nano % 1000 == 0
                ? String.format(Locale.ROOT, "%06d", nano / 1000)
                : String.format(Locale.ROOT, "%09d", nano);
        return String.format(Locale.ROOT, "%02d:%02d:%02d.", hour, minute, second) + fraction;
    }

    private static void geometry(JsonGenerator json, Geometry geometry) throws IOException {
        json.writeStartObject();
        json.writeBinaryField("wkb", geometry.wkb().array());
        json.writeFieldName("srid");
        json.writeRawValue(
                geometry.srid().isPresent() ? Integer.toString(geometry.srid().getAsInt()) : "null");
        json.writeEndObject();
    }

    private static void map(JsonGenerator json, Map<?, ?> map) throws IOException {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            json.writeStringField((String) entry.getKey(), (String) entry.getValue());
        }
        json.writeEndObject();
    }

    private void list(JsonGenerator json, Type.Array type, List<?> elements, boolean inKey) throws IOException {
        json.writeStartArray();
        for (Object element : elements) {
            value(json, element instanceof List<?> ? type : type.element(), element, inKey);
        }
        json.writeEndArray();
    }
}
