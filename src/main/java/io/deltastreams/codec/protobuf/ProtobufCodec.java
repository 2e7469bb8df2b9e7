package io.deltastreams.codec.protobuf;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.Keys;
import io.deltastreams.codec.SchemaRegistry;
import org.jspecify.annotations.Nullable;

/** Each thread writes with room of its own; what a schema takes is made once for all of them. */
final class ProtobufCodec implements Codec {

    private final ThreadLocal<DeltaWriter> writers = ThreadLocal.withInitial(DeltaWriter::new);
    private final Subject keys;
    private final Subject values;

    ProtobufCodec(SchemaRegistry registry, String topic, String namespace) {
        this.keys = new Subject(registry, topic + "-key", schema -> Layout.ofKey(namespace, schema));
        this.values = new Subject(registry, topic + "-value", schema -> Layout.ofValue(namespace, schema));
    }

    @Override
    public byte @Nullable [] key(Delta delta) {
        Change change = delta.change();
        return Keys.isKeyed(change) ? writers.get().key(keys.plan(change.schema()), change) : null;
    }

    @Override
    public byte[] value(Delta delta) {
        return writers.get().value(values.plan(delta.schema()), delta);
    }
}
