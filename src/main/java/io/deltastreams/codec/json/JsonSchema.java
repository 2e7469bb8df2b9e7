package io.deltastreams.codec.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The <a href="https://json-schema.org/draft-07">JSON Schema</a> (draft-07) of a stream's keys and values: true of all that {@link DeltaWriter} writes.
 * Objects are closed, so that to a registry a further column is compatible; in an open one it is not, as an old row may have had anything under its
 * name.
 */
final class JsonSchema {

    private static final String DATE = "[0-9]{2}-[0-9]{2}";
    private static final String CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}([0-9]{3})?";

    /** Years that RFC 3339, and so the formats {@code date} and {@code date-time}, does not have, or not all of its readers do. */
    private static final String FAR_YEAR = "(0000|[+-][0-9]{4,})-";

    private static final String FLOAT = pattern("NaN|-?infinity|-?[0-9]+[.][0-9]+(E-?[0-9]+)?");
    private static final String DECIMAL = pattern("NaN|-?infinity|-?[0-9]+([.][0-9]+)?");
    private static final String DAY = either("date", "-?infinity|" + FAR_YEAR + DATE);
    private static final String MOMENT = either("date-time", "-?infinity|" + FAR_YEAR + DATE + "T" + CLOCK + "Z");
    private static final String LOCAL_MOMENT = pattern("-?infinity|[+-]?[0-9]{4,}-" + DATE + "T" + CLOCK);
    private static final String TIME = pattern(CLOCK);
    private static final String TIME_WITH_ZONE = pattern(CLOCK + "(Z|[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?)");
    private static final String INTERVAL = pattern("P(-?[0-9]+[YMD])*(T(-?[0-9]+([.][0-9]+)?[HMS])+)?");
    private static final String BASE64 = ",\"contentEncoding\":\"base64\"";

    private final boolean bigintAsString;
    private final JsonWriter out = new JsonWriter();

    /** Those met so far: each has a definition, since an array's element may be such an array again. */
    private final List<Type.Array> arrays = new ArrayList<>();

    private JsonSchema(boolean bigintAsString) {
        this.bigintAsString = bigintAsString;
    }

    private static String pattern(String expression) {
        return ",\"pattern\":\"^(%s)$\"".formatted(expression);
    }

    private static String either(String format, String expression) {
        return ",\"anyOf\":[{\"format\":\"%s\"},{\"pattern\":\"^(%s)$\"}]".formatted(format, expression);
    }

    /** Of a stream's keys; it has some. */
    static String key(Schema schema, boolean bigintAsString) {
        JsonSchema text = new JsonSchema(bigintAsString);
        text.begin(schema);
        text.keyProperties(schema);
        text.arrayDefinitions(",\"definitions\":{", "}");
        return text.end();
    }

    static String value(Schema schema, boolean bigintAsString) {
        JsonSchema text = new JsonSchema(bigintAsString);
        text.begin(schema);
        text.out.ascii("""
                "type":"object","properties":{"position":{"type":"string","pattern":"^[0-9a-f]{4}-[0-9a-f]{16}-[0-9a-f]{8}$"},\
                "op":{"type":"string","enum":["insert","update","delete","truncate"]},"stream":{"type":"string"},""");
        if (schema.hasKey()) {
            text.out.ascii("\"key\":{");
            text.keyProperties(schema);
            text.out.ascii("},");
        }
        text.out.ascii("""
                "table":{"type":"string"},"before":{"$ref":"#/definitions/row"},"after":{"$ref":"#/definitions/row"},\
                "unchanged":{"type":"array","items":{"type":"string"}},\
                "tx":{"type":"object","properties":{"id":{"type":"string"},"last":{"type":"boolean"}},"required":["id"],\
                "additionalProperties":false},"committed_at":""");
        text.type(Type.Simple.TIMESTAMPTZ, false);
        text.out.ascii("""
                ,"schema":{"type":"integer","minimum":1},"snapshot":{"type":"boolean"}},\
                "required":["position","op","stream","tx","committed_at","schema"],"additionalProperties":false,\
                "definitions":{"row":{"type":"object","properties":{""");
        List<Column> columns = schema.columns();
        text.columns(columns, IntStream.range(0, columns.size()).boxed().toList());
        text.out.ascii("},\"additionalProperties\":false}");
        text.arrayDefinitions(",", "");
        text.out.ascii('}');
        return text.end();
    }

    private void begin(Schema schema) {
        out.ascii("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":");
        out.string(schema.relation().text());
        out.ascii(',');
    }

    private String end() {
        out.ascii('}');
        return new String(out.toByteArray(), UTF_8);
    }

    private void keyProperties(Schema schema) {
        out.ascii("\"type\":\"object\",\"properties\":{");
        columns(schema.columns(), schema.key());
        out.ascii("},\"required\":[");
        List<String> names =
                schema.key().stream().map(i -> schema.columns().get(i).name()).toList();
        strings(names);
        out.ascii("],\"additionalProperties\":false");
    }

    private void columns(List<Column> columns, List<Integer> which) {
        boolean first = true;
        for (int index : which) {
            separate(first);
            Column column = columns.get(index);
            out.string(column.name());
            out.ascii(':');
            type(column.type(), column.nullable());
            first = false;
        }
    }

    private void strings(List<String> texts) {
        boolean first = true;
        for (String text : texts) {
            separate(first);
            out.string(text);
            first = false;
        }
    }

    private void separate(boolean first) {
        if (!first) {
            out.ascii(',');
        }
    }

    private void arrayDefinitions(String before, String after) {
        // An array's definition may need another one's.
        for (int i = 0; i < arrays.size(); i++) {
            out.ascii(i == 0 ? before : ",");
            out.ascii("\"array%d\":{\"type\":\"array\",\"items\":{\"anyOf\":[".formatted(i));
            type(arrays.get(i).element(), true);
            out.ascii(",{\"$ref\":\"#/definitions/array%d\"}]}}".formatted(i));
        }
        if (!arrays.isEmpty()) {
            out.ascii(after);
        }
    }

    private void type(Type type, boolean nullable) {
        switch (type) {
            case Type.Simple simple -> simple(simple, nullable);
            case Type.Numeric _ -> form("string", DECIMAL, nullable);
            case Type.Enumeration enumeration -> labels(enumeration.labels(), nullable);
            case Type.Range _, Type.Opaque _ -> form("string", "", nullable);
            case Type.Array array -> array(array, nullable);
        }
    }

    private void simple(Type.Simple type, boolean nullable) {
        switch (type) {
            case BOOL -> form("boolean", "", nullable);
            case INT16 -> form("integer", ",\"minimum\":-32768,\"maximum\":32767", nullable);
            case INT32 -> form("integer", ",\"minimum\":-2147483648,\"maximum\":2147483647", nullable);
            case INT64 -> bigint(nullable);
            case FLOAT32, FLOAT64 -> form("string", FLOAT, nullable);
            case TEXT, XML, LTREE -> form("string", "", nullable);
            case JSON -> form("string", ",\"contentMediaType\":\"application/json\"", nullable);
            case BYTES -> form("string", BASE64, nullable);
            case DATE -> form("string", DAY, nullable);
            case TIME -> form("string", TIME, nullable);
            case TIMETZ -> form("string", TIME_WITH_ZONE, nullable);
            case TIMESTAMP -> form("string", LOCAL_MOMENT, nullable);
            case TIMESTAMPTZ -> form("string", MOMENT, nullable);
            case INTERVAL -> form("string", INTERVAL, nullable);
            case UUID -> form("string", ",\"format\":\"uuid\"", nullable);
            case HSTORE -> form("object", ",\"additionalProperties\":{\"type\":[\"string\",\"null\"]}", nullable);
            case GEOMETRY -> form("object", """
                    ,"properties":{"wkb":{"type":"string"%s},"srid":{"type":["integer","null"]}},\
                    "required":["wkb","srid"],"additionalProperties":false""".formatted(BASE64), nullable);
        }
    }

    private void bigint(boolean nullable) {
        if (bigintAsString) {
            form("string", pattern("-?[0-9]+"), nullable);
        } else {
            form("integer", "", nullable);
        }
    }

    /** @param more keywords beside {@code type}, true of null, too */
    private void form(String type, String more, boolean nullable) {
        out.ascii((nullable ? "{\"type\":[\"%s\",\"null\"]" : "{\"type\":\"%s\"").formatted(type));
        out.ascii(more);
        out.ascii('}');
    }

    private void labels(List<String> labels, boolean nullable) {
        if (labels.isEmpty()) {
            form("string", "", nullable);
            return;
        }
        out.ascii(nullable ? "{\"type\":[\"string\",\"null\"],\"enum\":[" : "{\"type\":\"string\",\"enum\":[");
        strings(labels);
        out.ascii(nullable ? ",null]}" : "]}");
    }

    private void array(Type.Array array, boolean nullable) {
        int number = arrays.indexOf(array);
        if (number < 0) {
            number = arrays.size();
            arrays.add(array);
        }
        String reference = "{\"$ref\":\"#/definitions/array%d\"}".formatted(number);
        out.ascii(nullable ? "{\"anyOf\":[" + reference + ",{\"type\":\"null\"}]}" : reference);
    }
}
