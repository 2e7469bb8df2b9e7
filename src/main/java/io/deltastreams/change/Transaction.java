package io.deltastreams.change;

import java.time.Instant;
import java.util.List;

/**
 * Changes that became visible together, or one part of them: a transaction too large for a batch comes as several consecutive parts
 * of the same id and commit, of which only the last is {@code complete}.
 *
 * @param id the source's name for it ({@code 790}); not unique over time
 * @param committedAt the source's clock at the commit; of a snapshot, when it was taken
 * @param changes not empty, in order, all of one epoch and commit
 * @param complete whether this is all, or the last, of it
 */
public record Transaction(String id, Kind kind, Instant committedAt, List<Change> changes, boolean complete) {

    /** Where the rows come from. */
    public enum Kind {
        COMMIT,
        SNAPSHOT
    }

    public Transaction {
        changes = List.copyOf(changes);
        if (changes.isEmpty()) {
            throw new IllegalArgumentException("transaction " + id + " has no changes");
        }
        Position previous = null;
        for (Change change : changes) {
            Position position = change.position();
            if (previous != null
                    && (position.epoch() != previous.epoch()
                            || position.commit() != previous.commit()
                            || !position.isAfter(previous))) {
                throw new IllegalArgumentException("transaction %s: %s follows %s".formatted(id, position, previous));
            }
            previous = position;
        }
    }

    public Position first() {
        return changes.getFirst().position();
    }

    public Position last() {
        return changes.getLast().position();
    }

    /** About how many bytes this takes in memory. */
    public long weight() {
        long weight = 96;
        for (Change change : changes) {
            weight += weight(change);
        }
        return weight;
    }

    private static long weight(Change change) {
        return 48
                + switch (change) {
                    case Change.Insert insert -> insert.after().weight();
                    case Change.Update update ->
                        update.after().weight()
                                + (update.before() == null ? 0 : update.before().weight());
                    case Change.Delete delete -> delete.before().weight();
                    case Change.Truncate _ -> 0;
                };
    }
}
