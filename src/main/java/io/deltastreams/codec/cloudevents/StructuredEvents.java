package io.deltastreams.codec.cloudevents;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.deltastreams.change.Delta;
import io.deltastreams.codec.Codec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The structured mode: the value is the whole event in JSON (binding, section 3.3; CloudEvents' JSON event format). */
record StructuredEvents(Codec data, Attributes attributes) implements Codec {

    private static final JsonFactory JSON = new JsonFactory();
    private static final Map<String, byte[]> HEADERS =
            Map.of("content-type", "application/cloudevents+json; charset=UTF-8".getBytes(UTF_8));

    @Override
    public byte @Nullable [] key(Delta delta) {
        return data.key(delta);
    }

    @Override
    public byte[] value(Delta delta) {
        try (ByteArrayBuilder bytes = new ByteArrayBuilder();
                JsonGenerator out = JSON.createGenerator(bytes)) {
            out.writeStartObject();
            for (Map.Entry<String, String> attribute : attributes.of(delta).entrySet()) {
                out.writeStringField(attribute.getKey(), attribute.getValue());
            }
            out.writeStringField("datacontenttype", Attributes.CONTENT);
            out.writeFieldName("data");
            out.writeRawValue(new String(data.value(delta), UTF_8));
            out.writeEndObject();
            out.flush();
            return Objects.requireNonNull(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Map<String, byte[]> headers(Delta delta) {
        return HEADERS;
    }
}
