package io.deltastreams.state;

import io.deltastreams.change.Coverage;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogClosed;
import io.deltastreams.log.Slice;
import io.deltastreams.state.Tables.Standing;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Follows the log and keeps what its changes make of the captured tables' rows. Its contract:
 *
 * <ol>
 *   <li>What {@link #rows} gives is as of one position between two transactions: those rows, and what the log tells behind that position, are all.
 *   <li>It gives rows of tables only that are complete: their snapshot is finished, and the log has told of everything since. Who asks earlier waits.
 *   <li>After a crash it goes on from a position that the log still has (it holds the log until then). Where there is none, because the folder was
 *       removed or the disk budget cut the log, it reads the log from its beginning if that tells of the whole epoch; else it starts empty and asks the
 *       source for each table's rows.
 *   <li>Its failures are its own: it tries again, and neither capture nor the log's other readers notice (Invariant 5).
 * </ol>
 */
public final class State implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(State.class.getName());

    private static final long PIECE = 4L << 20;
    private static final long UNFLUSHED = 64L << 20;
    private static final Duration UNFLUSHED_FOR = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration RETRY = Duration.ofSeconds(5);
    /** Each keeps on disk what is overwritten while it reads; the others wait. */
    private static final int READERS = 16;

    private final StateSettings settings;
    private final Folder folder;
    private final ChangeLog log;
    private final Origin origin;
    private final Thread thread = Thread.ofPlatform().daemon().name("state").unstarted(this::run);

    /** What the follower's thread alone touches. */
    private @Nullable Fold fold;

    private final Completeness completeness;
    private Set<TableId> events = Set.of();
    private long unflushed;
    private long unflushedSince;
    private boolean dirty;
    private @Nullable Look look;

    /** Where it may be cut off: up to there everything is on disk; null where nothing of the log needs to be kept. */
    private volatile @Nullable Position flushed = Position.START;

    private final Object monitor = new Object();
    /** What readers get, changed together under the monitor. */
    private @Nullable Store store;

    private Position position = Position.START;
    private Instant committedAt = Instant.EPOCH;
    private boolean between = true;
    private Map<TableId, Tables.Table> tables = Map.of();
    private List<Schema> schemas = List.of();
    private @Nullable Coverage coverage;
    private String trouble = "it has not started";
    private final Deque<Request> requests = new ArrayDeque<>();
    private int readers;
    private boolean closed;
    private CompletableFuture<Void> beyond = CompletableFuture.completedFuture(null);

    /** A token, and the place at which everything stands that it speaks of. */
    private record Look(ResumeToken token, Position reached) {}

    private record Request(Predicate<TableId> tables, Position least, CompletableFuture<CurrentRows> rows) {}

    /** Nothing runs yet. */
    public State(StateSettings settings, ChangeLog log, Origin origin) {
        this.settings = settings;
        this.folder = new Folder(settings, log);
        this.log = log;
        this.origin = origin;
        this.completeness = new Completeness(origin);
    }

    public void start() {
        thread.start();
    }

    /**
     * The rows of some tables, as soon as they are complete and one of the {@value #READERS} places is free.
     *
     * @param least what their position is at least
     * @return to be closed by whoever gets it; fails with {@link Unavailable} where waiting would not help, and with {@link LogClosed} when the state is
     *     closed. Whoever no longer waits cancels it
     */
    public CompletableFuture<CurrentRows> rows(Predicate<TableId> wanted, Position least) {
        CompletableFuture<CurrentRows> rows = new CompletableFuture<>();
        List<Runnable> told;
        synchronized (monitor) {
            requests.add(new Request(wanted, least, rows));
            told = serve();
        }
        told.forEach(Runnable::run);
        return rows;
    }

    public StateStatus status() {
        synchronized (monitor) {
            Map<TableId, String> missing = new TreeMap<>();
            tables.forEach((id, table) -> {
                if (table.standing() == Standing.LOST || table.standing() == Standing.ASKED) {
                    missing.put(id, table.reason().isEmpty() ? "its rows are being read" : table.reason());
                }
            });
            return new StateStatus(
                    position.equals(Position.START) ? Optional.empty() : Optional.of(position),
                    bytes(),
                    readers,
                    waitsFor(_ -> false).orElse(""),
                    missing);
        }
    }

    private long bytes() {
        Store open = store;
        try {
            return open == null ? 0 : open.bytes();
        } catch (IOException _) {
            return 0;
        }
    }

    /** The log keeps what stands behind this. */
    public Position needs() {
        Position needed = flushed;
        return needed == null ? new Position(0xffff, -1, -1) : needed;
    }

    // ---- readers, under the monitor

    /** Gives rows to those who can have them; what is to be run outside the monitor. */
    private List<Runnable> serve() {
        List<Runnable> told = new ArrayList<>();
        for (Iterator<Request> all = requests.iterator(); all.hasNext(); ) {
            Request request = all.next();
            if (request.rows().isDone()) {
                all.remove();
            } else if (closed) {
                all.remove();
                told.add(() -> request.rows().completeExceptionally(new LogClosed()));
            } else if (isNever()) {
                all.remove();
                told.add(
                        () -> request.rows()
                                .completeExceptionally(
                                        new Unavailable(
                                                "the source takes no snapshot (snapshot: never), so nobody knows all rows; read ?from=earliest")));
            } else if (between
                    && readers < READERS
                    && !request.least().isAfter(position)
                    && waitsFor(request.tables()).isEmpty()) {
                all.remove();
                told.add(give(request));
            }
        }
        return told;
    }

    private boolean isNever() {
        return coverage != null && coverage.snapshot() == Coverage.Snapshot.NEVER;
    }

    /** What keeps the rows of these tables from being had. */
    private Optional<String> waitsFor(Predicate<TableId> wanted) {
        if (!trouble.isEmpty() || store == null) {
            return Optional.of(trouble);
        }
        Coverage known = coverage;
        if (known == null) {
            return Optional.of("it catches up with the log");
        }
        if (known.snapshot() != Coverage.Snapshot.COMPLETE) {
            return Optional.of("the source's snapshot is not finished");
        }
        for (Map.Entry<TableId, Tables.Table> table : tables.entrySet()) {
            if (wanted.test(table.getKey()) && table.getValue().standing() != Standing.WHOLE) {
                return Optional.of("the rows of %s are not all there"
                        .formatted(table.getKey().text()));
            }
        }
        return known.waiting().stream()
                .filter(table -> wanted.test(table) && !tables.containsKey(table))
                .findFirst()
                .map(table -> "the rows of %s are still to be read".formatted(table.text()));
    }

    private Runnable give(Request request) {
        Store open = store;
        if (open == null) {
            return () -> request.rows().completeExceptionally(new LogClosed());
        }
        try {
            List<CurrentRows.Part> parts = new ArrayList<>();
            tables.forEach((id, table) -> {
                if (request.tables().test(id)) {
                    parts.add(new CurrentRows.Part(table.number(), schemas.get(table.schema())));
                }
            });
            CurrentRows rows =
                    new CurrentRows(open.moment(), schemas, position, committedAt, parts, this::readerClosed);
            readers++;
            return () -> {
                if (!request.rows().complete(rows)) {
                    rows.close();
                }
            };
        } catch (IOException e) {
            return () -> request.rows().completeExceptionally(e);
        }
    }

    private void readerClosed() {
        List<Runnable> told;
        synchronized (monitor) {
            readers--;
            told = serve();
        }
        told.forEach(Runnable::run);
    }

    // ---- the follower's thread

    private void run() {
        while (true) {
            try {
                open();
                while (follow()) {
                    // Each piece commits for itself.
                }
                return;
            } catch (LogClosed _) {
                return;
            } catch (IOException | RuntimeException | LinkageError e) {
                // The last where there is no library for this machine.
                failed(e);
            }
            synchronized (monitor) {
                if (closed) {
                    return;
                }
                try {
                    monitor.wait(RETRY.toMillis());
                } catch (InterruptedException _) {
                    return;
                }
            }
        }
    }

    private void failed(Throwable e) {
        LOG.log(Level.ERROR, "state=failed path=%s note=\"tried again\"".formatted(settings.path()), e);
        // Invariant 5: what it cannot take now it asks the source for later, if need be.
        flushed = null;
        Store open;
        synchronized (monitor) {
            trouble = "it failed: " + e.getMessage();
            coverage = null;
            open = store;
            store = null;
        }
        look = null;
        if (open != null) {
            open.close();
        }
    }

    private void open() throws IOException {
        Folder.Opened opened = folder.open();
        Folder.Stored stored = opened.stored();
        fold = new Fold(stored.tables(), stored.position().epoch(), table -> events.contains(table));
        dirty = false;
        unflushed = 0;
        flushed = stored.position();
        synchronized (monitor) {
            store = opened.store();
            position = stored.position();
            committedAt = stored.committedAt();
            between = stored.between();
            trouble = "";
            publish(stored.tables());
        }
        LOG.log(Level.INFO, "state=open path={0} position={1}", settings.path(), stored.position());
    }

    private Fold fold() {
        Fold opened = fold;
        if (opened == null) {
            throw new IllegalStateException("not open");
        }
        return opened;
    }

    private Store store() throws IOException {
        synchronized (monitor) {
            Store open = store;
            if (open == null) {
                throw new LogClosed();
            }
            return open;
        }
    }

    /** Takes the next piece of the log, or waits a while for one; false at the end. */
    private boolean follow() throws IOException {
        synchronized (monitor) {
            if (closed) {
                return false;
            }
        }
        lookAtSource();
        switch (log.read(position, _ -> true, PIECE)) {
            case Slice.Gap gap -> lost(gap.removedUpTo());
            case Slice.Changes changes -> {
                if (changes.upTo().isAfter(position)) {
                    take(changes);
                } else {
                    await();
                }
            }
        }
        if (dirty && (unflushed >= UNFLUSHED || System.nanoTime() - unflushedSince >= UNFLUSHED_FOR.toNanos())) {
            flush();
        }
        return true;
    }

    private void await() throws IOException {
        CompletableFuture<Void> more = log.beyond(position);
        synchronized (monitor) {
            if (closed) {
                return;
            }
            beyond = more;
        }
        try {
            more.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            more.cancel(false);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof LogClosed ended) {
                throw ended;
            }
            throw new IOException("the log: " + e.getCause(), e);
        } catch (CancellationException _) {
            throw new LogClosed();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new LogClosed();
        }
    }

    private void take(Slice.Changes changes) throws IOException {
        Fold folding = fold();
        boolean whole = changes.transactions().isEmpty()
                || changes.transactions().getLast().complete();
        try (Store.Write write = store().new Write()) {
            for (Transaction transaction : changes.transactions()) {
                folding.apply(transaction, write);
                unflushed += transaction.weight();
            }
            folding.enter(changes.upTo().epoch());
            commit(write, changes.upTo(), changes.committedAt().orElse(committedAt), whole);
        }
    }

    private void commit(Store.Write write, Position upTo, Instant committed, boolean whole) throws IOException {
        Fold folding = fold();
        boolean changed = folding.isChanged();
        Folder.put(write, upTo, committed, whole);
        if (changed) {
            Folder.put(write, folding.tables());
        }
        if (!dirty) {
            dirty = true;
            unflushedSince = System.nanoTime();
        }
        List<Runnable> told;
        synchronized (monitor) {
            write.commit();
            if (upTo.epoch() > position.epoch()) {
                coverage = null;
                look = null;
            }
            position = upTo;
            committedAt = committed;
            between = whole;
            if (changed) {
                publish(folding.tables());
                folding.taken();
            }
            told = serve();
        }
        told.forEach(Runnable::run);
        for (int gone : folding.dropped()) {
            store().drop(Keys.table(gone), Keys.table(gone + 1));
        }
    }

    private void publish(Tables known) {
        tables = known.all();
        schemas = known.schemas();
    }

    private void flush() throws IOException {
        Position upTo = position;
        store().flush();
        flushed = upTo;
        dirty = false;
        unflushed = 0;
    }

    /** History that it needed is gone. */
    private void lost(Position removedUpTo) throws IOException {
        Fold folding = fold();
        List<Integer> gone = folding.tables().clear();
        for (Schema schema : log.schemas()) {
            TableId id = (TableId) schema.relation();
            folding.tables().table(id, schema);
            folding.tables()
                    .change(id, table -> table.with(Standing.LOST, "the log no longer tells what happened before"));
        }
        LOG.log(
                Level.WARNING,
                "state: what stood behind {0} is gone from the log up to {1}; it starts empty there and asks the source for the rows",
                position,
                removedUpTo);
        Fold again = new Fold(folding.tables(), removedUpTo.epoch(), table -> events.contains(table));
        again.touch();
        fold = again;
        try (Store.Write write = store().new Write()) {
            commit(write, removedUpTo, committedAt, true);
        }
        for (int number : gone) {
            store().drop(Keys.table(number), Keys.table(number + 1));
        }
    }

    // ---- what the source says, on the follower's thread

    private void lookAtSource() throws IOException {
        if (completeness.answered(fold())) {
            look = null;
        }
        Look next = look;
        if (next == null) {
            Optional<ResumeToken> token = log.resumeToken();
            look = token.map(some -> new Look(some, log.last().orElse(Position.START)))
                    .orElse(null);
            next = look;
        }
        if (next != null && !next.reached().isAfter(position)) {
            look = null;
            Coverage then = origin.coverage(next.token());
            look(then.beside(log.resumeToken().map(origin::coverage).orElse(then)));
        }
    }

    private void look(Coverage told) throws IOException {
        Fold folding = fold();
        if (!events.equals(told.events())) {
            events = told.events();
            events.forEach(folding.tables()::remove);
            folding.touch();
        }
        completeness.look(folding, told);
        boolean news;
        synchronized (monitor) {
            news = !told.equals(coverage);
            coverage = told;
        }
        if (news || folding.isChanged()) {
            try (Store.Write write = store().new Write()) {
                commit(write, position, committedAt, between);
            }
        }
    }

    @Override
    public void close() {
        List<Runnable> told;
        synchronized (monitor) {
            closed = true;
            beyond.cancel(false);
            monitor.notifyAll();
            told = serve();
        }
        told.forEach(Runnable::run);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        Store open;
        synchronized (monitor) {
            open = store;
            store = null;
        }
        if (open != null) {
            try {
                open.flush();
            } catch (IOException e) {
                LOG.log(Level.WARNING, "state: the last rows are read from the log at the next start", e);
            }
            open.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
