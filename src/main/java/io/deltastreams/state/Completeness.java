package io.deltastreams.state;

import io.deltastreams.change.Coverage;
import io.deltastreams.change.TableId;
import io.deltastreams.state.Tables.Standing;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Whether the tables' rows are those of the database, by what the source says of them; asks it to read those again that are not. Of the follower's thread,
 * but for the asking.
 */
final class Completeness {

    private static final System.Logger LOG = System.getLogger(Completeness.class.getName());

    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);
    /** Somebody who cancels a reading, and the next one, means it. */
    private static final int MOST = 2;

    private interface Answer {
        void take(Fold fold);
    }

    private final Origin origin;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final Set<TableId> asking = new HashSet<>();
    private final Set<TableId> givenUp = new HashSet<>();
    private final Map<TableId, Integer> asked = new HashMap<>();
    private long notBefore = System.nanoTime();

    Completeness(Origin origin) {
        this.origin = origin;
    }

    /** Takes the source's answers; whether there were any, so that only what it says from now on counts. */
    boolean answered(Fold fold) {
        boolean any = false;
        for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
            answer.take(fold);
            any = true;
        }
        return any;
    }

    /** @param told of everything that the fold has taken */
    void look(Fold fold, Coverage told) {
        if (told.snapshot() == Coverage.Snapshot.COMPLETE) {
            fold.tables()
                    .all()
                    .forEach((id, table) -> look(fold, id, table, told.waiting().contains(id)));
        }
    }

    private void look(Fold fold, TableId id, Tables.Table table, boolean waiting) {
        switch (table.standing()) {
            case UNSEEN -> stand(fold, id, waiting ? Standing.ASKED : Standing.WHOLE, "");
            case WHOLE -> {}
            case ASKED -> {
                if (!waiting && origin.wasRead(id)) {
                    stand(fold, id, Standing.WHOLE, "");
                } else if (!waiting) {
                    stand(fold, id, Standing.LOST, "its reading was cancelled or interrupted");
                }
            }
            case LOST -> {
                if (waiting && givenUp.remove(id)) {
                    // Somebody else has asked.
                    stand(fold, id, Standing.ASKED, "");
                } else {
                    ask(id);
                }
            }
        }
    }

    private static void stand(Fold fold, TableId id, Standing standing, String why) {
        fold.touch();
        fold.tables().change(id, table -> table.with(standing, why));
    }

    /** Has the table read again; by another thread, as that waits until the log has what is asked. */
    private void ask(TableId id) {
        if (asking.contains(id) || givenUp.contains(id) || System.nanoTime() - notBefore < 0) {
            return;
        }
        if (asked.merge(id, 1, Integer::sum) > MOST) {
            giveUp(id, "its reading was cancelled or interrupted again; POST /admin/snapshots reads it");
            return;
        }
        asking.add(id);
        Thread.ofVirtual().name("state-ask").start(() -> {
            try {
                origin.read(id);
                answers.add(fold -> begun(fold, id));
            } catch (Origin.Unread e) {
                answers.add(_ -> refused(id, e));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void begun(Fold fold, TableId id) {
        asking.remove(id);
        stand(fold, id, Standing.ASKED, "");
        LOG.log(Level.INFO, "state: table={0} is read again", id.text());
    }

    private void refused(TableId id, Origin.Unread refused) {
        asking.remove(id);
        notBefore = System.nanoTime() + ASK_AGAIN.toNanos();
        if (refused.later()) {
            asked.merge(id, -1, Integer::sum);
        } else {
            giveUp(id, String.valueOf(refused.getMessage()));
        }
    }

    private void giveUp(TableId id, String why) {
        givenUp.add(id);
        LOG.log(Level.WARNING, "state: table={0} is not complete and is not read again: {1}", id.text(), why);
    }
}
