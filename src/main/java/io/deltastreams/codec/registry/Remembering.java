package io.deltastreams.codec.registry;

import io.deltastreams.codec.SchemaRegistry;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Knows the ids that a registry has told, so that a registry that goes away holds up no schema that is known. */
final class Remembering implements SchemaRegistry {

    /** Of all subjects and schemas together; some thousand schemas, of which those asked for last are kept (Invariant 8). */
    private static final long MOST_CHARACTERS = 16 << 20;

    private record Schema(String subject, Language language, String text) {

        /** With what it takes to keep one. */
        int size() {
            return 200 + subject.length() + text.length();
        }
    }

    private final SchemaRegistry registry;
    private final long limit;
    private final Map<Schema, Integer> ids = new LinkedHashMap<>(16, 0.75f, true);
    private long size;

    Remembering(SchemaRegistry registry) {
        this(registry, MOST_CHARACTERS);
    }

    Remembering(SchemaRegistry registry, long limit) {
        this.registry = registry;
        this.limit = limit;
    }

    @Override
    public int id(String subject, Language language, String schema) {
        Schema asked = new Schema(subject, language, schema);
        Integer known = known(asked);
        if (known != null) {
            return known;
        }
        // Nobody who asks for a known one waits for this answer. Two who ask for the same new one get the same.
        int id = registry.id(subject, language, schema);
        keep(asked, id);
        return id;
    }

    private synchronized @Nullable Integer known(Schema schema) {
        return ids.get(schema);
    }

    private synchronized void keep(Schema schema, int id) {
        if (ids.put(schema, id) == null) {
            size += schema.size();
        }
        Iterator<Schema> eldest = ids.keySet().iterator();
        while (size > limit && eldest.hasNext()) {
            size -= eldest.next().size();
            eldest.remove();
        }
    }

    @Override
    public List<String> versions(String subject) {
        return registry.versions(subject);
    }
}
