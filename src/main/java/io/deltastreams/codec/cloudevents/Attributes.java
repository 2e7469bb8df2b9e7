package io.deltastreams.codec.cloudevents;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The attributes of a delta's event.
 *
 * @param source of all events; empty for each stream's own address
 * @param prefix of {@code type}
 */
record Attributes(Optional<String> source, String prefix) {

    static final String CONTENT = "application/json";

    /** All but the content's type, in their order. */
    Map<String, String> of(Delta delta) {
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put("specversion", "1.0");
        attributes.put("id", delta.position().toString());
        attributes.put(
                "source",
                source.orElseGet(() -> "/feeds/" + delta.schema().relation().text()));
        attributes.put("type", prefix + operation(delta.change()));
        attributes.put("subject", delta.source().text());
        attributes.put("time", delta.committedAt().toString());
        return attributes;
    }

    private static String operation(Change change) {
        return switch (change) {
            case Change.Insert _ -> ".insert";
            case Change.Update _ -> ".update";
            case Change.Delete _ -> ".delete";
            case Change.Truncate _ -> ".truncate";
        };
    }
}
