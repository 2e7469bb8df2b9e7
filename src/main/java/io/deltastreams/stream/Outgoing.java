package io.deltastreams.stream;

import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.transform.OnError;
import io.smallrye.mutiny.Uni;

/** What an output delivers: reading after reading, behind positions of the log. */
public interface Outgoing {

    StreamId id();

    /** What becomes of a delta that cannot be delivered. */
    OnError onError();

    /** The last durable position of the log. */
    Position latest();

    /**
     * What stands behind a position, as much as is worth one wait for the target; waits until something does.
     *
     * @param turns what it waits for, wherever it reads from
     */
    Uni<Reading> nextFew(Position after, Pacing turns);
}
