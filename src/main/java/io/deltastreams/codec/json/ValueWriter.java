package io.deltastreams.codec.json;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonGenerator;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes values in the forms that this package's table lists.
 *
 * @param bigintAsString whether INT64 becomes a string
 * @param canonical whether values that are equal to the database give equal bytes, as keys must
 */
record ValueWriter(boolean bigintAsString, boolean canonical) {

    void write(JsonGenerator json, Type type, @Nullable Object value) throws IOException {
        if (value == null) {
            json.writeNull();
            return;
        }
        switch (type) {
            case Type.Simple simple -> writeSimple(json, simple, value);
            case Type.Numeric _ -> json.writeString(numeric(value));
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> json.writeString((String) value);
            case Type.Array array -> writeArray(json, array, (List<?>) value);
        }
    }

    private void writeSimple(JsonGenerator json, Type.Simple type, Object value) throws IOException {
        switch (type) {
            case BOOL -> json.writeBoolean((Boolean) value);
            case INT16, INT32 -> json.writeNumber((Integer) value);
            case INT64 -> writeLong(json, (Long) value);
            case FLOAT32 -> json.writeString(text((Float) value));
            case FLOAT64 -> json.writeString(text((Double) value));
            case TEXT, JSON, XML, LTREE -> json.writeString((String) value);
            case BYTES -> writeBytes(json, (Bytes) value);
            case DATE -> json.writeString(value instanceof Special s ? s.text() : IsoText.of((LocalDate) value));
            case TIME -> json.writeString(IsoText.of((TimeOfDay) value));
            case TIMETZ -> json.writeString(IsoText.of((OffsetTime) value));
            case TIMESTAMP ->
                json.writeString(value instanceof Special s ? s.text() : IsoText.of((LocalDateTime) value));
            case TIMESTAMPTZ -> json.writeString(value instanceof Special s ? s.text() : IsoText.of((Instant) value));
            case INTERVAL, UUID -> json.writeString(value.toString());
            case HSTORE -> writeMap(json, (Map<?, ?>) value);
            case GEOMETRY -> writeGeometry(json, (Geometry) value);
        }
    }

    private void writeLong(JsonGenerator json, long value) throws IOException {
        if (bigintAsString) {
            json.writeString(Long.toString(value));
        } else {
            json.writeNumber(value);
        }
    }

    private String text(float value) {
        return Float.isFinite(value) ? Float.toString(canonical && value == 0 ? 0f : value) : nonFinite(value);
    }

    private String text(double value) {
        return Double.isFinite(value) ? Double.toString(canonical && value == 0 ? 0d : value) : nonFinite(value);
    }

    private static String nonFinite(double value) {
        Special special = Double.isNaN(value) ? Special.NAN : value > 0 ? Special.INFINITY : Special.NEGATIVE_INFINITY;
        return special.text();
    }

    private String numeric(Object value) {
        if (value instanceof Special special) {
            return special.text();
        }
        BigDecimal number = (BigDecimal) value;
        return (canonical ? number.stripTrailingZeros() : number).toPlainString();
    }

    private static void writeBytes(JsonGenerator json, Bytes bytes) throws IOException {
        byte[] array = bytes.array();
        json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, array, 0, array.length);
    }

    private static void writeMap(JsonGenerator json, Map<?, ?> map) throws IOException {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            json.writeFieldName((String) entry.getKey());
            json.writeString((String) entry.getValue());
        }
        json.writeEndObject();
    }

    private static void writeGeometry(JsonGenerator json, Geometry geometry) throws IOException {
        json.writeStartObject();
        json.writeFieldName("wkb");
        writeBytes(json, geometry.wkb());
        json.writeFieldName("srid");
        if (geometry.srid().isPresent()) {
            json.writeNumber(geometry.srid().getAsInt());
        } else {
            json.writeNull();
        }
        json.writeEndObject();
    }

    private void writeArray(JsonGenerator json, Type.Array type, List<?> elements) throws IOException {
        json.writeStartArray();
        for (Object element : elements) {
            write(json, element instanceof List<?> ? type : type.element(), element);
        }
        json.writeEndArray();
    }
}
