package io.deltastreams.source.postgres;

import io.deltastreams.change.Position;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.source.Intake;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Finds up to where the server may forget, and tells it. Thread-safe. */
final class Acknowledgement {

    private final Intake intake;
    private final LongConsumer flushed;
    private final Deque<Handed> handed = new ArrayDeque<>();
    private Optional<Position> last;

    /** A batch that was handed over, and where a restart goes on behind it. */
    private record Handed(Optional<Position> last, ResumePoint point) {}

    /** @param flushed told the place, as a log sequence number, up to which everything is durable */
    Acknowledgement(Intake intake, Optional<Position> last, LongConsumer flushed) {
        this.intake = intake;
        this.last = last;
        this.flushed = flushed;
    }

    synchronized void handed(Optional<Position> batch, ResumePoint point) {
        last = batch.or(() -> last);
        if (point.snapshotComplete()) {
            handed.add(new Handed(last, point));
        }
    }

    /**
     * Invariant 1: the server learns of a place only when everything before it is durable, and when a restart would find that place or a later
     * one: a slot ahead of the token would look like one that somebody else has moved on.
     */
    synchronized void tell() {
        Optional<Position> durable = intake.durable();
        Optional<ResumePoint> kept = intake.kept().flatMap(ResumePoint::of);
        long safe = 0;
        while (!handed.isEmpty()) {
            Handed head = handed.getFirst();
            boolean isDurable = head.last().isEmpty()
                    || (durable.isPresent() && !head.last().get().isAfter(durable.get()));
            if (!isDurable || kept.filter(found -> found.reaches(head.point())).isEmpty()) {
                break;
            }
            safe = head.point().lsn();
            handed.removeFirst();
        }
        if (safe != 0) {
            flushed.accept(safe);
        }
    }
}
