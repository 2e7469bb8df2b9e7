package io.deltastreams.codec.json;

import io.deltastreams.codec.Codec;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.settings.Settings;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.function.Function;

/**
 * The format {@code json}; {@code bigint: number | string}, and {@code registry}, where JSON Schemas of keys and values are kept: without one there are
 * none, and the JSON stands alone.
 */
@Singleton
@Identifier("json") final class JsonFormat implements Codec.Factory {

    private final SchemaRegistry.Provider registries;

    JsonFormat(SchemaRegistry.Provider registries) {
        this.registries = registries;
    }

    private enum Bigint {
        NUMBER,
        STRING
    }

    @Override
    public Function<String, Codec> create(Settings settings) {
        boolean bigintAsString = settings.choice("bigint", Bigint.NUMBER) == Bigint.STRING;
        if (settings.has("registry")) {
            SchemaRegistry registry = registries.of(settings);
            return topic -> new RegisteredJson(topic, bigintAsString, registry);
        }
        Codec codec = new JsonCodec(bigintAsString);
        return _ -> codec;
    }
}
