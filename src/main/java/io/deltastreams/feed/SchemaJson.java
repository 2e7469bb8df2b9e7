package io.deltastreams.feed;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;

/**
 * A stream's shape as subscribers see it: {@code {"stream": "paid_orders", "version": 3, "columns": [{"name": "id", "type": "int64",
 * "nullable": false}], "key": ["id"]}}. Types have the names of {@link Type.Simple} in lower case, {@code numeric(12,2)}, {@code
 * text[]}, a range's or an unknown type's own name, and {@code enum} with its {@code labels}.
 */
public final class SchemaJson {

    private SchemaJson() {}

    public static JsonObject of(Schema schema) {
        JsonArray columns = new JsonArray();
        schema.columns().forEach(column -> columns.add(of(column)));
        JsonArray key = new JsonArray();
        schema.key().forEach(index -> key.add(schema.columns().get(index).name()));
        return new JsonObject()
                .put("stream", schema.relation().text())
                .put("version", schema.version())
                .put("columns", columns)
                .put("key", key);
    }

    private static JsonObject of(Column column) {
        JsonObject json = new JsonObject()
                .put("name", column.name())
                .put("type", text(column.type()))
                .put("nullable", column.nullable());
        if (column.type() instanceof Type.Enumeration enumeration
                && !enumeration.labels().isEmpty()) {
            json.put("labels", new JsonArray(enumeration.labels()));
        }
        return json;
    }

    private static String text(Type type) {
        return switch (type) {
            case Type.Simple simple -> simple.name().toLowerCase(Locale.ROOT);
            case Type.Numeric(int precision, int scale) ->
                precision == 0 ? "numeric" : "numeric(%d,%d)".formatted(precision, scale);
            case Type.Enumeration _ -> "enum";
            case Type.Range(String name) -> name;
            case Type.Array(Type element) -> text(element) + "[]";
            case Type.Opaque(String name) -> name;
        };
    }
}
