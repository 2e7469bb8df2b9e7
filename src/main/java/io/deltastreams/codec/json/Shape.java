package io.deltastreams.codec.json;

import com.fasterxml.jackson.core.io.SerializedString;
import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;

/** A schema with its names quoted for JSON, each name's bytes made once. */
final class Shape {

    private final Schema schema;
    private final SerializedString stream;
    private final SerializedString[] names;
    private final Type[] types;

    private Shape(Schema schema, SerializedString stream, SerializedString[] names, Type[] types) {
        this.schema = schema;
        this.stream = stream;
        this.names = names;
        this.types = types;
    }

    static Shape of(Schema schema) {
        return new Shape(
                schema,
                new SerializedString(schema.relation().text()),
                schema.columns().stream()
                        .map(Column::name)
                        .map(SerializedString::new)
                        .toArray(SerializedString[]::new),
                schema.columns().stream().map(Column::type).toArray(Type[]::new));
    }

    Schema schema() {
        return schema;
    }

    SerializedString stream() {
        return stream;
    }

    SerializedString name(int column) {
        return names[column];
    }

    Type type(int column) {
        return types[column];
    }
}
