package io.deltastreams.codec.json;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import java.util.List;

/** A schema with what repeats for each of its deltas quoted for JSON once. The arrays are to be read only. */
final class Shape {

    private final Schema schema;
    private final byte[] stream;
    private final byte[] version;
    private final byte[][] names;
    private final Type[] types;
    private final int[] key;

    private Shape(Schema schema, byte[] stream, byte[] version, byte[][] names, Type[] types, int[] key) {
        this.schema = schema;
        this.stream = stream;
        this.version = version;
        this.names = names;
        this.types = types;
        this.key = key;
    }

    static Shape of(Schema schema) {
        List<Column> columns = schema.columns();
        return new Shape(
                schema,
                quoted(schema.relation().text()),
                Integer.toString(schema.version()).getBytes(US_ASCII),
                columns.stream().map(column -> quoted(column.name())).toArray(byte[][]::new),
                columns.stream().map(Column::type).toArray(Type[]::new),
                schema.key().stream().mapToInt(Integer::intValue).toArray());
    }

    private static byte[] quoted(String name) {
        JsonWriter json = new JsonWriter();
        json.string(name);
        return json.toByteArray();
    }

    Schema schema() {
        return schema;
    }

    /** The stream's name, quoted. */
    byte[] stream() {
        return stream;
    }

    /** The schema's version in digits. */
    byte[] version() {
        return version;
    }

    /** A column's name, quoted. */
    byte[] name(int column) {
        return names[column];
    }

    Type type(int column) {
        return types[column];
    }

    /** The key's columns in key order. */
    int[] key() {
        return key;
    }
}
