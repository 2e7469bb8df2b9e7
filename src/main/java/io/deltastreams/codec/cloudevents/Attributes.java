package io.deltastreams.codec.cloudevents;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import java.time.Instant;
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

    private static final Instant YEAR_0 = Instant.parse("0000-01-01T00:00:00Z");
    private static final Instant YEAR_10000 = Instant.parse("+10000-01-01T00:00:00Z");

    /** All but the content's type, in their order. */
    Map<String, String> of(Delta delta) {
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put("specversion", "1.0");
        String stream = delta.schema().relation().text();
        // One source for several streams is allowed, and each may show the same change in its own way.
        attributes.put("id", stream + "/" + delta.position());
        attributes.put("source", source.orElseGet(() -> "/feeds/" + stream));
        attributes.put("type", prefix + operation(delta.change()));
        attributes.put("subject", delta.source().text());
        if (hasForm(delta.committedAt())) {
            attributes.put("time", delta.committedAt().toString());
        }
        return attributes;
    }

    /** RFC 3339 has years of four digits only. The attribute is optional, and the data has the time. */
    private static boolean hasForm(Instant time) {
        return !time.isBefore(YEAR_0) && time.isBefore(YEAR_10000);
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
