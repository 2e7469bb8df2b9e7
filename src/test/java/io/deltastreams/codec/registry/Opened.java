package io.deltastreams.codec.registry;

import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.settings.Settings;

/** Registries as the settings name them. */
final class Opened {

    private Opened() {}

    /** A new one, which remembers nothing. */
    static SchemaRegistry of(String yaml) {
        Settings settings = Settings.parse("test.yaml", yaml, _ -> null);
        SchemaRegistry registry = new Registries().of(settings);
        settings.finish();
        settings.check();
        return registry;
    }
}
