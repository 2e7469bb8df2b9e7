package io.deltastreams.feed;

import io.deltastreams.change.Position;
import io.vertx.core.json.JsonObject;

/** What a subscriber is told of history that it does not get (Invariant 6). */
public final class GapJson {

    private GapJson() {}

    /** Between two histories of the source. */
    public static JsonObject ofEpoch(Position after, Position beginning) {
        return new JsonObject()
                .put("reason", "epoch")
                .put("after", after.toString())
                .put("begins_at", beginning.toString())
                .put(
                        "message",
                        "the source's history began again: what happened behind 'after' and before 'begins_at' does not come as"
                                + " changes. This feed goes on with the new history, which begins with a truncate and the rows"
                                + " that are there, unless the pipeline takes no snapshot (snapshot: never).");
    }
}
