package io.deltastreams.source.postgres;

import io.deltastreams.change.TableId;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.Preparation;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Intake.SnapshotProgress;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Refused;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tables that are read in chunks while the stream goes on. A thread of its own reads a chunk and marks its place in the server's log; when the mark
 * comes by, {@link LogReader} takes the chunk and hands it over there, without the rows that the {@link Window} has seen change. What is left to be read
 * stands in the resume token of the same batch, so that a restart goes on behind the last chunk that is in the log. Thread-safe.
 */
final class Incremental implements TableSnapshots, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Incremental.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);
    private static final Duration AGAIN = Duration.ofMillis(20);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(2);
    private static final String TOLD = "told";

    private final PostgresSettings settings;
    private final Preparation.Captured captured;
    private final Shapes shapes;
    private final Intake intake;
    private final Window window = new Window();
    private final RecentCommits commits = new RecentCommits();
    private final String run = UUID.randomUUID().toString();
    private final Thread thread;

    // Guarded by this.
    private final IncrementalState state;
    private final Map<TableId, Long> expected = new HashMap<>();
    private final List<Table> done = new ArrayList<>();
    /** The table whose last rows are on their way. */
    private Optional<Table> ending = Optional.empty();
    /** How often somebody has asked for something; how often of that a mark has been written, and a token handed over. */
    private long changes;

    private long changesMarked;
    private long changesTold;
    private @Nullable ResumePoint told;
    private String message = "";
    private String givenUp = "";
    private @Nullable ChunkReader reader;
    private boolean closed;

    // The thread's own.
    private long chunks;

    private Incremental(
            PostgresSettings settings,
            Preparation.Captured captured,
            Shapes shapes,
            Intake intake,
            IncrementalState state) {
        this.settings = settings;
        this.captured = captured;
        this.shapes = shapes;
        this.intake = intake;
        this.state = state;
        this.thread = Thread.ofPlatform().name("delta-streams-chunks").daemon().unstarted(this::work);
    }

    /** Goes on with what the point says is left. */
    static Incremental start(
            PostgresSettings settings, Preparation.Captured captured, Shapes shapes, Intake intake, ResumePoint point) {
        Incremental incremental = new Incremental(
                settings,
                captured,
                shapes,
                intake,
                IncrementalState.parse(point.incremental()).orElseGet(IncrementalState::new));
        incremental.thread.start();
        return incremental;
    }

    /** The point with those tables to be read, too. */
    static ResumePoint requested(ResumePoint point, List<TableId> tables) {
        IncrementalState state = IncrementalState.parse(point.incremental()).orElseGet(IncrementalState::new);
        tables.forEach(state::request);
        return point.withIncremental(state.text());
    }

    Window window() {
        return window;
    }

    RecentCommits commits() {
        return commits;
    }

    /** What a token has to say. */
    synchronized String text() {
        return state.text();
    }

    /**
     * Tells that a mark has come by: what is handed over there, and {@link #text} says so from here on.
     *
     * @return empty if the mark is of no chunk that is waited for
     */
    synchronized Optional<Chunk> marked(String mark) {
        Optional<Chunk> chunk = window.take(mark);
        chunk.ifPresent(this::advance);
        return chunk;
    }

    private void advance(Chunk chunk) {
        TableId table = chunk.table();
        if (!state.first().equals(Optional.of(chunk.from()))) {
            // Somebody has asked for something else meanwhile. The rows are right all the same.
            return;
        }
        state.advance(table, chunk.rows().size(), chunk.after());
        long rows = state.first().map(IncrementalState.Progress::rows).orElse(0L);
        long total = expected.getOrDefault(table, 0L);
        if (chunk.isLast()) {
            state.remove(table);
            ending = Optional.of(new Table(table, State.RUNNING, rows, total));
        }
        intake.progress(new SnapshotProgress(rows, Math.max(rows, total), chunk.isLast() && state.isEmpty()));
    }

    @Override
    public synchronized Status status() {
        List<Table> tables = new ArrayList<>(done);
        ending.ifPresent(tables::add);
        for (IncrementalState.Progress table : state.tables()) {
            boolean isRead = tables.size() == done.size() && !state.isPaused();
            tables.add(new Table(
                    table.table(),
                    isRead ? State.RUNNING : State.WAITING,
                    table.rows(),
                    expected.getOrDefault(table.table(), 0L)));
        }
        return new Status(state.isPaused(), message.isEmpty() ? givenUp : message, tables);
    }

    @Override
    public void request(List<String> tables) throws Refused, InterruptedException {
        Set<TableId> found = new LinkedHashSet<>();
        for (String pattern : tables) {
            List<TableId> matching = captured.tables().stream()
                    .filter(table -> PostgresSettings.matches(pattern, table))
                    .toList();
            if (matching.isEmpty()) {
                throw new Refused(
                        Reason.WRONG,
                        "'%s' matches no captured table; captured: %s".formatted(pattern, captured.tables()));
            }
            found.addAll(matching);
        }
        for (TableId table : found) {
            if (!captured.hasKey(table)) {
                throw new Refused(Reason.WRONG, ChunkReader.withoutKey(table));
            }
        }
        change(() -> {
            givenUp = "";
            found.forEach(this::begin);
        });
        LOG.infof("snapshot=incremental requested=\"%s\"", found);
    }

    private void begin(TableId table) {
        state.request(table);
        done.removeIf(before -> before.table().equals(table));
        ending = ending.filter(before -> !before.table().equals(table));
        expected.remove(table);
    }

    @Override
    public void pause() throws Refused, InterruptedException {
        change(() -> state.pause(true));
    }

    @Override
    public void resume() throws Refused, InterruptedException {
        change(() -> state.pause(false));
    }

    @Override
    public void cancel() throws Refused, InterruptedException {
        change(state::clear);
    }

    /** Makes a change and waits until a restart would know of it. */
    private void change(Runnable what) throws Refused, InterruptedException {
        long change;
        synchronized (this) {
            what.run();
            change = ++changes;
            notifyAll();
        }
        Instant end = Instant.now().plus(PATIENCE);
        while (!isKept(change)) {
            if (Instant.now().isAfter(end)) {
                throw new Refused(
                        Reason.LATER,
                        "the database has not confirmed this within %d s; it may still be done%s"
                                .formatted(PATIENCE.toSeconds(), trouble()));
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }

    private synchronized String trouble() {
        return message.isEmpty() ? "" : ": " + message;
    }

    private boolean isKept(long change) {
        Optional<ResumePoint> kept = intake.kept().flatMap(ResumePoint::of);
        synchronized (this) {
            ResumePoint point = told;
            return changesTold >= change
                    && point != null
                    && kept.filter(found -> found.reaches(point)).isPresent();
        }
    }

    /** Tells a point that was handed over. */
    synchronized void handed(ResumePoint point) {
        if (changesTold < changes && point.incremental().equals(state.text())) {
            changesTold = changes;
            told = point;
        }
    }

    private void work() {
        try {
            while (true) {
                awaitWork();
                try (ChunkReader opened = ChunkReader.open(settings, shapes, captured.filters(), window, commits)) {
                    reading(opened);
                    while (step(opened)) {
                        say("");
                    }
                } catch (SQLException | ProtocolViolation e) {
                    fail(e);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void awaitWork() throws InterruptedException {
        while (changesMarked == changes && (state.isEmpty() || state.isPaused())) {
            wait();
        }
    }

    private synchronized void reading(ChunkReader opened) {
        reader = opened;
    }

    private synchronized void say(String what) {
        message = what;
    }

    private void fail(Exception e) throws InterruptedException {
        synchronized (this) {
            if (closed) {
                throw new InterruptedException();
            }
            String what = "reading in chunks is tried again: " + e.getMessage();
            if (!what.equals(message)) {
                LOG.warnf("snapshot=incremental state=retrying cause=\"%s\"", e.getMessage());
            }
            message = what;
        }
        Thread.sleep(AFTER_FAILURE);
    }

    /** Does the next thing that is to be done; false when there is none. */
    private boolean step(ChunkReader opened) throws SQLException, InterruptedException {
        Optional<IncrementalState.Progress> next;
        synchronized (this) {
            if (changesMarked < changes) {
                changesMarked = changes;
                next = Optional.empty();
            } else {
                next = state.isPaused() ? Optional.empty() : state.first();
                if (next.isEmpty()) {
                    return changesMarked < changes;
                }
            }
        }
        if (next.isEmpty()) {
            opened.tell(TOLD);
        } else {
            read(opened, next.get());
        }
        return true;
    }

    private void read(ChunkReader opened, IncrementalState.Progress from) throws SQLException, InterruptedException {
        TableId table = from.table();
        try {
            expect(table, opened);
            String mark = run + "/" + chunks++;
            if (opened.read(from, mark)) {
                handedOver();
            } else {
                Thread.sleep(AGAIN);
            }
        } catch (ChunkReader.Unreadable e) {
            LOG.warnf("snapshot=incremental table=%s state=given-up cause=\"%s\"", table, e.getMessage());
            synchronized (this) {
                state.remove(table);
                changes++;
                givenUp = String.valueOf(e.getMessage());
            }
        }
    }

    private synchronized void handedOver() {
        ending.ifPresent(table -> {
            done.add(new Table(table.table(), State.DONE, table.rows(), table.expected()));
            LOG.infof("snapshot=incremental table=%s done rows=%d", table.table(), table.rows());
        });
        ending = Optional.empty();
    }

    private void expect(TableId table, ChunkReader opened) throws SQLException {
        synchronized (this) {
            if (expected.containsKey(table)) {
                return;
            }
        }
        long rows = opened.expectedRows(table);
        synchronized (this) {
            expected.put(table, rows);
        }
    }

    /** What is under way is read again by the next run. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            @Nullable ChunkReader open;
            synchronized (this) {
                closed = true;
                open = reader;
            }
            if (open != null) {
                open.abort();
            }
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            LOG.debugf(e, "slot=%s", settings.slot());
        }
    }
}
