package io.deltastreams.codec.debezium;

import io.deltastreams.codec.Codec;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.settings.Settings;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.function.Function;

/**
 * The format {@code debezium-avro}; {@code registry}, where its schemas are kept, {@code database}, what {@code source.db} says, and {@code
 * decimals: string | exact}.
 */
@Singleton
@Identifier("debezium-avro") final class DebeziumAvroFormat implements Codec.Factory {

    private enum Decimals {
        STRING,
        EXACT
    }

    private final SchemaRegistry.Provider registries;

    DebeziumAvroFormat(SchemaRegistry.Provider registries) {
        this.registries = registries;
    }

    @Override
    public Function<String, Codec> create(Settings settings) {
        String database = settings.text("database", "");
        ConnectSchemas schemas = new ConnectSchemas(settings.choice("decimals", Decimals.STRING) == Decimals.EXACT);
        SchemaRegistry registry = registries.of(settings);
        return topic -> new DebeziumAvro(topic, database, registry, schemas);
    }
}
