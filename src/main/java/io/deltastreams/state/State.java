package io.deltastreams.state;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
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
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
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

    private static final byte[] POSITION = Keys.meta("position");
    private static final byte[] TABLES = Keys.meta("tables");
    private static final byte[] LOG_ID = Keys.meta("log");
    private static final String ID_FILE = "state.id";

    private static final long PIECE = 4L << 20;
    private static final long UNFLUSHED = 64L << 20;
    private static final Duration UNFLUSHED_FOR = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofSeconds(5);
    /** Each keeps on disk what is overwritten while it reads; the others wait. */
    private static final int READERS = 16;

    private final StateSettings settings;
    private final ChangeLog log;
    private final Origin origin;
    private final Thread thread = Thread.ofPlatform().daemon().name("state").unstarted(this::run);
    private final Queue<Runnable> answers = new ConcurrentLinkedQueue<>();

    /** What the follower's thread alone touches. */
    private @Nullable Fold fold;

    private final Set<TableId> asking = new HashSet<>();
    private final Set<TableId> givenUp = new HashSet<>();
    private Set<TableId> events = Set.of();
    private long notBefore = System.nanoTime();
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
        this.log = log;
        this.origin = origin;
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

    /** What the store says of itself. */
    private record Stored(Position position, Instant committedAt, boolean between, Tables tables) {

        static Stored nothing() {
            return new Stored(Position.START, Instant.EPOCH, true, new Tables());
        }
    }

    private void open() throws IOException {
        Store opened = opened();
        Stored stored;
        try {
            Optional<Stored> ours = ours(opened);
            if (ours.isEmpty() && opened.get(LOG_ID).isPresent()) {
                opened.close();
                remove(settings.path());
                opened = new Store(settings.path(), settings.memory());
            }
            stored = ours.orElseGet(Stored::nothing);
            try (Store.Write write = opened.new Write()) {
                write.put(LOG_ID, logId());
                write.commit();
            }
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
        fold = new Fold(stored.tables(), stored.position().epoch(), table -> events.contains(table));
        dirty = false;
        unflushed = 0;
        flushed = stored.position();
        synchronized (monitor) {
            store = opened;
            position = stored.position();
            committedAt = stored.committedAt();
            between = stored.between();
            trouble = "";
            publish(stored.tables());
        }
        LOG.log(Level.INFO, "state=open path={0} position={1}", settings.path(), stored.position());
    }

    private Store opened() throws IOException {
        try {
            return new Store(settings.path(), settings.memory());
        } catch (Store.Damaged e) {
            LOG.log(Level.WARNING, "state: {0} is made anew: {1}", settings.path(), e.getMessage());
            remove(settings.path());
            return new Store(settings.path(), settings.memory());
        }
    }

    /** What is stored; empty where it is nothing, of another log, ahead of the log, or of another form. */
    private Optional<Stored> ours(Store opened) throws IOException {
        Optional<byte[]> id = opened.get(LOG_ID);
        if (id.isEmpty()) {
            return Optional.empty();
        }
        String trouble;
        try {
            Tables tables = opened.get(TABLES).map(Tables::decode).orElseGet(Tables::new);
            Stored stored =
                    opened.get(POSITION).map(place -> decoded(place, tables)).orElseGet(Stored::nothing);
            if (!Arrays.equals(id.get(), logId())) {
                trouble = "it is another log's";
            } else if (stored.position().isAfter(log.last().orElse(Position.START))) {
                trouble = "it is ahead of the log";
            } else {
                return Optional.of(stored);
            }
        } catch (IllegalArgumentException e) {
            trouble = String.valueOf(e.getMessage());
        }
        LOG.log(Level.WARNING, "state: {0} is made anew: {1}", settings.path(), trouble);
        return Optional.empty();
    }

    /** What tells this log from one that was begun anew in the same folder. */
    private byte[] logId() throws IOException {
        Path file = settings.log().resolve(ID_FILE);
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException _) {
            byte[] id = Keys.ascii(UUID.randomUUID().toString());
            Files.write(file, id, StandardOpenOption.CREATE_NEW);
            return id;
        }
    }

    private static void remove(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
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
        write.put(POSITION, encoded(upTo, committed, whole));
        if (changed) {
            write.put(TABLES, folding.tables().encode());
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
        for (Runnable answer = answers.poll(); answer != null; answer = answers.poll()) {
            answer.run();
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
            look(origin.coverage(next.token()));
        }
    }

    private void look(Coverage told) throws IOException {
        Fold folding = fold();
        if (!events.equals(told.events())) {
            events = told.events();
            folding.touch();
        }
        if (told.snapshot() == Coverage.Snapshot.COMPLETE) {
            Map<TableId, Tables.Table> all = folding.tables().all();
            all.forEach((id, table) -> look(id, table, told));
        }
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

    private void look(TableId id, Tables.Table table, Coverage told) {
        boolean waiting = told.waiting().contains(id);
        switch (table.standing()) {
            case UNSEEN -> stand(id, waiting ? Standing.ASKED : Standing.WHOLE, "");
            case WHOLE -> {}
            case ASKED -> {
                if (!waiting && origin.wasRead(id)) {
                    stand(id, Standing.WHOLE, "");
                } else if (!waiting) {
                    stand(id, Standing.LOST, "its reading was cancelled or interrupted");
                }
            }
            case LOST -> ask(id);
        }
    }

    private void stand(TableId id, Standing standing, String why) {
        fold().touch();
        fold().tables().change(id, table -> table.with(standing, why));
    }

    /** Has the table read again; by another thread, as that waits until the log has what is asked. */
    private void ask(TableId id) {
        if (asking.contains(id) || givenUp.contains(id) || System.nanoTime() - notBefore < 0) {
            return;
        }
        asking.add(id);
        Thread.ofVirtual().name("state-ask").start(() -> {
            try {
                origin.read(id);
                answers.add(() -> asked(id));
            } catch (Origin.Unread e) {
                answers.add(() -> refused(id, e));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void asked(TableId id) {
        asking.remove(id);
        stand(id, Standing.ASKED, "");
        LOG.log(Level.INFO, "state: table={0} is read again", id.text());
    }

    private void refused(TableId id, Origin.Unread refused) {
        asking.remove(id);
        notBefore = System.nanoTime() + ASK_AGAIN.toNanos();
        if (!refused.later()) {
            givenUp.add(id);
            LOG.log(
                    Level.WARNING,
                    "state: table={0} is not complete and cannot be read again: {1}",
                    id.text(),
                    refused.getMessage());
        }
    }

    // ---- the position's form: text of the position, epoch second, nanosecond, 1 if it is between two transactions

    private static byte[] encoded(Position position, Instant committed, boolean whole) {
        BinaryWriter out = new BinaryWriter(64);
        out.text(position.toString());
        out.zigzag(committed.getEpochSecond());
        out.varint(committed.getNano());
        out.u8(whole ? 1 : 0);
        return out.toByteArray();
    }

    private static Stored decoded(byte[] place, Tables tables) {
        BinaryReader in = new BinaryReader(place);
        return new Stored(
                Position.parse(in.text()), Instant.ofEpochSecond(in.zigzag64(), in.varint()), in.u8() == 1, tables);
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
