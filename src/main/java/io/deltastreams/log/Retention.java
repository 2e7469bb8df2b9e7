package io.deltastreams.log;

import io.deltastreams.change.Position;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Removes the oldest segments once nobody needs them. The one being written always stays. Pins come and go on any thread. */
final class Retention {

    private static final System.Logger LOG = System.getLogger(Retention.class.getName());

    private final LogSettings settings;
    private final Segments segments;
    /** Compared by identity: two readers of one name are two. */
    private final Set<Hold> holds = ConcurrentHashMap.newKeySet();

    Retention(LogSettings settings, Segments segments) {
        this.settings = settings;
        this.segments = segments;
    }

    private final class Hold implements ChangeLog.Pin {
        private final String reader;
        private final Supplier<Position> position;

        Hold(String reader, Supplier<Position> position) {
            this.reader = reader;
            this.position = position;
        }

        boolean needs(Segment segment) {
            try {
                return segment.last().isAfter(position.get());
            } catch (RuntimeException e) {
                // A reader's failure must not become the log's; one that cannot say where it is needs everything.
                LOG.log(Level.WARNING, "log: the reader " + reader + " does not tell its position", e);
                return true;
            }
        }

        @Override
        public void close() {
            holds.remove(this);
        }
    }

    ChangeLog.Pin pin(String reader, Supplier<Position> position) {
        Hold hold = new Hold(reader, position);
        holds.add(hold);
        return hold;
    }

    /** Removes what age and size let go. */
    void apply() throws IOException {
        Instant oldest = Instant.now().minus(settings.retentionAge());
        while (segments.list().size() > 1) {
            Segment first = segments.list().getFirst();
            boolean old = first.newest().orElse(first.header().begun()).isBefore(oldest);
            if (!(old || segments.bytes() > settings.retentionSize()) || isHeld(first)) {
                return;
            }
            removeOldest();
        }
    }

    /**
     * Makes room for {@code more} bytes within the budget.
     *
     * @return false if readers hold what would have to go, and are to be waited for
     */
    boolean makeRoom(long more) throws IOException {
        while (segments.list().size() > 1 && segments.bytes() + more > settings.budget()) {
            Segment first = segments.list().getFirst();
            if (isHeld(first)) {
                if (settings.overBudget() == LogSettings.OverBudget.WAIT) {
                    return false;
                }
                LOG.log(
                        Level.WARNING,
                        "log: the disk budget cuts history up to {0} that readers still need: {1}",
                        first.last(),
                        holders(first));
            }
            removeOldest();
        }
        return true;
    }

    private boolean isHeld(Segment segment) {
        return holds.stream().anyMatch(hold -> hold.needs(segment));
    }

    /** The readers that need the oldest segment. */
    List<String> holders() {
        return holders(segments.list().getFirst());
    }

    private List<String> holders(Segment segment) {
        return holds.stream()
                .filter(hold -> hold.needs(segment))
                .map(hold -> hold.reader)
                .sorted()
                .toList();
    }

    private void removeOldest() throws IOException {
        Segment first = segments.list().getFirst();
        // Readers learn of the gap before the file goes; one that has it open reads on.
        segments.removeOldest();
        Files.deleteIfExists(first.indexFile());
        Files.deleteIfExists(first.file());
    }
}
