package io.deltastreams.codec.json;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Schema;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.Keys;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Each thread writes with room of its own; what repeats for every delta of a schema is quoted once for all of them. */
final class JsonCodec implements Codec {

    /** A power of two. Schemas that share a slot push each other out and are quoted again: slower, never wrong. */
    private static final int SLOTS = 256;

    private final ThreadLocal<DeltaWriter> writers;
    private final AtomicReferenceArray<@Nullable Shape> shapes = new AtomicReferenceArray<>(SLOTS);

    JsonCodec(boolean bigintAsString) {
        this.writers = ThreadLocal.withInitial(() -> new DeltaWriter(bigintAsString));
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

    /** By identity: comparing two schemas column by column for every delta would cost more than quoting one again. */
    @SuppressWarnings("ReferenceEquality")
    private Shape shape(Schema schema) {
        int slot = System.identityHashCode(schema) & (SLOTS - 1);
        Shape shape = shapes.get(slot);
        if (shape == null || shape.schema() != schema) {
            shape = Shape.of(schema);
            shapes.set(slot, shape);
        }
        return shape;
    }
}
