package io.deltastreams.codec.protobuf;

import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemasAway;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A registry that keeps every text in the form that it likes best. */
final class MemoryRegistry implements SchemaRegistry {

    private final UnaryOperator<String> form;
    private final List<String> texts = new ArrayList<>();
    private final Map<String, List<String>> subjects = new HashMap<>();
    private boolean away;

    MemoryRegistry() {
        this(UnaryOperator.identity());
    }

    MemoryRegistry(UnaryOperator<String> form) {
        this.form = form;
    }

    void setAway(boolean away) {
        this.away = away;
    }

    @Override
    public synchronized int id(String subject, Language language, String schema) {
        check();
        if (language != Language.PROTOBUF) {
            throw new IllegalArgumentException("no schema of " + language);
        }
        String kept = form.apply(schema);
        if (!texts.contains(kept)) {
            texts.add(kept);
        }
        List<String> versions = subjects.computeIfAbsent(subject, _ -> new ArrayList<>());
        if (!versions.contains(kept)) {
            versions.add(kept);
        }
        return 1 + texts.indexOf(kept);
    }

    @Override
    public synchronized List<String> versions(String subject) {
        check();
        return List.copyOf(subjects.getOrDefault(subject, List.of()));
    }

    private void check() {
        if (away) {
            throw new SchemasAway("nobody is at memory");
        }
    }

    synchronized String text(int id) {
        return texts.get(id - 1);
    }
}
