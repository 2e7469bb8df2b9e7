package io.deltastreams.codec.cloudevents;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Delta;
import io.deltastreams.codec.Codec;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The binary mode: attributes are headers, the value is the data (binding, section 3.2). */
record BinaryEvents(Codec data, Attributes attributes) implements Codec {

    private static final byte[] CONTENT = Attributes.CONTENT.getBytes(UTF_8);

    @Override
    public byte @Nullable [] key(Delta delta) {
        return data.key(delta);
    }

    @Override
    public byte[] value(Delta delta) {
        return data.value(delta);
    }

    @Override
    public Map<String, byte[]> headers(Delta delta) {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        attributes.of(delta).forEach((name, value) -> headers.put("ce_" + name, value.getBytes(UTF_8)));
        headers.put("content-type", CONTENT);
        return headers;
    }
}
