package io.deltastreams.codec.protobuf;

import io.deltastreams.change.Column;
import io.deltastreams.change.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a field's type does not tell of its column. */
final class Comments {

    private Comments() {}

    /** Empty where there is nothing to tell. */
    static String of(Column column, String field) {
        List<String> parts = new ArrayList<>();
        if (!column.name().equals(field)) {
            parts.add('"' + column.name() + '"');
        }
        String type = type(column.type());
        if (!type.isEmpty()) {
            parts.add(type);
        }
        if (!column.nullable()) {
            parts.add("not null");
        }
        return String.join(", ", parts);
    }

    private static String type(Type type) {
        return switch (type) {
            case Type.Simple simple -> simple(simple);
            case Type.Numeric numeric ->
                numeric.precision() == 0 ? "numeric" : "numeric(%d,%d)".formatted(numeric.precision(), numeric.scale());
            case Type.Enumeration enumeration -> "enum " + enumeration.name();
            case Type.Range range -> range.name();
            case Type.Opaque opaque -> opaque.name();
            case Type.Array array -> {
                String element = type(array.element());
                yield element.isEmpty() ? "" : "elements: " + element;
            }
        };
    }

    private static String simple(Type.Simple type) {
        return switch (type) {
            case BOOL, INT32, INT64, FLOAT32, FLOAT64, TEXT, BYTES, TIMESTAMPTZ, INTERVAL, HSTORE, GEOMETRY -> "";
            case INT16, TIMETZ, UUID, JSON, XML, LTREE -> type.name().toLowerCase(Locale.ROOT);
            case DATE -> "date: days since 1970-01-01";
            case TIME -> "time: microseconds since midnight";
            case TIMESTAMP -> "timestamp without zone: microseconds since 1970-01-01T00:00";
        };
    }
}
