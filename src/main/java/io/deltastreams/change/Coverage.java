package io.deltastreams.change;

import java.util.HashSet;
import java.util.Set;

/**
 * Which of the captured tables' rows stand in a history up to a {@link ResumeToken}: whether whoever folds it from its epoch's beginning has what
 * the database has.
 *
 * @param snapshot of all tables
 * @param waiting tables whose rows are still to be read while changes come
 * @param events relations without rows: what comes of them happened, and is not there afterwards
 */
public record Coverage(Snapshot snapshot, Set<TableId> waiting, Set<TableId> events) {

    /** Everything is there. */
    public static final Coverage WHOLE = new Coverage(Snapshot.COMPLETE, Set.of(), Set.of());

    /** How a snapshot of all tables stands. */
    public enum Snapshot {
        RUNNING,
        COMPLETE,
        /** None is taken, so what was there before the first change is not known. */
        NEVER
    }

    public Coverage {
        waiting = Set.copyOf(waiting);
        events = Set.copyOf(events);
    }

    /**
     * What may be said where a reader has taken everything of this, and maybe more: a table that waits by {@code later} may have come already, without
     * its rows.
     */
    public Coverage beside(Coverage later) {
        if (waiting.containsAll(later.waiting)) {
            return this;
        }
        Set<TableId> both = new HashSet<>(waiting);
        both.addAll(later.waiting);
        return new Coverage(snapshot, both, events);
    }
}
