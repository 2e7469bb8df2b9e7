package io.deltastreams.codec.avro;

import java.util.List;
import java.util.Set;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** The record around the rows: a delta. */
final class Envelope {

    private static final String OPERATION = "Operation";
    private static final String TRANSACTION = "Transaction";

    /** The symbols of {@code op}, in their order. */
    static final int INSERT = 0;

    static final int UPDATE = 1;
    static final int DELETE = 2;
    static final int TRUNCATE = 3;

    private Envelope() {}

    /** The names of all records that a stream's schemas may have, key and value alike: a type of its columns has another in both. */
    static Set<String> names(String stream) {
        return Set.of(OPERATION, TRANSACTION, stream + "Key", stream + "Delta", stream + "Row");
    }

    /**
     * @param row the record of all columns
     * @param stream its name as that of a type
     */
    static Schema of(Schema row, String stream, Options options) {
        String namespace = options.namespace();
        Schema operation =
                Schema.createEnum(OPERATION, null, namespace, List.of("insert", "update", "delete", "truncate"));
        Schema string = Schema.create(Schema.Type.STRING);
        Schema flag = Schema.create(Schema.Type.BOOLEAN);
        Schema transaction = Schema.createRecord(
                TRANSACTION,
                null,
                namespace,
                false,
                List.of(new Schema.Field("id", string), new Schema.Field("last", flag)));
        return Schema.createRecord(
                stream + "Delta",
                null,
                namespace,
                false,
                List.of(
                        new Schema.Field("position", string),
                        new Schema.Field("op", operation),
                        new Schema.Field("stream", string),
                        new Schema.Field("table", string),
                        Forms.optional("before", row),
                        Forms.optional("after", row),
                        new Schema.Field("unchanged", Schema.createArray(string), null, List.of()),
                        new Schema.Field("tx", transaction),
                        new Schema.Field(
                                "committed_at",
                                LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG))),
                        new Schema.Field("schema", Schema.create(Schema.Type.INT)),
                        new Schema.Field("snapshot", flag)));
    }
}
