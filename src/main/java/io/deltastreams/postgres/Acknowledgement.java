package io.deltastreams.postgres;

import io.deltastreams.change.Position;
import io.deltastreams.source.Intake;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Finds up to where the server may forget. Thread-safe.
 *
 * @param <T> what the server is told for a batch
 */
public final class Acknowledgement<T> {

    private final Intake intake;
    private final Deque<Handed<T>> handed = new ArrayDeque<>();

    private record Handed<T>(Optional<Position> last, ResumePoint point, T told) {}

    public Acknowledgement(Intake intake) {
        this.intake = intake;
    }

    /**
     * Notes a batch that was handed over.
     *
     * @param last the last position handed over, by it or before it
     * @param point where a restart goes on behind it
     * @param told what the server is told once it is safe
     */
    public synchronized void handed(Optional<Position> last, ResumePoint point, T told) {
        handed.add(new Handed<>(last, point, told));
    }

    /**
     * What the server may be told now, if anything new. Invariant 1: it learns of a place only when everything before it is durable, and when a
     * restart would find that place or a later one: a slot ahead of the token would look like one that somebody else has moved on.
     */
    public synchronized Optional<T> safe() {
        Optional<Position> durable = intake.durable();
        Optional<ResumePoint> kept = intake.kept().flatMap(ResumePoint::of);
        Optional<T> safe = Optional.empty();
        while (!handed.isEmpty() && isSafe(handed.getFirst(), durable, kept)) {
            safe = Optional.of(handed.removeFirst().told());
        }
        return safe;
    }

    private static boolean isSafe(Handed<?> batch, Optional<Position> durable, Optional<ResumePoint> kept) {
        boolean isDurable = batch.last().isEmpty()
                || (durable.isPresent() && !batch.last().get().isAfter(durable.get()));
        return isDurable && kept.filter(found -> found.reaches(batch.point())).isPresent();
    }
}
