package io.deltastreams.sink.memory;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.sink.Deltas;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.TargetAway;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What arrived, and the ways in which a target can fail. Thread-safe. */
public final class MemoryTarget {

    private final int limit;
    private final Deque<Delta> deltas = new ArrayDeque<>();
    private @Nullable Position cursor;
    private @Nullable String away;
    private @Nullable String taken;
    private int lostAnswers;
    private Predicate<Delta> poison = _ -> false;

    MemoryTarget(int limit) {
        this.limit = limit;
    }

    synchronized Outcome write(Deltas batch) {
        if (away != null) {
            return new Outcome.Unknown(away);
        }
        if (taken != null) {
            return new Outcome.Superseded(taken);
        }
        for (Delta delta : batch.deltas()) {
            if (poison.test(delta)) {
                return new Outcome.Poisoned(delta.position(), "told not to take it");
            }
            deltas.add(delta);
            if (deltas.size() > limit) {
                deltas.removeFirst();
            }
        }
        if (lostAnswers > 0) {
            lostAnswers--;
            return new Outcome.Unknown("the answer got lost");
        }
        cursor = batch.upTo();
        return new Outcome.Delivered();
    }

    synchronized Outcome replay(Delta delta) {
        if (away != null) {
            return new Outcome.Unknown(away);
        }
        if (poison.test(delta)) {
            return new Outcome.Poisoned(delta.position(), "told not to take it");
        }
        deltas.add(delta);
        return new Outcome.Delivered();
    }

    synchronized Optional<Position> tellCursor() {
        if (away != null) {
            throw new TargetAway(away);
        }
        return cursor();
    }

    public synchronized Optional<Position> cursor() {
        return Optional.ofNullable(cursor);
    }

    /** Everything that arrived, in order, repetitions among it, at most the newest {@code limit}. */
    public synchronized List<Delta> deltas() {
        return List.copyOf(deltas);
    }

    /** From now on nothing arrives, every write is {@code Unknown} and no sink is told its cursor, until {@link #comeBack}. */
    public synchronized void goAway(String reason) {
        away = reason;
    }

    /** From now on another instance writes here, and every write is {@code Superseded}. */
    public synchronized void takeAway(String reason) {
        taken = reason;
    }

    public synchronized void comeBack() {
        away = null;
    }

    /** The next writes arrive, but their answers and their cursors do not. */
    public synchronized void loseAnswers(int writes) {
        lostAnswers = writes;
    }

    /** From now on every delta that matches is {@code Poisoned}. */
    public synchronized void poison(Predicate<Delta> never) {
        poison = never;
    }
}
