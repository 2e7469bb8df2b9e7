package io.deltastreams.source;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import java.util.Optional;
import java.util.OptionalLong;

/** What a running source hands its batches to. */
public interface Intake {

    /** Takes the next batch, in order; waits while those before it have filled the queue (no demand, no take). */
    void take(Batch batch) throws InterruptedException;

    /** The position up to which everything handed over is durable, and may be acknowledged to the database (Invariant 1). */
    Optional<Position> durable();

    /** The token that a restart would be given now: everything handed over up to its batch is kept, also where no position says so. */
    Optional<ResumeToken> kept();

    /**
     * Told by a source that one instance alone may capture, once a run and before the first batch: it is ours until {@link ChangeSource#run} ends,
     * so outputs may write. Waits for what they have from earlier.
     */
    default Earlier alone() throws InterruptedException {
        return Earlier.NOTHING;
    }

    /**
     * What outputs have from before this log began.
     *
     * @param furthest the furthest position that one of them has, {@link Position#START} if none has any: an empty log goes on in its epoch or a later one
     * @param complete whether they have everything that the database was told to forget, so that an empty log may go on there
     */
    record Earlier(Position furthest, boolean complete) {

        public static final Earlier NOTHING = new Earlier(Position.START, false);
    }

    /** Tells how far a snapshot has come, for metrics and progress bars. Any thread; returns at once. */
    default void progress(SnapshotProgress progress) {}

    /** Tells what of its log the database keeps for us. Any thread; returns at once. */
    default void retained(RetainedLog retained) {}

    /**
     * What the database keeps of its log until we have read it.
     *
     * @param budget bytes beyond which it is told or something is done; empty where none is set
     * @param left bytes that may still be written before it is lost to us; empty where the database sets no limit
     * @param warning what is wrong with that and what would be right; empty while all is well
     * @param urgent whether everything that competes with capture for this machine shall wait
     */
    record RetainedLog(long bytes, OptionalLong budget, OptionalLong left, String warning, boolean urgent) {}

    /** @param total rows expected by the catalog's estimate, 0 where unknown */
    record SnapshotProgress(long rows, long total, boolean finished) {}
}
