package io.deltastreams.codec.debezium;

import io.deltastreams.change.Column;
import io.deltastreams.change.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.avro.JsonProperties;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.Schema.Field;
import org.apache.avro.generic.GenericData;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's schemas as Confluent's AvroConverter has them: the names of Connect's logical types as {@code connect.name}, an optional value as a union
 * with null first, names that Avro does not allow with {@code _} for what is wrong.
 */
final class ConnectSchemas {

    private static final Pattern UNFIT = Pattern.compile("[^A-Za-z0-9_]");
    private static final String VARIABLE = "VariableScaleDecimal";
    private static final String NAMESPACE = "io.debezium.connector.postgresql";

    private final boolean exactDecimals;

    /** @param exactDecimals numbers as Connect's Decimal ({@code decimal.handling.mode=precise}), else as their texts */
    ConnectSchemas(boolean exactDecimals) {
        this.exactDecimals = exactDecimals;
    }

    /** The record of a key. */
    Schema key(String topic, io.deltastreams.change.Schema schema) {
        List<Field> fields = new ArrayList<>();
        for (int index : schema.key()) {
            fields.add(field(schema.columns().get(index)));
        }
        return record("Key", namespace(topic), fields);
    }

    /** The envelope of a stream's changes. */
    Schema envelope(String topic, io.deltastreams.change.Schema schema) {
        Schema row = record(
                "Value",
                namespace(topic),
                schema.columns().stream().map(this::field).toList());
        Schema text = Schema.create(Schema.Type.STRING);
        Schema number = Schema.create(Schema.Type.LONG);
        Schema block = Schema.createRecord(
                "block",
                null,
                "event",
                false,
                List.of(
                        new Field("id", text),
                        new Field("total_order", number),
                        new Field("data_collection_order", number)));
        block.addProp("connect.version", 1);
        block.addProp("connect.name", "event.block");
        return record(
                "Envelope",
                namespace(topic),
                List.of(
                        optional("before", row),
                        optional("after", row),
                        new Field("source", source()),
                        optional("transaction", block),
                        new Field("op", text),
                        optional("ts_ms", number),
                        optional("ts_us", number),
                        optional("ts_ns", number)));
    }

    private static Schema source() {
        Schema text = Schema.create(Schema.Type.STRING);
        Schema number = Schema.create(Schema.Type.LONG);
        return record(
                "Source",
                NAMESPACE,
                List.of(
                        new Field("version", text),
                        new Field("connector", text),
                        new Field("name", text),
                        new Field("ts_ms", number),
                        optional("snapshot", text),
                        new Field("db", text),
                        optional("sequence", text),
                        optional("ts_us", number),
                        optional("ts_ns", number),
                        new Field("schema", text),
                        new Field("table", text),
                        optional("txId", number),
                        optional("lsn", number),
                        optional("xmin", number),
                        optional("origin", text),
                        optional("origin_lsn", number)));
    }

    private static Schema record(String name, String namespace, List<Field> fields) {
        Schema record = Schema.createRecord(name, null, namespace, false, fields);
        record.addProp("connect.name", namespace + "." + name);
        return record;
    }

    private Field field(Column column) {
        String name = fit(column.name());
        Schema type = type(column.type());
        return column.nullable() ? optional(name, type) : new Field(name, type);
    }

    private static Field optional(String name, Schema type) {
        return new Field(name, nullable(type), null, JsonProperties.NULL_VALUE);
    }

    private static Schema nullable(Schema type) {
        return Schema.createUnion(Schema.create(Schema.Type.NULL), type);
    }

    private Schema type(Type type) {
        return switch (type) {
            case Type.Simple simple -> simple(simple);
            case Type.Numeric numeric when exactDecimals -> decimal(numeric);
            case Type.Numeric _, Type.Range _, Type.Opaque _ -> Schema.create(Schema.Type.STRING);
            case Type.Enumeration enumeration -> {
                Schema schema = named(Schema.Type.STRING, "io.debezium.data.Enum");
                schema.addProp("connect.parameters", Map.of("allowed", String.join(",", enumeration.labels())));
                yield schema;
            }
            case Type.Array array -> Schema.createArray(nullable(type(array.element())));
        };
    }

