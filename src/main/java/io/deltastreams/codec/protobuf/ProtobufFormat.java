package io.deltastreams.codec.protobuf;

import io.deltastreams.codec.Codec;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.settings.Settings;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.function.Function;

/** The format {@code protobuf}; {@code namespace}, the package of its files, and {@code registry}, where these are kept. */
@Singleton
@Identifier("protobuf") final class ProtobufFormat implements Codec.Factory {

    static final String NAMESPACE = "delta_streams";

    private final SchemaRegistry.Provider registries;

    ProtobufFormat(SchemaRegistry.Provider registries) {
        this.registries = registries;
    }

    @Override
    public Function<String, Codec> create(Settings settings) {
        String namespace = namespace(settings);
        SchemaRegistry registry = registries.of(settings);
        return topic -> new ProtobufCodec(registry, topic, namespace);
    }

    private static String namespace(Settings settings) {
        String namespace = settings.text("namespace", NAMESPACE);
        if (Names.isPackage(namespace)) {
            return namespace;
        }
        settings.problem(
                "namespace",
                "'%s' is no Protobuf package; one looks like com.example.shop: names of letters, digits and '_', no digit first, with '.' between"
                        .formatted(namespace));
        return NAMESPACE;
    }
}
