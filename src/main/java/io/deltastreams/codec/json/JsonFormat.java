package io.deltastreams.codec.json;

import io.deltastreams.codec.Codec;
import io.deltastreams.settings.Settings;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.function.Function;

/** The format {@code json}; {@code bigint: number | string}. */
@Singleton
@Identifier("json") final class JsonFormat implements Codec.Factory {

    private enum Bigint {
        NUMBER,
        STRING
    }

    @Override
    public Function<String, Codec> create(Settings settings) {
        Codec codec = new JsonCodec(settings.choice("bigint", Bigint.NUMBER) == Bigint.STRING);
        return _ -> codec;
    }
}
