package io.deltastreams.codec.avro;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Columns as a record's fields.
 *
 * @param avro the record
 * @param fields in its order
 */
record RecordForm(org.apache.avro.Schema avro, List<Field> fields) {

    /**
     * @param column its place in the row
     * @param optional whether it may be null or absent, and a union's branch stands before each value
     * @param name in UTF-8
     */
    record Field(int column, Type type, boolean optional, ValueWriter writer, Bytes name) {}

    /**
     * The columns of a key. A change of the others leaves its schema as it is, and with it the bytes and the partition of every key.
     *
     * @param stream its name as that of a type
     */
    static RecordForm key(Schema schema, String stream, Options options) {
        Forms forms = new Forms(options, true, Envelope.names(stream));
        List<Field> fields = new ArrayList<>();
        List<org.apache.avro.Schema.Field> avro = new ArrayList<>();
        Names names = new Names(Set.of());
        for (int index : schema.key()) {
            Column column = schema.columns().get(index);
            Form form = forms.of(column.type(), where(schema, column));
            String name = names.give(column.name());
            avro.add(named(
                    column,
                    column.nullable()
                            ? Forms.optional(name, form.schema())
                            : new org.apache.avro.Schema.Field(name, form.schema())));
            fields.add(field(index, column, column.nullable(), form, name));
        }
        return new RecordForm(
                org.apache.avro.Schema.createRecord(stream + "Key", null, options.namespace(), false, avro), fields);
    }

    /** All columns, each of which may be absent, whatever the table declares. */
    static RecordForm row(Schema schema, String stream, Options options) {
        Forms forms = new Forms(options, false, Envelope.names(stream));
        List<Field> fields = new ArrayList<>();
        List<org.apache.avro.Schema.Field> avro = new ArrayList<>();
        Names names = new Names(Set.of());
        for (int index = 0; index < schema.columns().size(); index++) {
            Column column = schema.columns().get(index);
            Form form = forms.of(column.type(), where(schema, column));
            String name = names.give(column.name());
            org.apache.avro.Schema.Field field = named(column, Forms.optional(name, form.schema()));
            if (!column.nullable()) {
                field.addProp("notNull", true);
            }
            avro.add(field);
            fields.add(field(index, column, true, form, name));
        }
        return new RecordForm(
                org.apache.avro.Schema.createRecord(stream + "Row", null, options.namespace(), false, avro), fields);
    }

    private static String where(Schema schema, Column column) {
        return "column '%s' of %s".formatted(column.name(), schema.relation().text());
    }

    private static org.apache.avro.Schema.Field named(Column column, org.apache.avro.Schema.Field field) {
        if (!field.name().equals(column.name())) {
            field.addProp("column", column.name());
        }
        return field;
    }

    private static Field field(int index, Column column, boolean optional, Form form, String name) {
        return new Field(index, column.type(), optional, form.writer(), Values.utf8(name));
    }
}
