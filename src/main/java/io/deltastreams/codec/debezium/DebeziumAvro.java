package io.deltastreams.codec.debezium;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Row;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.Keys;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/** The same envelope in Avro, as Confluent's AvroConverter writes it, behind the id of its schema. */
final class DebeziumAvro implements Codec {

    /** A power of two. Schemas that share a slot push each other out and are made again: slower, never wrong. */
    private static final int SLOTS = 256;

    private final String topic;
    private final String database;
    private final SchemaRegistry registry;
    private final ConnectSchemas connect;
    private final AtomicReferenceArray<@Nullable Shape> shapes = new AtomicReferenceArray<>(SLOTS);

    /** @param topic names the subjects {@code <topic>-key} and {@code <topic>-value}, and the records */
    DebeziumAvro(String topic, String database, SchemaRegistry registry, ConnectSchemas connect) {
        this.topic = topic;
        this.database = database;
        this.registry = registry;
        this.connect = connect;
    }

    /** @param keyId 0 where the stream has no key */
    private record Shape(io.deltastreams.change.Schema of, Schema key, int keyId, Schema envelope, int envelopeId) {}

    @SuppressWarnings("ReferenceEquality") // whether it is the same object is told at once
    private Shape shape(io.deltastreams.change.Schema schema) {
        int slot = System.identityHashCode(schema) & (SLOTS - 1);
        Shape shape = shapes.get(slot);
        if (shape == null || shape.of() != schema) {
            Schema key = connect.key(topic, schema);
            Schema envelope = connect.envelope(topic, schema);
            shape = new Shape(schema, key, schema.hasKey() ? id("-key", key) : 0, envelope, id("-value", envelope));
            shapes.set(slot, shape);
        }
        return shape;
    }

    private int id(String part, Schema schema) {
        return registry.id(topic + part, SchemaRegistry.Language.AVRO, schema.toString());
    }

    @Override
    public byte @Nullable [] key(Delta delta) {
        Change change = delta.change();
        if (!Keys.isKeyed(change)) {
            return null;
        }
        Shape shape = shape(delta.schema());
        GenericData.Record key = new GenericData.Record(shape.key());
        int place = 0;
        for (int column : delta.schema().key()) {
            Schema field = shape.key().getFields().get(place).schema();
            key.put(
                    place++,
                    AvroValues.ofKey(
                            delta.schema().columns().get(column),
                            field,
                            Keys.image(change, column).get(column)));
        }
        return bytes(shape.keyId(), shape.key(), key);
    }

    @Override
    public byte[] value(Delta delta) {
        Shape shape = shape(delta.schema());
        GenericData.Record envelope = new GenericData.Record(shape.envelope());
        switch (delta.change()) {
            case Change.Insert insert -> images(envelope, delta, null, insert.after());
            case Change.Update update -> images(envelope, delta, update.before(), update.after());
            case Change.Delete delete -> images(envelope, delta, delete.before(), null);
            case Change.Truncate _ -> {}
        }
        envelope.put("source", source(shape.envelope().getField("source").schema(), delta));
        envelope.put("op", DebeziumJson.operation(delta));
        envelope.put("ts_ms", delta.committedAt().toEpochMilli());
        envelope.put("ts_us", AvroValues.moment(delta.committedAt(), 1_000_000));
        envelope.put("ts_ns", AvroValues.moment(delta.committedAt(), 1_000_000_000));
        return bytes(shape.envelopeId(), shape.envelope(), envelope);
    }

    private static void images(GenericData.Record envelope, Delta delta, @Nullable Row before, @Nullable Row after) {
        Schema row =
                ConnectSchemas.present(envelope.getSchema().getField("after").schema());
        envelope.put("before", row(row, delta.schema(), before, false));
        envelope.put("after", row(row, delta.schema(), after, true));
    }

    /** @param absent whether a value that is not there was left untouched; otherwise nobody knows it */
    private static GenericData.@Nullable Record row(
            Schema schema, io.deltastreams.change.Schema stream, @Nullable Row row, boolean absent) {
        if (row == null) {
            return null;
        }
        GenericData.Record record = new GenericData.Record(schema);
        for (int i = 0; i < row.size(); i++) {
            Schema field = schema.getFields().get(i).schema();
            if (row.has(i)) {
                record.put(i, AvroValues.of(stream.columns().get(i), field, row.get(i)));
            } else {
                record.put(i, absent ? AvroValues.unavailable(field) : ConnectSchemas.unknown(field));
            }
        }
        return record;
    }

    private GenericData.Record source(Schema schema, Delta delta) {
        Instant at = delta.committedAt();
        GenericData.Record source = new GenericData.Record(schema);
        source.put("version", "delta-streams");
        source.put("connector", "postgresql");
        source.put("name", delta.schema().relation().text());
        source.put("ts_ms", at.toEpochMilli());
        source.put("snapshot", Boolean.toString(delta.snapshot()));
        source.put("db", database);
        source.put("sequence", "[null,\"" + delta.position().commit() + "\"]");
        source.put("ts_us", AvroValues.moment(at, 1_000_000));
        source.put("ts_ns", AvroValues.moment(at, 1_000_000_000));
        source.put("schema", delta.source().schema());
        source.put("table", delta.source().name());
        source.put("txId", DebeziumJson.transaction(delta.transaction()));
        source.put("lsn", delta.position().commit());
        return source;
    }

    private static byte[] bytes(int id, Schema schema, GenericData.Record record) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        bytes.writeBytes(new byte[WireFormat.LENGTH]);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
        try {
            new GenericDatumWriter<GenericData.Record>(schema).write(record, encoder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] written = bytes.toByteArray();
        WireFormat.write(written, id);
        return written;
    }
}
