package io.deltastreams.codec.debezium;

import io.deltastreams.codec.Codec;
import io.deltastreams.settings.Settings;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.function.Function;

/** The format {@code debezium-json}; {@code database} is what {@code source.db} says. */
@Singleton
@Identifier("debezium-json") final class DebeziumJsonFormat implements Codec.Factory {

    @Override
    public Function<String, Codec> create(Settings settings) {
        Codec codec = new DebeziumJson(settings.text("database", ""));
        return _ -> codec;
    }
}
