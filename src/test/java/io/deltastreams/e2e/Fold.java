package io.deltastreams.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a consumer makes of deltas: the table's content by key, or, of a stream without key, the list of its inserts since the last truncate. */
final class Fold {

    static final ObjectMapper JSON = new ObjectMapper();

    private final Map<JsonNode, JsonNode> byKey = new LinkedHashMap<>();
    private final Map<String, JsonNode> keyless = new LinkedHashMap<>();
    private String position = "";
    private long deltas;

    /** Applies a delta that must stand behind all those before it. */
    synchronized void applyInOrder(JsonNode delta) {
        String next = delta.get("position").asText();
        if (next.compareTo(position) <= 0) {
            throw new AssertionError("position " + next + " comes after " + position);
        }
        position = next;
        apply(delta);
    }

    synchronized void apply(JsonNode delta) {
        deltas++;
        JsonNode key = delta.get("key");
        switch (delta.get("op").asText()) {
            case "insert" -> {
                if (key == null) {
                    // Delivered twice, it is told by its position.
                    keyless.put(delta.get("position").asText(), delta.get("after"));
                } else {
                    byKey.put(key, delta.get("after"));
                }
            }
            case "update" -> byKey.merge(key, delta.get("after"), Fold::over);
            case "delete" -> byKey.remove(key);
            case "truncate" -> {
                byKey.clear();
                keyless.clear();
            }
            default -> throw new AssertionError("unknown op in " + delta);
        }
    }

    /** Columns that an update does not carry stay as they were. */
    private static JsonNode over(JsonNode before, JsonNode after) {
        ObjectNode merged = before.deepCopy();
        after.properties().forEach(entry -> merged.set(entry.getKey(), entry.getValue()));
        return merged;
    }

    synchronized Collection<JsonNode> rows() {
        return byKey.isEmpty() ? List.copyOf(keyless.values()) : List.copyOf(byKey.values());
    }

    synchronized String position() {
        return position;
    }

    synchronized long deltas() {
        return deltas;
    }
}
