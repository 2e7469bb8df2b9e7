package io.deltastreams.codec.json;

import io.deltastreams.codec.Codec;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The JSON codecs as beans. */
@Singleton
public final class JsonCodecs {

    /** With INT64 as JSON numbers. */
    @Produces
    @Singleton
    @Identifier("json") public Codec json() {
        return new JsonCodec(false);
    }

    /** With INT64 as JSON strings, for readers whose numbers are floats: the kind {@code json} with {@code bigint: string}. */
    @Produces
    @Singleton
    @Identifier("json-bigint-string") public Codec jsonWithTextualBigints() {
        return new JsonCodec(true);
    }
}
