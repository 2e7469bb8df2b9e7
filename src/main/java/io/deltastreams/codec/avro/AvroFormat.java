package io.deltastreams.codec.avro;

import io.deltastreams.codec.Codec;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.settings.Settings;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.function.Function;

/**
 * The format {@code avro}; {@code namespace} of its named types, {@code decimals: exact | string}, and {@code registry}, where the schemas are
 * kept.
 */
@Singleton
@Identifier("avro") final class AvroFormat implements Codec.Factory {

    static final String NAMESPACE = "delta_streams";

    private final SchemaRegistry.Provider registries;

    AvroFormat(SchemaRegistry.Provider registries) {
        this.registries = registries;
    }

    private enum Decimals {
        EXACT,
        STRING
    }

    @Override
    public Function<String, Codec> create(Settings settings) {
        Options options =
                new Options(namespace(settings), settings.choice("decimals", Decimals.EXACT) == Decimals.EXACT);
        SchemaRegistry registry = registries.of(settings);
        return topic -> new AvroCodec(topic, options, registry);
    }

    private static String namespace(Settings settings) {
        String namespace = settings.text("namespace", NAMESPACE);
        if (Names.isNamespace(namespace)) {
            return namespace;
        }
        settings.problem(
                "namespace",
                "'%s' is no Avro namespace; one looks like com.example.shop: names of letters, digits and '_', no digit first, with '.' between"
                        .formatted(namespace));
        return NAMESPACE;
    }
}
