package io.deltastreams.codec.json;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Schema;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.WireFormat;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The same JSON behind the id of its schema, which a registry has. */
final class RegisteredJson implements Codec {

    /** A power of two. Schemas that share a slot push each other out, and the registry tells again what it has told. */
    private static final int SLOTS = 256;

    private final String topic;
    private final boolean bigintAsString;
    private final Codec json;
    private final SchemaRegistry registry;
    private final AtomicReferenceArray<@Nullable Ids> known = new AtomicReferenceArray<>(SLOTS);

    /** @param key 0 where the stream has none */
    private record Ids(Schema schema, int key, int value) {}

    /** @param topic names the subjects {@code <topic>-key} and {@code <topic>-value} */
    RegisteredJson(String topic, boolean bigintAsString, SchemaRegistry registry) {
        this.topic = topic;
        this.bigintAsString = bigintAsString;
        this.json = new JsonCodec(bigintAsString);
        this.registry = registry;
    }

    @Override
    public byte @Nullable [] key(Delta delta) {
        byte[] key = json.key(delta);
        return key == null ? null : framed(key, ids(delta.schema()).key());
    }

    @Override
    public byte[] value(Delta delta) {
        return framed(json.value(delta), ids(delta.schema()).value());
    }

    private static byte[] framed(byte[] json, int id) {
        byte[] record = new byte[WireFormat.LENGTH + json.length];
        WireFormat.write(record, id);
        System.arraycopy(json, 0, record, WireFormat.LENGTH, json.length);
        return record;
    }

    /** By identity: comparing two schemas column by column for every delta would cost more than asking again. */
    @SuppressWarnings("ReferenceEquality")
    private Ids ids(Schema schema) {
        int slot = System.identityHashCode(schema) & (SLOTS - 1);
        Ids ids = known.get(slot);
        if (ids == null || ids.schema() != schema) {
            int key = schema.hasKey() ? id("-key", JsonSchema.key(schema, bigintAsString)) : 0;
            ids = new Ids(schema, key, id("-value", JsonSchema.value(schema, bigintAsString)));
            known.set(slot, ids);
        }
        return ids;
    }

    private int id(String part, String schema) {
        return registry.id(topic + part, SchemaRegistry.Language.JSON, schema);
    }
}
