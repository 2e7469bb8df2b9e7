package io.deltastreams.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** YAML as plain maps and lists. */
final class Values {

    private Values() {}

    static Yaml yaml() {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        return new Yaml(new SafeConstructor(options));
    }

    static Map<String, Object> read(Path file) {
        try {
            return map(yaml().load(Files.readString(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What stands at a path of keys. */
    static Object at(Map<String, Object> map, String... keys) {
        Object value = map;
        for (String key : keys) {
            value = map(value).get(key);
            if (value == null) {
                throw new AssertionError("no " + String.join(".", keys));
            }
        }
        return value;
    }

    /** The list at a path of keys. */
    @SuppressWarnings("unchecked") // YAML's lists
    static List<Object> list(Object map, String... keys) {
        return (List<Object>) at(map(map), keys);
    }

    @SuppressWarnings("unchecked") // YAML's maps here have texts for keys
    static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    /** Values as Helm merges them: maps by key, all else replaced. */
    static String merged(Path defaults, Path over) {
        return new Yaml().dump(merged(read(defaults), read(over)));
    }

    private static Map<String, Object> merged(Map<String, Object> defaults, Map<String, Object> over) {
        Map<String, Object> result = new LinkedHashMap<>(defaults);
        over.forEach((key, value) -> result.merge(
                key, value, (old, now) -> old instanceof Map && now instanceof Map ? merged(map(old), map(now)) : now));
        return result;
    }
}
