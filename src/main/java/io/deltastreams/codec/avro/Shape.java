package io.deltastreams.codec.avro;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Schema;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemaRegistry.Language;
import java.util.List;

/**
 * A schema with what repeats for each of its deltas made once.
 *
 * @param keyId the id of the key's schema; 0 where there is none
 * @param stream the stream's name in UTF-8
 * @param key the key's columns in key order
 * @param row all columns
 */
record Shape(
        Schema schema, int keyId, int valueId, Bytes stream, List<RecordForm.Field> key, List<RecordForm.Field> row) {

    /**
     * Asks the registry for the ids.
     *
     * @throws io.deltastreams.codec.SchemasAway if it has no answer now
     */
    static Shape of(Schema schema, String topic, Options options, SchemaRegistry registry) {
        String stream = schema.relation().text();
        String type = Names.ofType(stream);
        RecordForm key = RecordForm.key(schema, type, options);
        RecordForm row = RecordForm.row(schema, type, options);
        String value = Envelope.of(row.avro(), type, options).toString();
        return new Shape(
                schema,
                schema.hasKey()
                        ? registry.id(topic + "-key", Language.AVRO, key.avro().toString())
                        : 0,
                registry.id(topic + "-value", Language.AVRO, value),
                Values.utf8(stream),
                List.copyOf(key.fields()),
                List.copyOf(row.fields()));
    }
}
