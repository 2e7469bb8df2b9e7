package io.deltastreams.codec.avro;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Schema;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.Keys;
import io.deltastreams.codec.SchemaRegistry;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Each thread writes with room of its own; what repeats for every delta of a schema is made once for all of them. */
final class AvroCodec implements Codec {

    /** A power of two. Schemas that share a slot push each other out and are made again: slower, never wrong. */
    private static final int SLOTS = 256;

    private final String topic;
    private final Options options;
    private final SchemaRegistry registry;
    private final ThreadLocal<DeltaWriter> writers = ThreadLocal.withInitial(DeltaWriter::new);
    private final AtomicReferenceArray<@Nullable Shape> shapes = new AtomicReferenceArray<>(SLOTS);

    /** @param topic names the subjects {@code <topic>-key} and {@code <topic>-value} */
    AvroCodec(String topic, Options options, SchemaRegistry registry) {
        this.topic = topic;
        this.options = options;
        this.registry = registry;
    }

    @Override
    public byte @Nullable [] key(Delta delta) {
        Change change = delta.change();
        return Keys.isKeyed(change) ? writers.get().key(shape(change.schema()), change) : null;
    }

    @Override
    public byte[] value(Delta delta) {
        return writers.get().value(shape(delta.schema()), delta);
    }

    /** By identity: comparing two schemas column by column for every delta would cost more than making one again. */
    @SuppressWarnings("ReferenceEquality")
    private Shape shape(Schema schema) {
        int slot = System.identityHashCode(schema) & (SLOTS - 1);
        Shape shape = shapes.get(slot);
        if (shape == null || shape.schema() != schema) {
            shape = Shape.of(schema, topic, options, registry);
            shapes.set(slot, shape);
        }
        return shape;
    }
}
