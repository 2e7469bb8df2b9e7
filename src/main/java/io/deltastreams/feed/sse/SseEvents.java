package io.deltastreams.feed.sse;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.feed.SchemaJson;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The events of a feed as text. */
final class SseEvents {

    private SseEvents() {}

    /**
     * What a feed begins with. The event without data makes a browser that loses its connection before the first event come back to where
     * it began.
     */
    static byte[] opening(String stream, Position after, Duration retry) {
        return bytes("retry: %d\n: %s after %s\n\nid: %s\n\n".formatted(retry.toMillis(), stream, after, after));
    }

    /** The same where the rows as they are now come first. */
    static byte[] opening(String stream, Duration retry) {
        return bytes("retry: %d\n: %s, its rows first\n\n".formatted(retry.toMillis(), stream));
    }

    static byte[] heartbeat() {
        return bytes(":\n\n");
    }

    static byte[] schema(Schema schema) {
        return bytes(
                "event: schema\ndata: %s\n\n".formatted(SchemaJson.of(schema).encode()));
    }

    /** All that stands before a delta's JSON. */
    static byte[] head(Change change) {
        return bytes("id: %s\nevent: %s\ndata: ".formatted(change.position(), name(change)));
    }

    /** The same of a row that was there already. */
    static byte[] rowHead() {
        return bytes("event: insert\ndata: ");
    }

    private static String name(Change change) {
        return switch (change) {
            case Change.Insert _ -> "insert";
            case Change.Update _ -> "update";
            case Change.Delete _ -> "delete";
            case Change.Truncate _ -> "truncate";
        };
    }

    /** @param committedAt when the newest change before the position was committed, if that is known */
    static byte[] progress(Position position, Optional<Instant> committedAt) {
        JsonObject data = new JsonObject().put("position", position.toString());
        committedAt.ifPresent(at -> data.put("committed_at", at.toString()));
        return bytes("id: %s\nevent: progress\ndata: %s\n\n".formatted(position, data.encode()));
    }

    /** @param id behind the gap, so that whoever connects again is told of it once; empty where nobody may resume there */
    static byte[] gap(String id, JsonObject data) {
        return bytes("id: %s\nevent: gap\ndata: %s\n\n".formatted(id, data.encode()));
    }

    /**
     * Before the rows as they are now. The empty id makes whoever loses the connection among them begin with them anew: no place within them can be
     * resumed at.
     */
    static byte[] snapshotBegin(Position position) {
        return bytes("id:\nevent: snapshot-begin\ndata: %s\n\n"
                .formatted(new JsonObject().put("position", position.toString()).encode()));
    }

    static byte[] snapshotEnd(Position position, long rows) {
        return bytes("id: %s\nevent: snapshot-end\ndata: %s\n\n"
                .formatted(
                        position,
                        new JsonObject()
                                .put("position", position.toString())
                                .put("rows", rows)
                                .encode()));
    }

    /** The last event of a feed that cannot go on. The id stays at the last delta, so that nothing is lost once it is mended. */
    static byte[] error(JsonObject data, Duration retry) {
        return bytes("retry: %d\nevent: error\ndata: %s\n\n".formatted(retry.toMillis(), data.encode()));
    }

    static byte[] error(Position position, String reason, Duration retry) {
        return error(new JsonObject().put("position", position.toString()).put("message", reason), retry);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
