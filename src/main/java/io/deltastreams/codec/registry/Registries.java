package io.deltastreams.codec.registry;

import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.settings.Settings;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Opens registries. An output's {@code registry} is one of
 *
 * <ul>
 *   <li>{@code http://host:8081}, {@code https://host/apis/ccompat/v7}: Confluent's REST API
 *   <li>a section with {@code url}, and {@code user} and {@code password} or {@code token}, and {@code compatibility} ({@code backward}, {@code
 *       backward-transitive}, {@code forward}, {@code forward-transitive}, {@code full}, {@code full-transitive} or {@code none}), which every
 *       subject is then held to
 *   <li>{@code schemas}: a folder
 * </ul>
 */
@Singleton
final class Registries implements SchemaRegistry.Provider {

    /** As many as the pipelines' outputs name. */
    private final ConcurrentMap<RegistrySettings.Place, SchemaRegistry> open = new ConcurrentHashMap<>();

    @Override
    public SchemaRegistry of(Settings settings) {
        return RegistrySettings.read(settings)
                .map(place -> open.computeIfAbsent(place, Registries::open))
                // The settings have a problem, so that nobody will use it.
                .orElseGet(() -> new FileRegistry(Path.of("schemas")));
    }

    private static SchemaRegistry open(RegistrySettings.Place place) {
        return switch (place) {
            case RegistrySettings.Place.Remote(Access access) ->
                new Remembering(new ConfluentRegistry(access, ConfluentRegistry.PATIENCE));
            case RegistrySettings.Place.Folder(Path path) -> new Remembering(new FileRegistry(path));
        };
    }
}
