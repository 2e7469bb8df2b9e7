package io.deltastreams.change;

import java.util.ArrayList;
import java.util.List;

/**
 * The binary form of a {@link Schema}, version 1, in the terms of {@link BinaryWriter}: the version as a byte; the relation (byte 0 and the
 * table's schema and name, or byte 1 and the stream's name); the schema's version; the number of columns, and of each its name, its type
 * and a byte, 1 if nullable; the number of key columns and their indexes.
 *
 * <p>A type is a byte: 0 to 19 for the simple ones in the order of {@link Type.Simple}, 64 for a numeric with precision and zigzag scale, 65
 * for an enumeration with name, number of labels and labels, 66 for a range with its name, 67 for an array with its element's type, 68 for an
 * opaque type with its name.
 */
public final class SchemaCodec {

    private static final int VERSION = 1;
    private static final int TABLE = 0;
    private static final int STREAM = 1;

    private static final int NUMERIC = 64;
    private static final int ENUMERATION = 65;
    private static final int RANGE = 66;
    private static final int ARRAY = 67;
    private static final int OPAQUE = 68;

    /** The place in this list is the code on disk: new types go to the end. */
    private static final List<Type.Simple> SIMPLE = List.of(Type.Simple.values());

    private SchemaCodec() {}

    public static void encode(Schema schema, BinaryWriter out) {
        out.u8(VERSION);
        switch (schema.relation()) {
            case TableId table -> {
                out.u8(TABLE);
                out.text(table.schema());
                out.text(table.name());
            }
            case StreamId stream -> {
                out.u8(STREAM);
                out.text(stream.text());
            }
        }
        out.varint(schema.version());
        out.varint(schema.columns().size());
        for (Column column : schema.columns()) {
            out.text(column.name());
            type(column.type(), out);
            out.u8(column.nullable() ? 1 : 0);
        }
        out.varint(schema.key().size());
        schema.key().forEach(out::varint);
    }

    /** @throws IllegalArgumentException if the bytes are no schema */
    public static Schema decode(BinaryReader in) {
        int version = in.u8();
        if (version != VERSION) {
            throw new IllegalArgumentException("a schema's form is version %d, not %d".formatted(VERSION, version));
        }
        int kind = in.u8();
        Relation relation = switch (kind) {
            case TABLE -> new TableId(in.text(), in.text());
            case STREAM -> new StreamId(in.text());
            default -> throw new IllegalArgumentException("a relation of kind " + kind);
        };
        int number = in.varint();
        int count = in.count();
        List<Column> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            columns.add(new Column(in.text(), type(in), in.u8() != 0));
        }
        int keys = in.count();
        List<Integer> key = new ArrayList<>(keys);
        for (int i = 0; i < keys; i++) {
            key.add(in.varint());
        }
        return new Schema(relation, number, columns, key);
    }

    private static void type(Type type, BinaryWriter out) {
        switch (type) {
            case Type.Simple simple -> out.u8(SIMPLE.indexOf(simple));
            case Type.Numeric numeric -> {
                out.u8(NUMERIC);
                out.varint(numeric.precision());
                out.zigzag(numeric.scale());
            }
            case Type.Enumeration enumeration -> {
                out.u8(ENUMERATION);
                out.text(enumeration.name());
                out.varint(enumeration.labels().size());
                enumeration.labels().forEach(out::text);
            }
            case Type.Range range -> {
                out.u8(RANGE);
                out.text(range.name());
            }
            case Type.Array array -> {
                out.u8(ARRAY);
                type(array.element(), out);
            }
            case Type.Opaque opaque -> {
                out.u8(OPAQUE);
                out.text(opaque.name());
            }
        }
    }

    private static Type type(BinaryReader in) {
        int code = in.u8();
        return switch (code) {
            case NUMERIC -> new Type.Numeric(in.varint(), in.zigzag32());
            case ENUMERATION -> {
                String name = in.text();
                int count = in.count();
                List<String> labels = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    labels.add(in.text());
                }
                yield new Type.Enumeration(name, labels);
            }
            case RANGE -> new Type.Range(in.text());
            case ARRAY -> new Type.Array(type(in));
            case OPAQUE -> new Type.Opaque(in.text());
            default -> {
                if (code >= SIMPLE.size()) {
                    throw new IllegalArgumentException("a type of code " + code);
                }
                yield SIMPLE.get(code);
            }
        };
    }
}