    private static Schema decimal(Type.Numeric type) {
        if (type.precision() == 0) {
            Schema variable = record(
                    VARIABLE,
                    "io.debezium.data",
                    List.of(
                            new Field("scale", Schema.create(Schema.Type.INT)),
                            new Field("value", Schema.create(Schema.Type.BYTES))));
            variable.addProp("connect.version", 1);
            return variable;
        }
        Schema decimal = named(Schema.Type.BYTES, "org.apache.kafka.connect.data.Decimal");
        decimal.addProp(
                "connect.parameters",
                Map.of(
                        "scale", Integer.toString(type.scale()),
                        "connect.decimal.precision", Integer.toString(type.precision())));
        // Avro knows no scale beyond its precision, and none below zero; the converter tells it of those that fit.
        if (type.scale() >= 0 && type.scale() <= type.precision()) {
            LogicalTypes.decimal(type.precision(), type.scale()).addToSchema(decimal);
        }
        return decimal;
    }

    private static Schema simple(Type.Simple type) {
        return switch (type) {
            case BOOL -> Schema.create(Schema.Type.BOOLEAN);
            case INT16 -> {
                Schema small = Schema.create(Schema.Type.INT);
                small.addProp("connect.type", "int16");
                yield small;
            }
            case INT32 -> Schema.create(Schema.Type.INT);
            case INT64 -> Schema.create(Schema.Type.LONG);
            case FLOAT32 -> Schema.create(Schema.Type.FLOAT);
            case FLOAT64 -> Schema.create(Schema.Type.DOUBLE);
            case TEXT -> Schema.create(Schema.Type.STRING);
            case BYTES -> Schema.create(Schema.Type.BYTES);
            case DATE -> named(Schema.Type.INT, "io.debezium.time.Date");
            case TIME -> named(Schema.Type.LONG, "io.debezium.time.MicroTime");
            case TIMETZ -> named(Schema.Type.STRING, "io.debezium.time.ZonedTime");
            case TIMESTAMP -> named(Schema.Type.LONG, "io.debezium.time.MicroTimestamp");
            case TIMESTAMPTZ -> named(Schema.Type.STRING, "io.debezium.time.ZonedTimestamp");
            case INTERVAL -> named(Schema.Type.LONG, "io.debezium.time.MicroDuration");
            case UUID -> named(Schema.Type.STRING, "io.debezium.data.Uuid");
            case JSON, HSTORE -> named(Schema.Type.STRING, "io.debezium.data.Json");
            case XML -> named(Schema.Type.STRING, "io.debezium.data.Xml");
            case LTREE -> named(Schema.Type.STRING, "io.debezium.data.Ltree");
            case GEOMETRY -> {
                Schema geometry = record(
                        "Geometry",
                        "io.debezium.data.geometry",
                        List.of(
                                new Field("wkb", Schema.create(Schema.Type.BYTES)),
                                optional("srid", Schema.create(Schema.Type.INT))));
                geometry.addProp("connect.version", 1);
                yield geometry;
            }
        };
    }

    private static Schema named(Schema.Type type, String name) {
        Schema schema = Schema.create(type);
        schema.addProp("connect.version", 1);
        schema.addProp("connect.name", name);
        return schema;
    }

    /** What is there of a union with null, else the type itself. */
    static Schema present(Schema schema) {
        return schema.isUnion() ? schema.getTypes().get(1) : schema;
    }

    /** A value that nobody knows, of a column that may not be null: nothing, in the words of its type. */
    static @Nullable Object unknown(Schema schema) {
        return switch (schema.getType()) {
            case UNION -> null;
            case BOOLEAN -> false;
            case INT -> 0;
            case LONG -> 0L;
            case FLOAT -> 0f;
            case DOUBLE -> 0d;
            case STRING -> "";
            // Of a decimal one zero byte: no bytes are no number.
            case BYTES -> java.nio.ByteBuffer.allocate(schema.getLogicalType() == null ? 0 : 1);
            case ARRAY -> List.of();
            default -> {
                if (!schema.getName().equals(VARIABLE)) {
                    throw new IllegalArgumentException("a %s that was not sent has no form in this format"
                            .formatted(schema.getName().toLowerCase(Locale.ROOT)));
                }
                GenericData.Record zero = new GenericData.Record(schema);
                zero.put("scale", 0);
                zero.put("value", java.nio.ByteBuffer.allocate(1));
                yield zero;
            }
        };
    }

    private static String namespace(String topic) {
        List<String> parts = new ArrayList<>();
        for (String part : topic.split("\\.", -1)) {
            parts.add(part.isEmpty() ? "_" : fit(part));
        }
        return String.join(".", parts);
    }

    static String fit(String name) {
        String fit = UNFIT.matcher(name).replaceAll("_");
        return fit.isEmpty() || Character.isDigit(fit.charAt(0)) ? "_" + fit : fit;
    }
}
