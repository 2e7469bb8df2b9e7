package io.deltastreams.feed;

import io.deltastreams.change.Position;
import io.vertx.core.json.JsonObject;

/** What a subscriber is told of history that it does not get (Invariant 6). */
public final class GapJson {

    private GapJson() {}

    /** Of history that was removed. */
    public static JsonObject ofRetention(Position after, Position removedUpTo) {
        return new JsonObject()
                .put("reason", "retention")
                .put("after", after.toString())
                .put("removed_up_to", removedUpTo.toString())
                .put(
                        "message",
                        "history behind 'after' up to and with 'removed_up_to' is not here: retention removed it, or this instance"
                                + " began to capture later. State built from the"
                                + " feed is no longer complete: build it anew with ?from=snapshot, which begins with the rows"
                                + " as they are now. This feed goes on behind the gap, or with those rows where it was opened"
                                + " so.");
    }

    /** Of an epoch that this instance has not had: each instance counts its own. */
    public static JsonObject ofOtherHistory(Position after, Position latest) {
        return new JsonObject()
                .put("reason", "epoch")
                .put("after", after.toString())
                .put("latest", latest.toString())
                .put(
                        "message",
                        "'after' is of an epoch that this instance has not reached, so another one told of it, and this one cannot"
                                + " say what came behind it. State built from the feed is to be built anew: this feed goes on"
                                + " with the earliest change that is here, or with the rows as they are now where it was"
                                + " opened with ?from=snapshot.");
    }

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
                                + " that are there, unless the pipeline takes no snapshot (snapshot: never); one that was"
                                + " opened with ?from=snapshot goes on with the rows as they are now.");
    }
}
